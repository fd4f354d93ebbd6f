"""What changed between two payloads of an advisory: field by field, word by word, entry by entry.

Pure functions over payload dictionaries (see the payload table of the specification's domain page).
They are total: whatever a payload holds is compared and shown, so that a version written under older
rules can still be read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from advisoryhub_core.advisories.alignment import Budget, align
from advisoryhub_core.advisories.wording import as_json, describe_range

SegmentOp = Literal["equal", "insert", "delete"]
EntryOp = Literal["added", "removed", "changed", "same"]
FieldKind = Literal["text", "list", "scalar"]

TEXT_FIELDS = frozenset({"summary", "details", "withdrawn_reason"})
STEPS = 200_000
"""Comparison steps per text and pass. Measured: the worst 64 KiB texts take well under a second."""

_TOKENS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Segment:
    op: SegmentOp
    text: str


@dataclass(frozen=True)
class EntryDiff:
    """One entry of a list; `before` is empty for an added one, `after` for a removed one."""

    op: EntryOp
    before: str
    after: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class FieldDiff:
    """One changed field.

    `before` and `after` are the whole values in words (entries of a list on lines of their own).
    Text and scalar fields have `segments`, whose equal and delete parts make up `before` and whose
    equal and insert parts make up `after`; a list has `entries`, each with segments of its own.
    """

    field: str
    kind: FieldKind
    before: str
    after: str
    segments: tuple[Segment, ...]
    entries: tuple[EntryDiff, ...]


def diff_payloads(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldDiff, ...]:
    """Return the changed fields in the payload's order, unknown ones last.

    An absent field equals an empty one. Entries that only moved within their list are no change.
    """
    names = [*FIELDS, *sorted((set(before) | set(after)) - set(FIELDS), key=str)]
    diffs = (_field_diff(str(name), before.get(name), after.get(name)) for name in names)
    return tuple(diff for diff in diffs if diff is not None)


def diff_text(before: str, after: str) -> tuple[Segment, ...]:
    """Return the word segments between two texts, deletions before insertions.

    Lines are aligned first, then words within changed lines. The cost is bounded by `STEPS`; beyond
    it a hunk is shown whole, as one deletion and one insertion.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    segments: list[Segment] = []
    words = Budget(STEPS)
    for block in align(old, new, Budget(STEPS)):
        was, now = "".join(old[block.a_start : block.a_end]), "".join(new[block.b_start : block.b_end])
        segments += [Segment("equal", was)] if block.equal else _word_segments(was, now, words)
    return _tidy(segments)


def _word_segments(before: str, after: str, budget: Budget) -> list[Segment]:
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    segments: list[Segment] = []
    for block in align(old, new, budget):
        was, now = "".join(old[block.a_start : block.a_end]), "".join(new[block.b_start : block.b_end])
        segments += (
            [Segment("equal", was)] if block.equal else [Segment("delete", was), Segment("insert", now)]
        )
    return segments


def _tidy(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Join neighbours, and draw blanks that stand alone between two changes into the change.

    A rewritten phrase then reads as one change, not as a comb of words.
    """
    runs = [list(run) for _, run in groupby(segments, key=lambda segment: segment.op == "equal")]
    tidy: list[Segment] = []
    removed, added = "", ""
    for number, run in enumerate(runs):
        text = "".join(segment.text for segment in run)
        equal = run[0].op == "equal"
        inside = 0 < number < len(runs) - 1
        if equal and not (inside and text.isspace() and "\n" not in text):
            tidy += [*_change(removed, added), Segment("equal", text)]
            removed, added = "", ""
            continue
        removed += text if equal else _joined(run, "delete")
        added += text if equal else _joined(run, "insert")
    return (*tidy, *_change(removed, added))


def _joined(segments: Iterable[Segment], op: SegmentOp) -> str:
    return "".join(segment.text for segment in segments if segment.op == op)


def _change(removed: str, added: str) -> Iterator[Segment]:
    if removed:
        yield Segment("delete", removed)
    if added:
        yield Segment("insert", added)


def _field_diff(name: str, before: object, after: object) -> FieldDiff | None:
    if name in _LISTS and all(_is_list(value) for value in (before, after)):
        return _list_diff(name, _entries(before), _entries(after))
    was, now = _scalar(before), _scalar(after)
    if was == now:
        return None
    if name in TEXT_FIELDS:
        return FieldDiff(name, "text", was, now, diff_text(was, now), ())
    return FieldDiff(name, "scalar", was, now, tuple(_change(was, now)), ())


def _is_list(value: object) -> bool:
    return value is None or isinstance(value, list | tuple)


def _entries(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _scalar(value: object) -> str:
    if _is_empty(value):
        return ""
    return value if isinstance(value, str) else as_json(value)


@dataclass(frozen=True)
class _Entry:
    """An entry of a list: what it is recognised by, how it reads, and what it holds."""

    key: str
    text: str
    content: str


def _list_diff(name: str, before: Sequence[object], after: Sequence[object]) -> FieldDiff | None:
    old, new = ([_entry(name, entry) for entry in side] for side in (before, after))
    entries = _matched_entries(old, new)
    if all(entry.op == "same" for entry in entries):
        return None
    was, now = ("\n".join(entry.text for entry in side) for side in (old, new))
    return FieldDiff(name, "list", was, now, (), tuple(entries))


def _entry(name: str, entry: object) -> _Entry:
    rule = _LISTS[name]
    return _Entry(rule.key(entry), rule.words(entry), as_json(_pruned(entry)))


def _pruned(value: object) -> object:
    """Drop what is empty, as an absent member says the same."""
    if isinstance(value, Mapping):
        return {key: kept for key, item in value.items() if not _is_empty(kept := _pruned(item))}
    if isinstance(value, list | tuple):
        return [_pruned(item) for item in value]
    return value


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list | tuple | Mapping) and not value)


def _matched_entries(old: Sequence[_Entry], new: Sequence[_Entry]) -> list[EntryDiff]:
    """Return the entries in their new order, each removed one after the entry it used to follow."""
    partner = _partners(old, new)
    origin = {place: number for number, place in partner.items()}
    followers: dict[int, list[EntryDiff]] = defaultdict(list)
    anchor = -1
    for place, entry in enumerate(old):
        if place in origin:
            anchor = origin[place]
        else:
            followers[anchor].append(EntryDiff("removed", entry.text, "", tuple(_change(entry.text, ""))))
    entries = followers[-1]
    for number, entry in enumerate(new):
        entries.append(_entry_diff(old[partner[number]] if number in partner else None, entry))
        entries += followers[number]
    return entries


def _entry_diff(was: _Entry | None, now: _Entry) -> EntryDiff:
    if was is None:
        return EntryDiff("added", "", now.text, tuple(_change("", now.text)))
    if was.content == now.content:
        return EntryDiff("same", was.text, now.text, (Segment("equal", now.text),) if now.text else ())
    if was.text == now.text:
        # Two entries can read alike and differ, such as a purl written into the name.
        return EntryDiff("changed", was.content, now.content, diff_text(was.content, now.content))
    return EntryDiff("changed", was.text, now.text, diff_text(was.text, now.text))


def _partners(old: Sequence[_Entry], new: Sequence[_Entry]) -> dict[int, int]:
    """Map places in `new` to places in `old`: the same entry first, then the same key, in order."""
    partner: dict[int, int] = {}
    left = set(range(len(old)))
    identities: tuple[Callable[[_Entry], str], ...] = (lambda entry: entry.content, lambda entry: entry.key)
    for identity in identities:
        waiting: dict[str, list[int]] = defaultdict(list)
        for place in sorted(left, reverse=True):
            waiting[identity(old[place])].append(place)
        for number, entry in enumerate(new):
            if number not in partner and waiting[identity(entry)]:
                partner[number] = waiting[identity(entry)].pop()
                left.discard(partner[number])
    return partner


@dataclass(frozen=True)
class _ListRule:
    """How entries of a list are recognised when they change, and how they read."""

    key: Callable[[object], str]
    words: Callable[[object], str]


def _rule(
    key: Callable[[Mapping[str, Any]], object],
    words: Callable[[Mapping[str, Any]], Iterator[str]],
    *known: str,
) -> _ListRule:
    """Build the rule of a list of objects; members outside `known`, and other shapes, read as JSON."""

    def entry_key(entry: object) -> str:
        return as_json(key(entry)) if isinstance(entry, Mapping) else as_json(entry)

    def entry_words(entry: object) -> str:
        if not isinstance(entry, Mapping):
            return _scalar(entry)
        other = {name: value for name, value in entry.items() if name not in known and _scalar(value)}
        return " ".join([*filter(None, words(entry)), *([as_json(other)] if other else [])])

    return _ListRule(entry_key, entry_words)


def _package_key(entry: Mapping[str, Any]) -> object:
    package = entry.get("package")
    if not isinstance(package, Mapping):
        return package
    return [package.get("ecosystem"), package.get("name")]


def _affected_words(entry: Mapping[str, Any]) -> Iterator[str]:
    package = entry.get("package")
    ecosystem = ""
    if isinstance(package, Mapping):
        ecosystem = _scalar(package.get("ecosystem"))
        yield from _package_words(package)
    else:
        yield _scalar(package)
    statements = [_range_words(item, ecosystem) for item in _sequence(entry.get("ranges"))]
    versions = [_scalar(version) for version in _sequence(entry.get("versions"))]
    if versions:
        statements.append(f"versions {', '.join(versions)}")
    if statements:
        yield f"— {'; '.join(statements)}"


def _package_words(package: Mapping[str, Any]) -> Iterator[str]:
    yield _scalar(package.get("ecosystem"))
    yield _scalar(package.get("name"))
    yield f"({package['purl']})" if package.get("purl") else ""
    other = {name: value for name, value in package.items() if name not in {"ecosystem", "name", "purl"}}
    yield as_json(other) if other else ""


def _range_words(version_range: object, ecosystem: str) -> str:
    if not isinstance(version_range, Mapping):
        return _scalar(version_range)
    other = {name: value for name, value in version_range.items() if name not in {"type", "repo", "events"}}
    words = [_scalar(version_range.get("type")), describe_range(version_range, ecosystem)]
    return " ".join(filter(None, [*words, as_json(other) if other else ""]))


def _sequence(value: object) -> Sequence[object]:
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _reference_words(entry: Mapping[str, Any]) -> Iterator[str]:
    yield _scalar(entry.get("type"))
    yield _scalar(entry.get("url"))


def _severity_words(entry: Mapping[str, Any]) -> Iterator[str]:
    yield _scalar(entry.get("type"))
    yield _scalar(entry.get("score"))


def _credit_words(entry: Mapping[str, Any]) -> Iterator[str]:
    yield _scalar(entry.get("name"))
    yield f"({_scalar(entry['type'])})" if entry.get("type") else ""
    yield ", ".join(_scalar(contact) for contact in _sequence(entry.get("contact")))


_PLAIN = _ListRule(as_json, _scalar)
_LISTS: dict[str, _ListRule] = {
    "aliases": _PLAIN,
    "references": _rule(lambda entry: entry.get("url"), _reference_words, "type", "url"),
    "affected": _rule(_package_key, _affected_words, "package", "ranges", "versions"),
    "severity": _rule(lambda entry: entry.get("type"), _severity_words, "type", "score"),
    "cwe_ids": _PLAIN,
    "credits": _rule(lambda entry: entry.get("name"), _credit_words, "name", "type", "contact"),
}

FIELDS = (
    "advisory_id",
    "project_slug",
    "project_name",
    "kind",
    "ghsa_id",
    "ghsa_owner",
    "ghsa_repo",
    "summary",
    "details",
    "aliases",
    "references",
    "affected",
    "severity",
    "cwe_ids",
    "credits",
    "assigned_cve_id",
    "withdrawn_reason",
)
