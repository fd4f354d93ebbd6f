"""Severity entries with what the formats ask of them, computed and never trusted as stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from advisoryhub_core.plugins.formats import canonical_score, rate
from advisoryhub_publishing.documents.context import Payload

RatingType = Literal["CVSS_V2", "CVSS_V3", "CVSS_V4", "Ubuntu"]

# Newest first: the order in which a document with one place for a rating prefers them.
_PREFERENCE: tuple[RatingType, ...] = ("CVSS_V4", "CVSS_V3", "CVSS_V2", "Ubuntu")


@dataclass(frozen=True)
class Rating:
    """One severity entry: `value` is the canonical vector, or the word of an Ubuntu priority.

    `version` is the CVSS version ("2.0", "3.0", "3.1", "4.0") and `score` its base score,
    both None for Ubuntu; `word` is NONE, LOW, MEDIUM, HIGH or CRITICAL.
    """

    type: RatingType
    value: str
    word: str
    version: str | None = None
    score: float | None = None

    def as_cvss(self) -> dict[str, Any]:
        """The CVSS object that CSAF and CVE share, in the words of FIRST's schemas."""
        body = {"version": self.version, "vectorString": self.value, "baseScore": self.score}
        # The version 2 schema knows no severity.
        return body if self.type == "CVSS_V2" else {**body, "baseSeverity": self.word}


def ratings(payload: Payload) -> tuple[Rating, ...]:
    """Every distinct severity entry of the payload, in its order."""
    return tuple(dict.fromkeys(rating(entry) for entry in payload.get("severity") or ()))


def rating(entry: Mapping[str, str]) -> Rating:
    """One severity entry. Raises ValueError for a score that does not parse."""
    kind = cast("RatingType", entry["type"])
    value, found = canonical_score(kind, entry["score"]), rate(entry)
    version = "2.0" if kind == "CVSS_V2" else value[len("CVSS:") :].partition("/")[0]
    if found.score is None:
        return Rating(kind, value, found.level.upper())
    return Rating(kind, value, found.level.upper(), version, float(found.score))


def best(found: tuple[Rating, ...], kind: RatingType) -> Rating | None:
    """The entry of one type that a document with room for one shows: newest version, then worst."""
    candidates = [entry for entry in found if entry.type == kind]
    return max(candidates, key=lambda entry: (entry.version or "", entry.score or 0.0), default=None)


def headline(found: tuple[Rating, ...]) -> Rating | None:
    """The one rating a reader is told first: CVSS 4 before 3 before 2 before Ubuntu's word."""
    for kind in _PREFERENCE:
        chosen = best(found, kind)
        if chosen is not None:
            return chosen
    return None
