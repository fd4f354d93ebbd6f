"""Advisory ids, and the ids that CVE and GitHub give."""

from __future__ import annotations

import re
import secrets

ALPHABET = "23456789cfghjmpqrvwx"
"""No vowels, no look-alikes: an id can be read out on the telephone and spells nothing."""
DEFAULT_PREFIX = "ECL"

_GROUPS = rf"(?:-[{ALPHABET}]{{4}}){{3}}"
_ADVISORY = re.compile(rf"[A-Z][A-Z0-9]{{1,9}}{_GROUPS}")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_GHSA = re.compile(rf"GHSA{_GROUPS}")


def new_advisory_id(prefix: str = DEFAULT_PREFIX) -> str:
    """Return a random id such as `ECL-2c3f-4g5h-6j7m` from the system's secure generator.

    One of 20^12; whether it is free, the caller finds out (INV-IMPL-4).
    """
    groups = ("".join(secrets.choice(ALPHABET) for _mark in range(4)) for _group in range(3))
    return "-".join((prefix, *groups))


def is_advisory_id(text: str, prefix: str | None = DEFAULT_PREFIX) -> bool:
    """Tell whether text is an advisory id with this prefix, or with any prefix for None."""
    return _ADVISORY.fullmatch(text) is not None and (prefix is None or text.startswith(f"{prefix}-"))


def is_cve_id(text: str) -> bool:
    """Tell whether text has the form `CVE-2026-1234` (at least four digits, 19 at most as in CVE 5.1)."""
    return _CVE.fullmatch(text) is not None


def is_ghsa_id(text: str) -> bool:
    """Tell whether text has the form of a GitHub advisory id."""
    return _GHSA.fullmatch(text) is not None


def canonical_case(text: str) -> str:
    """Return a CVE or GHSA id in the case its database writes; other text as it is."""
    folded = text.casefold()
    if folded.startswith("cve-"):
        return text.upper()
    if folded.startswith("ghsa-"):
        return f"GHSA{text[4:].lower()}"
    return text
