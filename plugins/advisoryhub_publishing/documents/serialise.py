"""The one way documents become bytes."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from advisoryhub_publishing.documents.context import whole_milliseconds


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """The document as UTF-8 JSON: sorted keys, two spaces, a newline at the end.

    Raises ValueError for NaN and infinities, which JSON does not have.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True)
    return f"{text}\n".encode()


def timestamp(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`, in UTC; finer digits are cut.

    Raises ValueError for a time without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return whole_milliseconds(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ordered(value: Any) -> Any:
    """The same value with the keys of every object sorted (CSAF optional test 6.2.13)."""
    if isinstance(value, Mapping):
        return {key: ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [ordered(entry) for entry in value]
    return value
