"""Payloads, publications and publishers for the tests of the document builders."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from advisoryhub_publishing.documents.context import Publication, Publisher, Revision

SHARED = Path(__file__).parents[5] / "shared"
FIRST = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
SECOND = FIRST + timedelta(days=31)
THIRD = SECOND + timedelta(hours=5)
COMMIT_A = "a" * 40
COMMIT_B = "b" * 40
COMMIT_C = "c" * 40
V2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P"
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"


def maven(*events: dict[str, str], name: str = "org.eclipse.foo:foo-core", **more: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"package": {"ecosystem": "Maven", "name": name}, "ranges": [], "versions": []}
    if events:
        entry["ranges"] = [{"type": "ECOSYSTEM", "events": list(events)}]
    return {**entry, **more}


def git(*events: dict[str, str], repo: str = "https://github.com/eclipse-foo/foo.git") -> dict[str, Any]:
    return {"ranges": [{"type": "GIT", "repo": repo, "events": list(events)}], "versions": []}


_PAYLOAD: dict[str, Any] = {
    "advisory_id": "ECL-2c3f-4g5h-6j7m",
    "project_slug": "technology.foo",
    "project_name": "Eclipse Foo",
    "kind": "native",
    "ghsa_id": "",
    "ghsa_owner": "",
    "ghsa_repo": "",
    "summary": "Cross-site scripting in the preview of Foo",
    "details": "A preview shows *unescaped* text.\n\nSee [the fix](https://example.org/fix).",
    "aliases": ["GHSA-2c3f-4g5h-6j7m"],
    "references": [
        {"type": "FIX", "url": "https://example.org/fix"},
        {"type": "ADVISORY", "url": "https://example.org/advisory"},
    ],
    "affected": [
        maven({"introduced": "1.0.0"}, {"fixed": "1.4.2"}, {"introduced": "2.0.0"}, {"fixed": "2.1.0"}),
        {
            "package": {"ecosystem": "npm", "name": "@foo/ui"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
            "versions": [],
        },
    ],
    "severity": [{"type": "CVSS_V3", "score": V3}],
    "cwe_ids": ["CWE-79"],
    "credits": [{"name": "Jane", "type": "FINDER", "contact": ["https://example.org/jane"]}],
    "assigned_cve_id": "CVE-2026-12345",
    "withdrawn_reason": "",
}


def payload(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(_PAYLOAD), **changes}


def publication(**changes: Any) -> Publication:
    given: dict[str, Any] = {
        "published_at": FIRST,
        "modified_at": SECOND,
        "revisions": (Revision(1, FIRST, "Initial publication"), Revision(2, SECOND, "Advisory updated")),
    }
    return Publication(**{**given, **changes})


def withdrawn_publication() -> Publication:
    revisions = (
        Revision(1, FIRST, "Initial publication"),
        Revision(2, SECOND, "Advisory withdrawn: dup"),
        Revision(3, THIRD, "Withdrawn advisory updated"),
    )
    return Publication(FIRST, THIRD, revisions, withdrawn_at=SECOND)


def publisher(**changes: Any) -> Publisher:
    given: dict[str, Any] = {
        "name": "Eclipse Foundation",
        "namespace": "https://www.eclipse.org/security/",
        "base_url": "https://adv.example.org/",
        "html_url_template": "https://hub.example.org/advisories/{advisory_id}/",
        "cve_assigner_org_id": "e51fbebd-6053-4e49-959f-1b94eeb69a2c",
        "cve_assigner_short_name": "eclipse",
    }
    return Publisher(**{**given, **changes})


def shared_files(pattern: str) -> list[Path]:
    return sorted(SHARED.glob(pattern))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def shared_json(name: str) -> Any:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    return read_json(path)


def payload_from_osv(record: dict[str, Any]) -> dict[str, Any]:
    """A real OSV record as a payload, with only the fields both have."""
    identifiers = [record["id"], *(record.get("aliases") or [])]
    return payload(
        summary=(" ".join(record.get("summary", "").split()) or record["id"])[:300],
        details=record.get("details", ""),
        aliases=list(dict.fromkeys(identifiers)),
        references=record.get("references") or [],
        affected=[
            {key: entry[key] for key in ("package", "ranges", "versions") if key in entry}
            for entry in record.get("affected") or []
        ],
        severity=record.get("severity") or [],
        cwe_ids=(record.get("database_specific") or {}).get("cwe_ids", []),
        credits=record.get("credits") or [],
    )


def walk(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield path, value
    steps: Any = value.items() if isinstance(value, dict) else ()
    steps = enumerate(value) if isinstance(value, list) else steps
    for step, inner in steps:
        yield from walk(inner, (*path, step))
