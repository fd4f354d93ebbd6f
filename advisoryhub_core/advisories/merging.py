"""Two edits that met: what each side changed, and the text that results from choosing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from advisoryhub_core.advisories.diff import diff_payloads
from advisoryhub_core.advisories.pages import ConflictField, field_label
from advisoryhub_core.advisories.payloads import AUTHORED_FIELDS, normalised


def conflict_fields(
    base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]
) -> tuple[ConflictField, ...]:
    """Return the fields in which the two sides differ now.

    A field that only one side touched since `base` is chosen for that side; one that both touched asks.
    """
    comparable = normalised(mine)
    found: list[ConflictField] = []
    for difference in diff_payloads(_authored(theirs), comparable):
        name = difference.field
        touched_here = comparable[name] != base[name]
        touched_there = theirs[name] != base[name]
        found.append(
            ConflictField(
                name=name,
                label=field_label(name),
                diff=difference,
                both=touched_here and touched_there,
                take="mine" if touched_here else "theirs",
            )
        )
    return tuple(found)


def merge(theirs: Mapping[str, Any], mine: Mapping[str, Any], taken: Mapping[str, str]) -> dict[str, Any]:
    """Return the authored fields of `theirs` with those of `mine` where `taken` says mine."""
    return {
        name: mine.get(name, theirs[name]) if taken.get(name) == "mine" else theirs[name]
        for name in AUTHORED_FIELDS
    }


def load_mine(text: str) -> dict[str, Any] | None:
    """Return the refused payload from the merge form's hidden input; None if it is not one."""
    try:
        loaded = json.loads(text)
    except ValueError:
        return None
    return loaded if isinstance(loaded, dict) else None


def _authored(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: payload[name] for name in AUTHORED_FIELDS}
