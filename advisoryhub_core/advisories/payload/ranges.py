"""Affected ranges: their events, and the intervals that these make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cmp_to_key
from typing import Any

import colander

from advisoryhub_core.advisories.payload import limits
from advisoryhub_core.advisories.payload.kinds import (
    Entries,
    Record,
    Text,
    Visit,
    node,
    refuse_unknown,
    repeats,
)
from advisoryhub_core.advisories.payload.messages import Message, _, quoted, say
from advisoryhub_core.advisories.payload.texts import TextError, commit, repository_url, version
from advisoryhub_core.advisories.payload.versions import BEGINNING, is_semantic

EVENT_KINDS = ("introduced", "fixed", "last_affected", "limit")
RANGE_TYPES = ("ECOSYSTEM", "SEMVER", "GIT")
Event = dict[str, str]
Compare = Callable[[str, str], int | None]

_VERSION = Text(limits.VERSION, rule=version, required=True)


class EventType:
    """One event: an object with exactly one of the four kinds as its key.

    Mistakes are shown at `kind` and `version`, the two inputs that an event has in the form; a row of the
    form whose kind is none of the four arrives as `{kind, version}`.
    """

    def deserialize(self, own: Any, cstruct: Any) -> Event:
        """Return the event; `Invalid.value` of a wrong one is `{kind: None}` where the kind is clear."""
        if not isinstance(cstruct, Mapping):
            raise colander.Invalid(own, [say(_("must be an object such as {“fixed”: “1.2.3”}."))])
        visit = Visit(own, cstruct)
        refuse_unknown(visit, {*EVENT_KINDS, "kind", "version"})
        kinds = [kind for kind in EVENT_KINDS if cstruct.get(kind) is not None]
        if len(kinds) != 1 or {"kind", "version"} & set(cstruct):
            visit.blame(("kind",), _which_kind(kinds))
            raise visit.error
        kind = kinds[0]
        visit.values[kind] = None
        try:
            visit.values[kind] = _VERSION.deserialize(own, cstruct[kind])
        except colander.Invalid as error:
            for message in error.messages():
                visit.blame(("version",), message)
        if visit.error.children:
            visit.error.value = visit.values
            raise visit.error
        return visit.values


def _which_kind(kinds: list[str]) -> Message:
    if len(kinds) > 1:
        return say(_("is ${kinds} at once: write one event for each."), kinds=" and ".join(kinds))
    return say(_("must be one of ${kinds}."), kinds=", ".join(EVENT_KINDS))


def range_node() -> Any:
    """Return the schema of one range."""
    return node(
        Record(rules=(_check_repository, _check_kinds, _check_versions, _check_repeats)),
        "range",
        node(Text(32, choices=RANGE_TYPES, required=True), "type"),
        node(Text(limits.URL, rule=repository_url, optional=True), "repo"),
        node(Entries(limits.EVENTS), "events", node(EventType(), "event")),
    )


def _check_repository(visit: Visit) -> None:
    kind = visit.values.get("type")
    if kind == "GIT" and "repo" not in visit.values and visit.is_clean("repo"):
        visit.blame(("repo",), say(_("is needed for a GIT range: write the repository's clone URL.")))
    elif kind in RANGE_TYPES and kind != "GIT" and "repo" in visit.values:
        visit.blame(("repo",), say(_("belongs to GIT ranges only: remove it or change the type.")))


def _events(visit: Visit) -> list[tuple[int, str, str | None]]:
    """Return position, kind and version (None where invalid) of each event whose kind is clear."""
    return [
        (index, *next(iter(event.items())))
        for index, event in enumerate(visit.values.get("events") or ())
        if event
    ]


def _check_kinds(visit: Visit) -> None:
    events = visit.values.get("events")
    if events is None:
        return
    kinds = {kind for _index, kind, _text in _events(visit)}
    # An event whose kind is not understood may be the one that is missed here.
    if "introduced" not in kinds and None not in events:
        visit.blame(
            ("events",),
            say(_("needs at least one introduced event: write introduced 0 for “from the beginning”.")),
        )
    if {"fixed", "last_affected"} <= kinds:
        visit.blame(
            ("events",),
            say(_("must not have both fixed and last_affected: keep fixed, or use a range for each.")),
        )
    if visit.values.get("type") in {"SEMVER", "ECOSYSTEM"}:
        for index, kind, _text in _events(visit):
            if kind == "limit":
                visit.blame(("events", index, "kind"), say(_("limit belongs to GIT ranges only.")))


def _check_versions(visit: Visit) -> None:
    rule = {"SEMVER": _semantic, "GIT": commit}.get(visit.values.get("type", ""))
    if rule is None:
        return
    for index, kind, text in _events(visit):
        if text is None or (kind == "introduced" and text == BEGINNING):
            continue
        try:
            visit.values["events"][index][kind] = rule(text)
        except TextError as refusal:
            visit.blame(("events", index, "version"), refusal.message)


def _check_repeats(visit: Visit) -> None:
    first: dict[tuple[str, str | None], int] = {}
    begun = {(kind, text) for _index, kind, text in _events(visit)}
    for index, kind, text in _events(visit):
        known = first.setdefault((kind, text), index)
        if text is not None and known != index:
            visit.blame(("events", index, "version"), repeats(known))
        if kind == "fixed" and text is not None and ("introduced", text) in begun:
            visit.blame(("events", index, "version"), _empty(text))


def _semantic(text: str) -> str:
    if not is_semantic(text):
        bare = text[1:] if text[:1] in {"v", "V"} else ""
        hint = say(_("write ${bare}."), bare=bare) if is_semantic(bare) else say(_("write it like 1.2.3."))
        raise TextError(say(_("${value} is not a semantic version: ${hint}"), value=quoted(text), hint=hint))
    return text


class _UnorderedError(ValueError):
    """Two versions of which neither is known to be older."""


def arrange(events: list[Event], compare: Compare) -> tuple[list[Event], list[tuple[int, Message]]]:
    """Sort the events of one range and find intervals that are inverted, empty or overlap.

    Returns the sorted events and the mistakes by the position they were given at. Where the order of the
    versions is unknown the events stay as they are and no mistake is found.
    """
    parts = [next(iter(event.items())) for event in events]

    def order(first: int, second: int) -> int:
        return _order(parts[first], parts[second], compare)

    def order_or_kind(first: int, second: int) -> int:
        # Ties: an interval may be a single version, from introduced to last_affected.
        return order(first, second) or _RANK[parts[first][0]] - _RANK[parts[second][0]]

    try:
        places = sorted(range(len(events)), key=cmp_to_key(order_or_kind))
        return [events[place] for place in places], list(_mistakes(places, parts, order))
    except _UnorderedError:
        return events, []


_RANK = {"introduced": 0, "last_affected": 1, "fixed": 2}


def _order(first: tuple[str, str], second: tuple[str, str], compare: Compare) -> int:
    begins, too = first == ("introduced", BEGINNING), second == ("introduced", BEGINNING)
    if begins or too:
        return too - begins
    known = compare(first[1], second[1])
    if known is None:
        raise _UnorderedError
    return known


def _mistakes(
    places: list[int], parts: list[tuple[str, str]], order: Callable[[int, int], int]
) -> Iterator[tuple[int, Message]]:
    opened: int | None = None
    for place in places:
        kind, text = parts[place]
        if kind == "introduced":
            if opened is None:
                opened = place
            else:
                yield place, _overlap(text, parts[opened][1])
            continue
        if opened is None:
            yield place, _unopened(kind, text)
        elif kind == "fixed" and order(opened, place) == 0:
            yield place, _empty(text)
        opened = None


def _empty(text: str) -> Message:
    return say(
        _("${version} is both introduced and fixed: change one of the two, or join the intervals."),
        version=text,
    )


def _overlap(text: str, opened: str) -> Message:
    return say(
        _(
            "${version} begins inside the interval from ${opened} on, so the two overlap: end that one"
            " before it, or remove this event."
        ),
        version=text,
        opened=opened,
    )


def _unopened(kind: str, text: str) -> Message:
    return say(
        _(
            "${kind} ${version} ends an interval that has no beginning: there must be an introduced event"
            " with an older version and no other end in between."
        ),
        kind=kind,
        version=text,
    )
