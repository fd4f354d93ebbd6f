"""Ledger rows in words: the one place that turns an action and its values into a sentence.

A `Sentence` names the values it speaks of as `${…}`. Where the row lacks one of them, the next simpler
wording is said, and of an action without a sentence its name. Who `${actor}` and `${who}` are to the reader
is decided by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from translationstring import TranslationStringFactory

_ = TranslationStringFactory("advisoryhub")

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Sentence:
    """What is said of one action.

    `variants` are chosen by the first of the row's values `by`, such as the state that was reached; else
    `text` is said, and `plain`, which names nobody but `${actor}`, where a value is missing.
    """

    text: Any
    plain: Any = None
    by: tuple[str, ...] = ()
    variants: Mapping[str, Any] = field(default_factory=dict)

    def wordings(self, values: Mapping[str, str]) -> Iterator[Any]:
        found = (values[name] for name in self.by if name in values)
        chosen = self.variants.get(next(found, ""))
        if chosen is not None:
            yield chosen
        yield self.text
        if self.plain is not None:
            yield self.plain


def values_of(*, previous: Any, new: Any, details: Any) -> dict[str, str]:
    """Return the single values of a row by name; a new one wins over a detail, that over a previous one.

    Previous values are also there as `before_…`.
    """
    before = _single(previous)
    return {**before, **{f"before_{name}": value for name, value in before.items()}} | {
        **_single(details),
        **_single(new),
    }


def tell(registry: Any, action: str, values: Mapping[str, str]) -> Any:
    """Return the sentence of a row, as a `TranslationString` with all its values; `values` hold `actor`."""
    sentence = sentences(registry).get(action)
    for wording in sentence.wordings(values) if sentence is not None else ():
        named = set(_PLACEHOLDER.findall(wording.default or wording))
        if named <= values.keys():
            return wording % {name: values[name] for name in named} if named else wording
    return _(
        "event-other",
        default="${actor}: ${action}",
        mapping={"actor": values["actor"], "action": in_words(action)},
    )


def in_words(name: str) -> str:
    """Return a name such as `area.some_event` with blanks in place of its marks."""
    return re.sub(r"[._-]+", " ", name).strip()


def add_timeline_sentences(config: Any, told: Mapping[str, Sentence]) -> None:
    """Directive: say what rows of these actions are told as, wherever people read them."""
    for name, sentence in told.items():
        introspectable = config.introspectable("advisoryhub sentences", name, name, "timeline sentence")
        config.action(
            ("advisoryhub.sentence", name),
            sentences(config.registry).__setitem__,
            (name, sentence),
            introspectables=(introspectable,),
        )


def sentences(registry: Any) -> dict[str, Sentence]:
    if not hasattr(registry, "hub_sentences"):
        registry.hub_sentences = {}
    return registry.hub_sentences  # type: ignore[no-any-return]  # the registry is untyped


def _single(values: Any) -> dict[str, str]:
    if not isinstance(values, Mapping):
        return {}
    return {
        str(name): str(value)
        for name, value in values.items()
        if isinstance(value, str | int) and not isinstance(value, bool) and value != ""
    }
