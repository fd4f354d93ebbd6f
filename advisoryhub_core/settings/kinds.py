"""Parsers from the text of an ini file or environment variable to a typed value.

Each factory returns a function that takes the stripped text and returns the value, or raises
`ValueError` with words that tell an operator what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

Parser = Callable[[str], object]

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def text(*, minimum: int = 0) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if len(raw) < minimum:
            raise ValueError(f"needs at least {minimum} characters")
        return raw

    return parse


def integer(*, minimum: int | None = None, maximum: int | None = None) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        try:
            value = int(raw)
        except ValueError:
            raise ValueError("needs a whole number") from None
        if minimum is not None and value < minimum:
            raise ValueError(f"needs a whole number of at least {minimum}")
        if maximum is not None and value > maximum:
            raise ValueError(f"needs a whole number of at most {maximum}")
        return value

    return parse


def boolean() -> Callable[[str], bool]:
    def parse(raw: str) -> bool:
        lowered = raw.lower()
        if lowered in _TRUE:
            return True
        if lowered in _FALSE:
            return False
        raise ValueError("needs true or false")

    return parse


def choice(*allowed: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(f"needs one of: {', '.join(allowed)}")
        return raw

    return parse


def url(*schemes: str, exact: bool = False) -> Callable[[str], str]:
    """An absolute URL of one of `schemes` (http and https if none are given).

    Slashes at the end of a web address are dropped, so that paths can be appended, unless it is `exact`.
    """
    wanted = schemes or ("http", "https")

    def parse(raw: str) -> str:
        parts = urlsplit(raw)
        if parts.scheme not in wanted:
            raise ValueError(f"needs an absolute URL that starts with {' or '.join(f'{s}:' for s in wanted)}")
        return raw if exact or parts.scheme not in {"http", "https"} else raw.rstrip("/")

    return parse


def words() -> Callable[[str], tuple[str, ...]]:
    """A list separated by spaces, commas or line ends."""

    def parse(raw: str) -> tuple[str, ...]:
        return tuple(part for part in re.split(r"[\s,]+", raw) if part)

    return parse


def pattern() -> Callable[[str], re.Pattern[str]]:
    def parse(raw: str) -> re.Pattern[str]:
        try:
            return re.compile(raw)
        except re.error as error:
            raise ValueError(f"needs a regular expression ({error})") from None

    return parse


def path() -> Callable[[str], Path]:
    def parse(raw: str) -> Path:
        return Path(raw).expanduser()

    return parse
