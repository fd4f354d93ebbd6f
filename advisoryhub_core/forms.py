"""Small forms: colander schemas of a few texts, with every mistake reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander

from advisoryhub_core.advisories.payload.kinds import Record, RecordRule, flatten, node
from advisoryhub_core.advisories.payload.messages import PayloadInvalid


def form(*rules: RecordRule, **fields: Any) -> Any:
    """Return the schema of a form with these fields, each of a type of `payload.kinds`."""
    return node(Record(rules=rules), "form", *(node(kind, name) for name, kind in fields.items()))


def read(schema: Any, data: Mapping[str, Any], **bindings: Any) -> dict[str, Any]:
    """Return the fields in normal form. Raises `PayloadInvalid` with every mistake."""
    try:
        values: dict[str, Any] = schema.bind(**bindings).deserialize(data)
    except colander.Invalid as error:
        raise PayloadInvalid(flatten(error)) from None
    return values
