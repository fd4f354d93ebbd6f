"""Affected ranges in words, for pages, diffs and mail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_BEGINNING = "0"
_NO_LIMIT = "*"
_BOUNDS = ("introduced", "fixed", "last_affected", "limit")
_NOUNS = {"Android": "patch levels", "Linux": "kernel versions"}


@dataclass(frozen=True)
class Interval:
    """One affected stretch of a range.

    `introduced` is the first affected version (None: from the beginning), `fixed` the first versions
    that are not affected any more (several where branches were mended apart), `last_affected` the last
    affected ones. Without `fixed` and `last_affected` the stretch has no end.
    """

    introduced: str | None
    fixed: tuple[str, ...] = ()
    last_affected: tuple[str, ...] = ()


def range_intervals(version_range: Mapping[str, Any]) -> tuple[Interval, ...]:
    """Return the stretches of an OSV range in the order of its events; unreadable events are left out."""
    intervals: list[Interval] = []
    for bound, version in _events(version_range):
        if bound == "introduced":
            intervals.append(Interval(None if version == _BEGINNING else version))
        elif bound in {"fixed", "last_affected"}:
            last = intervals.pop() if intervals else Interval(None)
            intervals.append(_closed(last, bound, version))
    return tuple(intervals)


def describe_range(version_range: Mapping[str, Any], ecosystem: str) -> str:
    """Return an OSV range in words, such as `from 1.0.0 before 1.4.2`.

    `version_range` is `{type, repo?, events: [{introduced|fixed|last_affected|limit: version}]}`;
    `ecosystem` (OSV name, any suffix after `:` is ignored) decides what its versions are called.
    Total: whatever cannot be read is quoted as it stands.
    """
    git = version_range.get("type") == "GIT"
    noun = "commits" if git else _NOUNS.get(ecosystem.partition(":")[0], "versions")
    intervals = range_intervals(version_range)
    words = _listed([_interval_words(interval, noun) for interval in intervals]) or f"no {noun} given"
    limits = [
        version for bound, version in _events(version_range) if bound == "limit" and version != _NO_LIMIT
    ]
    if limits:
        words += f", looking no further than {_listed(limits)}"
    if version_range.get("repo"):
        words += f" in {version_range['repo']}"
    unreadable = _unreadable(version_range)
    return f"{words} (and {unreadable})" if unreadable else words


def _events(version_range: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    events = version_range.get("events")
    for event in events if isinstance(events, list | tuple) else ():
        if isinstance(event, Mapping):
            yield from ((bound, str(event[bound])) for bound in _BOUNDS if bound in event)


def _closed(interval: Interval, bound: str, version: str) -> Interval:
    if bound == "fixed":
        return Interval(interval.introduced, (*interval.fixed, version), interval.last_affected)
    return Interval(interval.introduced, interval.fixed, (*interval.last_affected, version))


def _interval_words(interval: Interval, noun: str) -> str:
    parts = []
    if interval.introduced is not None:
        parts.append(f"from {interval.introduced}")
    if interval.fixed:
        parts.append(f"before {_listed(interval.fixed, 'or')}")
    if interval.last_affected:
        parts.append(f"up to and including {_listed(interval.last_affected, 'or')}")
    if not parts:
        return f"all {noun}"
    if not interval.fixed and not interval.last_affected:
        parts.append("onwards")
    return " ".join(parts)


def _listed(items: list[str] | tuple[str, ...], conjunction: str = "and") -> str:
    if len(items) < 2:  # noqa: PLR2004 - two is the smallest list that needs a conjunction
        return "".join(items)
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"


def _unreadable(version_range: Mapping[str, Any]) -> str:
    events = version_range.get("events", [])
    if not isinstance(events, list | tuple):
        return as_json(events)
    known = [event for event in events if isinstance(event, Mapping) and set(event) <= set(_BOUNDS)]
    return ", ".join(as_json(event) for event in events if event not in known)


def as_json(value: object) -> str:
    """Return any value as one line of JSON with sorted keys; what JSON cannot hold is shown as text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
