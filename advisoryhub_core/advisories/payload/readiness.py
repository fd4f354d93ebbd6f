"""What a draft still lacks for publication."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisoryhub_core.advisories.payload.messages import Message, _, say

# A heading with text below it that is not itself a heading.
_NO_RATING_REASON = re.compile(
    r"^ {0,3}#{1,6}[ \t]+severity\b[^\n]*\n\s*(?!#)\S", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class Missing:
    """One thing to do before publishing, and the place of the form where to do it."""

    place: str
    message: Message


def readiness(payload: Mapping[str, Any]) -> list[Missing]:
    """Return what a valid payload lacks for publication, in the order of the form; empty if it is ready.

    A rating may be missing if the details say why, under a heading “Severity”: the reason is then part of
    what is reviewed, versioned and published.
    """
    return list(_missing(payload))


def states_no_rating(details: str) -> bool:
    """Tell whether details give a reason for having no rating: text under a heading “Severity”."""
    return _NO_RATING_REASON.search(details) is not None


def _missing(payload: Mapping[str, Any]) -> Iterator[Missing]:
    if not payload.get("summary"):
        yield Missing("summary", say(_("Write a summary: one line that says what is wrong.")))
    details = payload.get("details") or ""
    if not details:
        yield Missing("details", say(_("Write the details: impact, who is affected, and what to do.")))
    if not payload.get("affected"):
        yield Missing("affected", say(_("Add an affected package with its ranges or versions.")))
    if not payload.get("severity") and not states_no_rating(details):
        yield Missing(
            "severity",
            say(_("Add a severity, or say in the details, under a heading “Severity”, why there is none.")),
        )
    if payload.get("assigned_cve_id") and not payload.get("references"):
        yield Missing("references", say(_("Add a reference: a CVE record needs at least one.")))
