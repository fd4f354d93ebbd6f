"""The order of versions, where an ecosystem's is known."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import semver
from univers.nuget import InvalidNuGetVersion
from univers.version_range import RANGE_CLASS_BY_SCHEMES
from univers.versions import SemverVersion

from advisoryhub_core.advisories.payload.ecosystems import Ecosystem
from advisoryhub_core.advisories.payload.limits import VERSION

BEGINNING = "0"
"""As an `introduced` version: from the first version there ever was."""

# The parsers raise far more than their documented error on text that is no version.
_NO_VERSION = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    InvalidNuGetVersion,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def is_semantic(text: str) -> bool:
    """Tell whether text is a version of Semantic Versioning 2.0.0, all three numbers and no `v`."""
    return len(text) <= VERSION and text.isascii() and semver.Version.is_valid(text)


def compare(of: Ecosystem | str, first: str, second: str) -> int | None:
    """Return -1, 0 or 1 as the first version is older, equal or newer, or None where that is unknown.

    `of` is an ecosystem, or the range type `SEMVER`; commits (`GIT`) have no order. Never raises.
    """
    order = of.order if isinstance(of, Ecosystem) else {"SEMVER": "SEMVER"}.get(of)
    if order is None:
        return None
    older, newer = _parsed(order, first), _parsed(order, second)
    if older is None or newer is None:
        return None
    return _compared(older, newer)


def _compared(older: Any, newer: Any) -> int | None:
    try:
        before, after, same = older < newer, newer < older, older == newer
    except _NO_VERSION:
        return None
    if before is after:
        return 0 if same else None
    return -1 if before else 1


@lru_cache(maxsize=4096)
def _parsed(order: str, text: str) -> Any:
    if not text or len(text) > VERSION:
        return None
    try:
        return _parser(order)(text)
    except _NO_VERSION:
        return None


@lru_cache
def _parser(order: str) -> Any:
    if order == "SEMVER":
        return semver.Version.parse
    return SemverVersion if order == "semver" else RANGE_CLASS_BY_SCHEMES[order].version_class
