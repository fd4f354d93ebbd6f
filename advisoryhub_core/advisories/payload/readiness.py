"""What a draft still lacks for publication, and what a format cannot hold of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from advisoryhub_core.advisories.payload.messages import Message, _, say

CVE_TITLE = 256
CVE_DESCRIPTION = 4096

Format = Literal["osv", "csaf", "cve"]

# A heading with text below it that is not itself a heading.
_NO_RATING_REASON = re.compile(
    r"^ {0,3}#{1,6}[ \t]+severity\b[^\n]*\n\s*(?!#)\S", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class Missing:
    """One thing to do before publishing, and the place of the form where to do it."""

    place: str
    message: Message


@dataclass(frozen=True)
class Loss:
    """Something that one format leaves out or shortens, and its place in the payload."""

    format: Format
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


def format_losses(payload: Mapping[str, Any]) -> list[Loss]:
    """Return what CSAF 2.0 and, where a CVE is assigned, a CVE 5.1 record cannot hold; OSV holds all."""
    losses = [*_csaf(payload)]
    if payload.get("assigned_cve_id"):
        losses += _cve(payload)
    return losses


def _csaf(payload: Mapping[str, Any]) -> Iterator[Loss]:
    shown_v3 = False
    for index, entry in enumerate(payload.get("severity") or ()):
        place = f"severity.{index}"
        if entry["type"] in {"CVSS_V4", "Ubuntu"}:
            yield Loss("csaf", place, say(_("CSAF 2.0 has no score of this type: it becomes a note.")))
        elif entry["type"] == "CVSS_V3":
            if shown_v3:
                yield Loss("csaf", place, say(_("CSAF takes one CVSS 3 vector: only one is exported.")))
            shown_v3 = True
    for index, cwe_id in enumerate(payload.get("cwe_ids") or ()):
        if index:
            yield Loss(
                "csaf",
                f"cwe_ids.{index}",
                say(_("CSAF 2.0 takes one CWE, the first: ${cwe} is left out."), cwe=cwe_id),
            )
    yield from _limits("csaf", payload)


def _cve(payload: Mapping[str, Any]) -> Iterator[Loss]:
    for place, most in (("summary", CVE_TITLE), ("details", CVE_DESCRIPTION)):
        length = len(payload.get(place) or "")
        if length > most:
            yield Loss(
                "cve",
                place,
                say(
                    _("has ${length} characters; a CVE record takes ${most}: the rest is not in it."),
                    length=length,
                    most=most,
                ),
            )
    for index, entry in enumerate(payload.get("credits") or ()):
        if entry.get("contact"):
            yield Loss("cve", f"credits.{index}.contact", say(_("A CVE record has no contacts of credits.")))
    yield from _limits("cve", payload)


def _limits(target: Format, payload: Mapping[str, Any]) -> Iterator[Loss]:
    for index, entry in enumerate(payload.get("affected") or ()):
        for number, item in enumerate(entry.get("ranges") or ()):
            for position, event in enumerate(item["events"]):
                if "limit" in event:
                    yield Loss(
                        target,
                        f"affected.{index}.ranges.{number}.events.{position}.version",
                        say(_("OSV alone knows limit events: this one is left out.")),
                    )
