"""From an OSV record to the fields that people write here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from advisoryhub_core.advisories.payload.cwe import cwe_name
from advisoryhub_core.advisories.payload.ranges import EVENT_KINDS

_PACKAGE = ("ecosystem", "name", "purl")
_RANGE = ("type", "repo", "events")


def from_osv(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the authored fields of an OSV record (schema 1.7), as input for `validate`.

    The record's own id becomes the first alias. Ratings of single packages move to the top where the record
    as a whole has none. CWE ids are taken from `database_specific.cwe_ids` as GitHub writes them, those of
    the catalogue. Times, `related`, `upstream` and all else that is specific to a database or ecosystem
    have no place in a payload and are left behind. Values are copied as they are: `validate` judges them.
    """
    affected = _listed(record.get("affected"))
    fields: dict[str, Any] = {
        "summary": record.get("summary") or "",
        "details": record.get("details") or "",
        "aliases": _aliases(record),
        "references": [_only(entry, ("type", "url")) for entry in _listed(record.get("references"))],
        "affected": [_affected(entry) for entry in affected],
        "severity": _severity(record, affected),
        "cwe_ids": _cwe_ids(record.get("database_specific")),
        "credits": [_only(entry, ("name", "type", "contact")) for entry in _listed(record.get("credits"))],
    }
    return fields


def _aliases(record: Mapping[str, Any]) -> list[Any]:
    own = record.get("id")
    others = [alias for alias in _listed(record.get("aliases")) if alias != own]
    return [own, *others] if own else others


def _affected(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    kept: dict[str, Any] = {}
    if entry.get("package") is not None:
        kept["package"] = _only(entry["package"], _PACKAGE)
    kept["ranges"] = [_range(item) for item in _listed(entry.get("ranges"))]
    kept["versions"] = _listed(entry.get("versions"))
    return kept


def _range(item: Any) -> Any:
    kept = _only(item, _RANGE)
    if isinstance(kept, dict):
        kept["events"] = [_only(event, EVENT_KINDS) for event in _listed(kept.get("events"))]
    return kept


def _severity(record: Mapping[str, Any], affected: Iterable[Any]) -> list[Any]:
    top = _listed(record.get("severity"))
    entries = top or [
        entry
        for package in affected
        if isinstance(package, Mapping)
        for entry in _listed(package.get("severity"))
    ]
    kept: list[Any] = []
    for entry in entries:
        chosen = _only(entry, ("type", "score"))
        if chosen not in kept:
            kept.append(chosen)
    return kept


def _cwe_ids(specific: Any) -> list[str]:
    listed = _listed(specific.get("cwe_ids")) if isinstance(specific, Mapping) else []
    return list(dict.fromkeys(entry for entry in listed if isinstance(entry, str) and cwe_name(entry)))


def _only(entry: Any, names: Iterable[str]) -> Any:
    """Return the named parts of a mapping that are not null; anything else as it is."""
    if not isinstance(entry, Mapping):
        return entry
    return {name: entry[name] for name in names if entry.get(name) is not None}


def _listed(value: Any) -> list[Any]:
    """Return a list as it is, null as none, and a value that should have been a list as its only entry."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
