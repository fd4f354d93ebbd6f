"""What a severity entry says: the rating that lists sort by, computed and never trusted as typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast

from cvss import CVSS2, CVSS3, CVSS4
from cvss.exceptions import CVSSError

Level = Literal["none", "low", "medium", "high", "critical"]

LEVELS: tuple[Level, ...] = ("none", "low", "medium", "high", "critical")
"""From harmless to worst."""
UBUNTU_PRIORITIES = ("negligible", "low", "medium", "high", "critical")
SEVERITY_TYPES = ("CVSS_V2", "CVSS_V3", "CVSS_V4", "Ubuntu")

_PARSERS = {"CVSS_V2": CVSS2, "CVSS_V3": CVSS3, "CVSS_V4": CVSS4}
_BEGINNINGS = {"CVSS_V3": ("CVSS:3.0/", "CVSS:3.1/"), "CVSS_V4": ("CVSS:4.0/",)}


@dataclass(frozen=True)
class SeverityRating:
    """The level of one entry and its base score, None for a scale without scores."""

    level: Level
    score: Decimal | None


def canonical_score(kind: str, score: str) -> str:
    """Return the vector with its metrics in the standard's order, or the priority itself.

    Raises `ValueError` for an unknown type or a score that does not parse; the message says why.
    """
    if kind == "Ubuntu":
        return _priority(score)
    return str(_parsed(kind, score).clean_vector())


def rate(entry: Mapping[str, str]) -> SeverityRating:
    """Rate one `{type, score}` entry. Raises `ValueError` as `canonical_score` does."""
    kind, score = entry["type"], entry["score"]
    if kind == "Ubuntu":
        priority = _priority(score)
        return SeverityRating("low" if priority == "negligible" else cast("Level", priority), None)
    parsed = _parsed(kind, score)
    word = parsed.severity if kind == "CVSS_V4" else parsed.severities()[0]
    return SeverityRating(cast("Level", word.lower()), Decimal(str(parsed.base_score)))


def try_rate(entry: Mapping[str, Any]) -> SeverityRating | None:
    """Rate an entry as it was typed, or return None where it cannot be rated."""
    kind, score = entry.get("type"), entry.get("score")
    if not (isinstance(kind, str) and isinstance(score, str)):
        return None
    try:
        return rate({"type": kind, "score": score.strip()})
    except ValueError:
        return None


def derive(entries: Iterable[Mapping[str, str]]) -> tuple[Level | None, Decimal | None]:
    """Return level and base score of the worst of validated entries, (None, None) without entries.

    Of equal levels the highest score counts, so a level has a score where any entry gives one.
    """
    ratings = [rate(entry) for entry in entries]
    if not ratings:
        return None, None
    worst = max(ratings, key=lambda rating: (LEVELS.index(rating.level), rating.score or Decimal(-1)))
    return worst.level, worst.score


def _priority(score: str) -> str:
    if score not in UBUNTU_PRIORITIES:
        raise ValueError(f"must be one of {', '.join(UBUNTU_PRIORITIES)}.")
    return score


def _parsed(kind: str, score: str) -> Any:
    parser = _PARSERS.get(kind)
    if parser is None:
        raise ValueError(f"has no known type: choose one of {', '.join(SEVERITY_TYPES)}.")
    beginnings = _BEGINNINGS.get(kind)
    if beginnings and not score.startswith(beginnings):
        raise ValueError(f"must begin with {' or '.join(beginnings)}")
    try:
        return parser(score)
    except CVSSError as error:
        raise ValueError(f"does not parse: {error}.") from error
