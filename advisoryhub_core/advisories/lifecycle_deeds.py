"""The deeds that move an advisory through its states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.deeds import Deed, Subject
from advisoryhub_core.advisories.lifecycle import dismiss_advisory
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.web.asked import Asked, note


def _ask_dismissal(_subject: Subject) -> tuple[Asked, ...]:
    required = _("dismiss-reason-missing", default="Say why the advisory is dismissed.")
    hint = _("note-public-hint", default="Everybody who sees the advisory can read it.")
    return (note(_("reason", default="Reason"), required=required, hint=hint),)


def _dismiss(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    dismiss_advisory(act, advisory_id, reason=values["reason"])
    return _("dismissed-flash", default="The advisory was dismissed.")


DEEDS = (
    Deed(
        name="dismiss",
        cap=Cap.DISMISS,
        title=_("act-dismiss", default="Dismiss …"),
        submit=_("act-dismiss-submit", default="Dismiss"),
        tone="danger",
        asks=_ask_dismissal,
        run=_dismiss,
        order=900,
    ),
)
