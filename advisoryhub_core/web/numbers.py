"""Numbers in addresses and forms: read in one way, or not at all."""

from __future__ import annotations

_DIGITS = 15


def whole_number(text: str | None) -> int | None:
    """Return the number that plain decimal digits spell, small enough for a bigint column; else None."""
    if text and text.isascii() and text.isdigit() and len(text) <= _DIGITS:
        return int(text)
    return None
