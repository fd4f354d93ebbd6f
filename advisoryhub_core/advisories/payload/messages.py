"""What is wrong with a payload, in words that can be shown as they are or translated."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Self

from translationstring import TranslationStringFactory

from advisoryhub_core.errors import HubError

_ = TranslationStringFactory("advisoryhub")

_QUOTED = 60


class Message(str):
    """A finished English sentence; `source` is its translation string, with the values it speaks of."""

    __slots__ = ("source",)
    source: Any

    def __new__(cls, source: Any) -> Self:
        message = super().__new__(cls, source.interpolate())
        message.source = source
        return message


def say(template: Any, **values: object) -> Message:
    """Return a template (`_("At most ${limit}.")`) with its values filled in."""
    return Message(template % {name: str(value) for name, value in values.items()} if values else template)


def quoted(value: object) -> str:
    """Return a typed value for use in a message: in quotes, shortened, without control characters."""
    text = value if isinstance(value, str) else repr(value)
    shown = "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(mark) in {"Cc", "Cf", "Cs"} else mark
        for mark in text[:_QUOTED]
    )
    return f"“{shown}…”" if len(text) > _QUOTED else f"“{shown}”"


class PayloadInvalid(HubError):
    """Every mistake at once: `errors` maps dotted places (`affected.2.ranges.0.events`) to messages.

    The place of an error about the payload as a whole is the empty string.
    """

    code = "validation_failed"

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = dict(errors)
        super().__init__(
            "; ".join(f"{place or 'payload'}: {' '.join(texts)}" for place, texts in self.errors.items())
        )
