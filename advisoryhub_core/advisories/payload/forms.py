"""Between the flat fields of a web form and nested payload data.

Field names are the places that errors name: `affected.0.ranges.0.events.1.version`. An event is two
fields, `kind` and `version`. A list of plain texts is either one field a row (`aliases.0`) or one field
with an entry a line (`affected.0.versions`, `credits.0.contact`); both are understood for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisoryhub_core.advisories.payload.ranges import EVENT_KINDS

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class _Leaf:
    """One text. `chosen` marks a menu, which always has a value and so says nothing of its row."""

    chosen: bool = False
    optional: bool = False


@dataclass(frozen=True)
class _Lines:
    """A list of plain texts."""

    rows: bool = False


@dataclass(frozen=True)
class _Group:
    fields: Mapping[str, _Shape]


@dataclass(frozen=True)
class _Rows:
    row: _Group
    event: bool = False


_Shape = _Leaf | _Lines | _Group | _Rows

_TEXT, _MENU = _Leaf(), _Leaf(chosen=True)
_OPTIONAL, _OPTIONAL_MENU = _Leaf(optional=True), _Leaf(chosen=True, optional=True)
_EVENT = _Group({"kind": _MENU, "version": _TEXT})
_RANGE = _Group({"type": _MENU, "repo": _OPTIONAL, "events": _Rows(_EVENT, event=True)})
_PACKAGE = _Group({"ecosystem": _TEXT, "name": _TEXT, "purl": _OPTIONAL})
_AFFECTED = _Group({"package": _PACKAGE, "ranges": _Rows(_RANGE), "versions": _Lines()})
_FORM = _Group(
    {
        "summary": _TEXT,
        "details": _TEXT,
        "aliases": _Lines(rows=True),
        "references": _Rows(_Group({"type": _OPTIONAL_MENU, "url": _TEXT})),
        "affected": _Rows(_AFFECTED),
        "severity": _Rows(_Group({"type": _MENU, "score": _TEXT})),
        "cwe_ids": _Lines(rows=True),
        "credits": _Rows(_Group({"name": _TEXT, "type": _OPTIONAL_MENU, "contact": _Lines()})),
    }
)


@dataclass
class _Typed:
    """What was posted at one place and below; rows by the number they were posted under."""

    text: str | None = None
    below: dict[str, _Typed] = field(default_factory=dict)

    def rows(self) -> list[tuple[int, _Typed]]:
        return sorted((int(name), typed) for name, typed in self.below.items() if _INDEX.fullmatch(name))


def from_form(pairs: Iterable[tuple[str, str]], *, act: str | None = None) -> dict[str, Any]:
    """Return posted fields as payload data, all eight fields, for `validate` and for `to_form`.

    Wholly empty rows are dropped, gaps in the numbering closed, names that are no field ignored; of a name
    posted twice the last counts. Memory grows with what was posted, not with the numbers in names. With an
    act (`add:references`, `remove:affected.0.ranges.1`) it is applied to the rows as they were numbered,
    and empty rows stay.
    """
    typed = _Typed()
    for name, text in pairs:
        _put(typed, name.split("."), text)
    if act is not None:
        _apply(typed, act)
    data: dict[str, Any] = _group(_FORM, typed, keep_empty=act is not None)
    return data


def apply_row_act(data: Mapping[str, Any], act: str) -> dict[str, Any]:
    """Return data, from `from_form` or stored, with a row added or removed; any other act changes nothing."""
    return from_form(form_fields(data, keep_empty=True), act=act)


def to_form(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data nested as the form shows it: events as `{kind, version}`, all else as it is.

    Takes whatever a form or an import left, valid or not, and loses no text of it.
    """
    return {name: _shown(shape, data.get(name)) for name, shape in _FORM.fields.items()}


def form_fields(data: Mapping[str, Any], *, keep_empty: bool = False) -> list[tuple[str, str]]:
    """Return the flat fields that the form of this data posts; `from_form` reads them back."""
    return list(_flat(_FORM, "", to_form(data), keep_empty=keep_empty))


def _put(typed: _Typed, parts: list[str], text: str) -> None:
    """Store a text if its name is one of the form's."""
    shape: _Shape | None = _FORM
    for part in parts:
        shape = _step(shape, part)
    if isinstance(shape, (_Leaf, _Lines)):
        _reach(typed, parts).text = text


def _reach(typed: _Typed, parts: Iterable[str]) -> _Typed:
    for part in parts:
        typed = typed.below.setdefault(part, _Typed())
    return typed


def _step(shape: _Shape | None, part: str) -> _Shape | None:
    if isinstance(shape, _Group):
        return shape.fields.get(part)
    if isinstance(shape, _Rows) and _INDEX.fullmatch(part):
        return shape.row
    if isinstance(shape, _Lines) and _INDEX.fullmatch(part):
        return _TEXT
    return None


def _group(shape: _Group, typed: _Typed, *, keep_empty: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, inner in shape.fields.items():
        below = typed.below.get(name) or _Typed()
        if isinstance(inner, _Leaf):
            if below.text or not inner.optional:
                values[name] = below.text or ""
        elif isinstance(inner, _Lines):
            values[name] = _lines(below, keep_empty=keep_empty)
        elif isinstance(inner, _Rows):
            values[name] = _rows(inner, below, keep_empty=keep_empty)
        elif not _is_empty(inner, below):
            values[name] = _group(inner, below, keep_empty=keep_empty)
    return values


def _lines(typed: _Typed, *, keep_empty: bool) -> list[str]:
    lines = [line.strip() for line in _LINE_BREAK.split(typed.text or "")]
    rows = [row.text or "" for _number, row in typed.rows()]
    return [line for line in lines if line] + [row for row in rows if keep_empty or row.strip()]


def _rows(shape: _Rows, typed: _Typed, *, keep_empty: bool) -> list[dict[str, Any]]:
    found = []
    for _number, row in typed.rows():
        if keep_empty or not _is_empty(shape.row, row):
            values = _group(shape.row, row, keep_empty=keep_empty)
            found.append(_event(values) if shape.event else values)
    return found


def _event(values: dict[str, Any]) -> dict[str, Any]:
    """Return the event of a row, or the row itself where its kind was not chosen."""
    return {values["kind"]: values["version"]} if values["kind"] in EVENT_KINDS else values


def _is_empty(shape: _Shape, typed: _Typed) -> bool:
    if isinstance(shape, _Leaf):
        return shape.chosen or not (typed.text or "").strip()
    if isinstance(shape, _Lines):
        return not _lines(typed, keep_empty=False)
    if isinstance(shape, _Rows):
        return all(_is_empty(shape.row, row) for _number, row in typed.rows())
    return all(_is_empty(inner, typed.below.get(name) or _Typed()) for name, inner in shape.fields.items())


def _apply(typed: _Typed, act: str) -> None:
    verb, _colon, name = act.partition(":")
    parts = name.split(".")
    shape: _Shape | None = _FORM
    for part in parts:
        shape = _step(shape, part)
    if verb == "add" and isinstance(shape, (_Rows, _Lines)):
        place = _reach(typed, parts)
        numbers = [number for number, _row in place.rows()]
        place.below[str(max(numbers, default=-1) + 1)] = _Typed()
    elif verb == "remove" and _INDEX.fullmatch(parts[-1]):
        holder: _Typed | None = typed
        for part in parts[:-1]:
            holder = holder.below.get(part) if holder else None
        if holder is not None:
            holder.below.pop(parts[-1], None)


def _shown(shape: _Shape, value: Any) -> Any:
    if isinstance(shape, _Leaf):
        return _text(value)
    if isinstance(shape, _Lines):
        return [_text(entry) for entry in _listed(value)]
    if isinstance(shape, _Rows):
        entries = _listed(value)
        if shape.event:
            entries = [row for entry in entries for row in _event_rows(entry)]
        return [_shown(shape.row, entry) for entry in entries]
    known = value if isinstance(value, Mapping) else {}
    return {name: _shown(inner, known.get(name)) for name, inner in shape.fields.items()}


def _event_rows(entry: Any) -> list[Any]:
    """Return a stored event as rows of the form: one, or one for each kind that it wrongly names."""
    if not isinstance(entry, Mapping):
        return [{"kind": "", "version": entry}]
    rows: list[Any] = [{"kind": kind, "version": entry[kind]} for kind in EVENT_KINDS if kind in entry]
    return rows or [entry]


def _listed(value: Any) -> list[Any]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return [] if value in (None, "") else [value]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _flat(shape: _Shape, place: str, value: Any, *, keep_empty: bool) -> Iterator[tuple[str, str]]:
    if isinstance(shape, _Leaf):
        yield place, value
    elif isinstance(shape, _Lines):
        if shape.rows or keep_empty:
            yield from ((f"{place}.{index}", text) for index, text in enumerate(value))
        else:
            yield place, "\n".join(value)
    elif isinstance(shape, _Rows):
        for index, entry in enumerate(value):
            yield from _flat(shape.row, f"{place}.{index}", entry, keep_empty=keep_empty)
    else:
        for name, inner in shape.fields.items():
            yield from _flat(inner, f"{place}.{name}" if place else name, value[name], keep_empty=keep_empty)
