"""Reasons that people have to give."""

from __future__ import annotations

from advisoryhub_core.errors import HubError


class ReasonMissing(HubError):
    """The act needs a reason."""

    code = "reason_missing"


def reason_given(text: str, message: str) -> str:
    """Return a reason without its margins. Raises `ReasonMissing` with `message` where there is none."""
    reason = text.strip()
    if not reason:
        raise ReasonMissing(message)
    return reason
