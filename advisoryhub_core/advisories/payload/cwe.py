"""The names of weaknesses, from the CWE catalogue that the `csaf` package carries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType


@lru_cache(maxsize=1)
def _catalogue() -> Mapping[str, str]:
    file = resources.files("csaf").joinpath("csaf", "v21", "cwe", "catalog.json")
    weaknesses = json.loads(file.read_text("utf-8"))["weaknesses"]
    # A history is a list of [catalogue version, name]; the last name is null once it is no weakness.
    current = {
        number: entry["history"][-1][1]
        for number, entry in weaknesses.items()
        if entry["status"] != "Deprecated"
    }
    return MappingProxyType(
        {f"CWE-{number}": current[number] for number in sorted(current, key=int) if current[number]}
    )


def cwe_name(cwe_id: str) -> str | None:
    """Return the exact name of a weakness (CSAF 6.1.11), or None for any other text.

    Categories and views are not in the catalogue; deprecated entries are left out.
    """
    return _catalogue().get(cwe_id)


def search(text: str, limit: int = 20) -> list[tuple[str, str]]:
    """Return up to `limit` pairs of id and name, for the beginning of an id or number, or words of a name.

    All words must occur. Exact ids come first, then those that begin so, then by number; without text,
    the first of all.
    """
    wanted = text.strip().casefold()
    number = wanted.removeprefix("cwe").lstrip("-")
    if number.isdecimal() or not number:
        hits = [pair for pair in _catalogue().items() if pair[0].startswith(f"CWE-{number}")]
        hits.sort(key=lambda pair: pair[0] != f"CWE-{number}")
        return hits[:limit]
    words = wanted.split()
    return [pair for pair in _catalogue().items() if all(word in pair[1].casefold() for word in words)][
        :limit
    ]
