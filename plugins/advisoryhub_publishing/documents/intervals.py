"""Affected ranges as intervals of versions, the shape that both CSAF and CVE describe."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BEGINNING = "0"


@dataclass(frozen=True)
class Interval:
    """From `introduced` (inclusive; "0" is the beginning) to before `fixed` or up to `last_affected`.

    `fixed` has more than one entry for GIT only, where each branch has a fix of its own;
    neither bound means that the interval is open.
    """

    introduced: str
    fixed: tuple[str, ...] = ()
    last_affected: str | None = None

    @property
    def single(self) -> str | None:
        """The only version affected, when the interval begins and ends with it."""
        return self.introduced if self.introduced == self.last_affected else None


@dataclass(frozen=True)
class CommitRange:
    """A GIT range: reachability in a graph, so that its events have no one order."""

    repo: str
    introduced: tuple[str, ...]
    fixed: tuple[str, ...]
    last_affected: tuple[str, ...]


def intervals(events: Sequence[Mapping[str, str]]) -> tuple[Interval, ...]:
    """The intervals of sorted SEMVER or ECOSYSTEM events; `limit` ends none and is ignored.

    An interval whose fix is the version that introduced it holds no version and is left out.
    """
    found = dict.fromkeys(_walk(events))
    return tuple(interval for interval in found if interval.introduced not in interval.fixed)


def _walk(events: Sequence[Mapping[str, str]]) -> Iterator[Interval]:
    introduced: str | None = None
    for event in events:
        if "introduced" in event:
            introduced = event["introduced"] if introduced is None else introduced
        elif introduced is not None and "fixed" in event:
            yield Interval(introduced, fixed=(event["fixed"],))
            introduced = None
        elif introduced is not None and "last_affected" in event:
            yield Interval(introduced, last_affected=event["last_affected"])
            introduced = None
    if introduced is not None:
        yield Interval(introduced)


def commit_range(entry: Mapping[str, Any]) -> CommitRange:
    """A GIT range by the kind of its events; `limit` is no fix and is ignored."""

    def values(key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(event[key] for event in entry["events"] if key in event))

    return CommitRange(entry["repo"], values("introduced"), values("fixed"), values("last_affected"))
