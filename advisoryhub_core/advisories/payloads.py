"""The payload of a row: what a version freezes, what review judges, what publishing exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.payload.schema import PayloadInvalid, validate
from advisoryhub_core.advisories.payload.severity import derive

AUTHORED_FIELDS = (
    "summary",
    "details",
    "aliases",
    "references",
    "affected",
    "severity",
    "cwe_ids",
    "credits",
)
"""What people write; everything else in a payload is set by a workflow."""


def authored(advisory: Advisory) -> dict[str, Any]:
    """Return the live values of the fields that people write."""
    return {name: getattr(advisory, name) for name in AUTHORED_FIELDS}


def pinned(advisory: Advisory) -> dict[str, Any]:
    """Return the whole payload of the live row, as the next version stores it (INV-VERSION-1)."""
    return {
        "advisory_id": advisory.advisory_id,
        "project_slug": advisory.project.slug,
        "project_name": advisory.project.name,
        "kind": advisory.kind.value,
        "ghsa_id": advisory.ghsa_id,
        "ghsa_owner": advisory.ghsa_owner,
        "ghsa_repo": advisory.ghsa_repo,
        **authored(advisory),
        "assigned_cve_id": advisory.assigned_cve_id,
        "withdrawn_reason": advisory.withdrawn_reason,
    }


def write_authored(advisory: Advisory, values: Mapping[str, Any]) -> None:
    """Put validated values on the row and derive the severity that lists sort and filter by."""
    for name in AUTHORED_FIELDS:
        setattr(advisory, name, values[name])
    advisory.severity_level, advisory.severity_score = derive(values["severity"])


def check(values: Mapping[str, Any]) -> None:
    """Raise `PayloadInvalid` with every mistake in the authored fields."""
    validate(values)


def normalised(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return typed values as they would be stored, or as typed where they would be refused."""
    try:
        return validate(values)
    except PayloadInvalid:
        return {
            name: values.get(name, "" if name in {"summary", "details"} else []) for name in AUTHORED_FIELDS
        }
