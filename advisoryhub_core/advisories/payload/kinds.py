"""The colander types of the payload's schemas.

They differ from colander's own in three ways: a value of the wrong JSON type is refused and never
converted; every mistake of a mapping is reported at once, unknown keys and rules across fields included;
and `Invalid.value` carries what was understood of a wrong value, so that rules above can still judge it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import colander

from advisoryhub_core.advisories.payload.messages import Message, _, quoted, say
from advisoryhub_core.advisories.payload.texts import TextError, block, line

Place = tuple[str | int, ...]
TextRule = Callable[[str], str]
"""Returns the text in its normal form or raises `TextError`."""


def blame(error: Any, place: Place, message: Message) -> None:
    """Add a message to an `Invalid`, at a place relative to its node."""
    for part in place:
        error = _child(error, part)
    error.msg = [*error.messages(), message]


def attach(error: Any, part: str | int, child: Any) -> None:
    """Add the `Invalid` of a field or entry; there must be none yet for this part."""
    if isinstance(part, int):
        child.positional = True
        child.pos = part
    error.children.append(child)


def flatten(error: Any, place: Place = ()) -> dict[str, list[str]]:
    """Return the messages of an `Invalid` and all below it by dotted place, outermost first."""
    found: dict[str, list[str]] = {}
    if error.msg:
        found[".".join(map(str, place))] = list(error.messages())
    for child in error.children:
        found.update(flatten(child, (*place, _key(child))))
    return found


def _key(error: Any) -> str:
    return str(error.pos if error.positional else error.node.name)


def _child(error: Any, part: str | int) -> Any:
    for child in error.children:
        if _key(child) == str(part):
            return child
    child = colander.Invalid(colander.SchemaNode(colander.String(), name=str(part)))
    attach(error, part, child)
    return child


def _absent(cstruct: Any) -> bool:
    return cstruct is colander.null or cstruct is None


@dataclass(frozen=True)
class Text:
    """A string, of which `choices` are the only words taken if there are any.

    An absent, null or empty one is refused if `required`, left out if `optional`, else `default`. `limit`
    is in characters. `multiline` keeps line breaks (as LF) and the text's own margins.
    """

    limit: int
    rule: TextRule | None = None
    choices: tuple[str, ...] = ()
    multiline: bool = False
    required: bool = False
    optional: bool = False
    default: str = ""

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        """Return the text in its normal form, or `colander.drop` for one that may be absent."""
        if _absent(cstruct):
            cstruct = ""
        if not isinstance(cstruct, str):
            raise colander.Invalid(node, [say(_("must be text, in quotes."))])
        try:
            return self._normalised(cstruct)
        except TextError as refusal:
            raise colander.Invalid(node, [refusal.message]) from None

    def _normalised(self, raw: str) -> Any:
        text = block(raw) if self.multiline else line(raw)
        if not text:
            if self.required:
                raise TextError(say(_("must not be empty.")))
            return colander.drop if self.optional else self.default
        if len(text) > self.limit:
            raise TextError(
                say(
                    _("has ${length} characters; ${limit} is the most: shorten it."),
                    length=len(text),
                    limit=self.limit,
                )
            )
        if self.choices and text not in self.choices:
            raise TextError(
                say(
                    _("${value} is not one of the choices: ${allowed}."),
                    value=quoted(text),
                    allowed=", ".join(self.choices),
                )
            )
        return self.rule(text) if self.rule else text


class Visit:
    """One mapping on its way through validation, for rules across its fields.

    `values` holds what was understood: valid fields in normal form, of invalid ones what there is, with
    None for an invalid entry of a list. `bindings` are the schema's. A rule may replace values.
    """

    def __init__(self, node: Any, raw: Mapping[Any, Any]) -> None:
        self.error = colander.Invalid(node)
        self.raw = raw
        self.values: dict[str, Any] = {}
        self.bindings: Mapping[str, Any] = node.bindings or {}

    def blame(self, place: Place, message: Message) -> None:
        """Report a mistake at a place relative to this mapping."""
        blame(self.error, place, message)

    def is_clean(self, *fields: str) -> bool:
        """Tell whether nothing at or below these fields has been blamed."""
        return not any(_key(child) in fields for child in self.error.children)


RecordRule = Callable[[Visit], None]


@dataclass(frozen=True)
class Record:
    """A mapping with the fields of the node's children. Absent and null are left out, or {} if `required`."""

    rules: tuple[RecordRule, ...] = ()
    required: bool = True

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        """Return the fields in normal form; raises one `Invalid` with every mistake below."""
        if _absent(cstruct):
            if not self.required:
                return colander.drop
            cstruct = {}
        if not isinstance(cstruct, Mapping):
            raise colander.Invalid(node, [say(_("must be an object with named fields."))])
        visit = Visit(node, cstruct)
        for child in node.children:
            _visit_field(visit, child)
        refuse_unknown(visit, {child.name for child in node.children})
        for rule in self.rules:
            rule(visit)
        if visit.error.children or visit.error.msg:
            visit.error.value = visit.values
            raise visit.error
        return visit.values


def _visit_field(visit: Visit, child: Any) -> None:
    try:
        value = child.deserialize(visit.raw.get(child.name, colander.null))
    except colander.Invalid as error:
        attach(visit.error, child.name, error)
        value = colander.drop if error.value is None else error.value
    if value is not colander.drop:
        visit.values[child.name] = value


def refuse_unknown(visit: Visit, known: set[str]) -> None:
    """Report each key that is no field, unless the schema was bound with `unknown="ignore"`."""
    if visit.bindings.get("unknown") == "ignore":
        return
    for key in visit.raw:
        if key not in known:
            visit.blame(
                (printable_key(key),),
                say(
                    _("is not a field here: remove it, or write one of ${known}."),
                    known=", ".join(sorted(known)),
                ),
            )


def printable_key(key: object) -> str:
    """Return an unknown key as it can stand in a place: short and without control characters."""
    return quoted(key)[1:-1]


@dataclass(frozen=True)
class Entries:
    """A list whose entries are the node's only child. Absent and null are the empty list.

    `limit` is the number of entries taken. `identity` returns what two entries must not have in common;
    `field` is the part of an entry at which a repetition is shown.
    """

    limit: int
    identity: Callable[[Any], Hashable] | None = None
    field: Place = ()

    def deserialize(self, node: Any, cstruct: Any) -> list[Any]:
        """Return the entries in normal form; raises one `Invalid` with every mistake below."""
        if _absent(cstruct):
            return []
        if not isinstance(cstruct, (list, tuple)):
            raise colander.Invalid(node, [say(_("must be a list."))])
        if len(cstruct) > self.limit:
            message = say(
                _("has ${count} entries; ${limit} are the most: remove some."),
                count=len(cstruct),
                limit=self.limit,
            )
            raise colander.Invalid(node, [message])
        error = colander.Invalid(node)
        entries = [_entry(error, node.children[0], index, raw) for index, raw in enumerate(cstruct)]
        self._refuse_repeated(error, entries)
        if error.children:
            error.value = entries
            raise error
        return entries

    def _refuse_repeated(self, error: Any, entries: list[Any]) -> None:
        if self.identity is None:
            return
        wrong = {child.pos for child in error.children}
        first: dict[Hashable, int] = {}
        for index, entry in enumerate(entries):
            if index in wrong:
                continue
            known = first.setdefault(self.identity(entry), index)
            if known != index:
                blame(error, (index, *self.field), repeats(known))


def repeats(known: int) -> Message:
    """Return the message for an entry that says the same as the one at this position."""
    return say(_("repeats entry ${number}: remove one of the two."), number=known + 1)


def _entry(error: Any, child: Any, index: int, raw: Any) -> Any:
    try:
        return child.deserialize(raw)
    except colander.Invalid as invalid:
        attach(error, index, invalid)
        return invalid.value


def node(kind: Any, name: str = "", *children: Any) -> Any:
    """Return a schema node; the types above know their own defaults."""
    return colander.SchemaNode(cast("Any", kind), *children, name=name, missing=colander.drop)
