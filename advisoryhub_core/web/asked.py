"""What a short form asks for: one description gives the inputs of the page and the checks of the API.

The checks are those of the payload's schemas (`payload/kinds.py`), so that a reason typed into a dialog and
one sent as JSON are judged alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import colander

from advisoryhub_core import forms
from advisoryhub_core.advisories.payload.kinds import Text, TextRule
from advisoryhub_core.advisories.payload.messages import _, say
from advisoryhub_core.advisories.payload.texts import TextError
from advisoryhub_core.web.pages import FieldKind, FormField, Option

NOTE_LIMIT = 8_000
"""Characters of a reason or note that people type; it becomes a comment."""

_TRUE = frozenset({"true", "1", "on", "yes"})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One value that is asked for.

    `required` is the message for a missing one (empty: it may be missing, and is then the empty string).
    With `choices` (pairs of value and label) it is a select. A checkbox gives True or False. `rule` returns
    the text in its normal form or raises `TextError`.
    """

    name: str
    label: Any
    kind: FieldKind = "text"
    hint: Any = ""
    required: Any = ""
    limit: int = NOTE_LIMIT
    choices: tuple[tuple[str, Any], ...] = ()
    rule: TextRule | None = None
    rows: int = 4

    def type(self) -> Any:
        """Return the schema type that judges this value."""
        if self.kind == "checkbox":
            return _Switch()
        kind = Text(
            self.limit,
            multiline=self.kind == "textarea",
            choices=tuple(value for value, _label in self.choices if value),
            rule=self.rule,
        )
        return _Required(kind, self.required) if self.required else kind

    def field(self, value: str, errors: Sequence[str], scope: str) -> FormField:
        """Return the input with what was typed and what is wrong with it."""
        options = tuple(Option(chosen, label, chosen == value) for chosen, label in self.choices)
        return FormField(
            name=self.name,
            value=value,
            kind="select" if self.choices else self.kind,
            label=self.label,
            hint=self.hint,
            errors=tuple(errors),
            options=options,
            required=bool(self.required),
            rows=self.rows,
            maxlength=self.limit if self.kind in {"text", "textarea"} and not self.choices else None,
            scope=scope,
        )


@dataclass(frozen=True)
class _Required:
    """A text whose absence has words of its own."""

    kind: Text
    message: Any

    def deserialize(self, schema: Any, cstruct: Any) -> Any:
        value = self.kind.deserialize(schema, cstruct)
        if value == "":
            raise colander.Invalid(schema, [say(self.message)])
        return value


@dataclass(frozen=True)
class _Switch:
    """True or False, from JSON or from a checkbox."""

    def deserialize(self, schema: Any, cstruct: Any) -> bool:
        if isinstance(cstruct, bool):
            return cstruct
        if cstruct is colander.null or cstruct is None or cstruct == "":
            return False
        if isinstance(cstruct, str) and cstruct.lower() in _TRUE:
            return True
        raise colander.Invalid(schema, [say(_("must be true or false."))])


def read(asked: Iterable[Asked], given: Mapping[str, Any], *, unknown: str = "raise") -> dict[str, Any]:
    """Return the values in normal form. Raises `PayloadInvalid` with every mistake at once."""
    return forms.read(forms.form(**{item.name: item.type() for item in asked}), given, unknown=unknown)


def fields(
    asked: Iterable[Asked],
    given: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    *,
    scope: str = "f",
) -> tuple[FormField, ...]:
    """Return the inputs, with what was typed and what is wrong with each."""
    typed, wrong = given or {}, errors or {}
    return tuple(item.field(str(typed.get(item.name, "")), wrong.get(item.name, ()), scope) for item in asked)


def note(label: Any, *, name: str = "reason", required: Any = "", hint: Any = "", rows: int = 4) -> Asked:
    """Return the question for a reason, which becomes a comment."""
    return Asked(name=name, label=label, kind="textarea", hint=hint, required=required, rows=rows)


__all__ = ["NOTE_LIMIT", "Asked", "TextError", "fields", "note", "read"]
