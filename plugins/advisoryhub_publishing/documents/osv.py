"""OSV records (Open Source Vulnerability format 1.7)."""

from collections.abc import Mapping
from typing import Any

from advisoryhub_publishing.documents import identifiers
from advisoryhub_publishing.documents.context import (
    Document,
    Payload,
    Publication,
    Publisher,
    summary_of,
    withdrawal,
)
from advisoryhub_publishing.documents.osv_schema import SCHEMA_VERSION
from advisoryhub_publishing.documents.ratings import rating
from advisoryhub_publishing.documents.serialise import ordered, timestamp
from advisoryhub_publishing.documents.text import uri


def build_osv(payload: Payload, publication: Publication, publisher: Publisher) -> Document:
    """The OSV record of a pinned payload (INV-VERSION-3).

    A withdrawn advisory keeps all it says, and gains the time it was first withdrawn and the
    reason at the head of its details. Raises DocumentRefused for an empty summary.
    """
    withdrawn = withdrawal(payload, publication)
    document: Document = {
        "schema_version": SCHEMA_VERSION,
        "id": payload["advisory_id"],
        "published": timestamp(publication.published_at),
        "modified": timestamp(publication.modified_at),
        "summary": summary_of(payload),
        "database_specific": _database_specific(payload),
    }
    if withdrawn is not None:
        document["withdrawn"] = timestamp(withdrawn[1])
    optional = {
        "aliases": identifiers.all_aliases(payload),
        "details": _details(payload, withdrawn[0] if withdrawn else None),
        "severity": [_severity(entry) for entry in payload.get("severity") or ()],
        "affected": [_affected(entry) for entry in payload.get("affected") or ()],
        "references": _references(payload, publisher),
        "credits": [_credit(entry) for entry in payload.get("credits") or ()],
    }
    document.update({key: value for key, value in optional.items() if value})
    ordered_document: Document = ordered(document)
    return ordered_document


def _details(payload: Payload, withdrawn_reason: str | None) -> str:
    details = str(payload.get("details") or "")
    if withdrawn_reason is None:
        return details
    return f"**This advisory was withdrawn.** {withdrawn_reason}\n\n{details}".strip()


def _severity(entry: Mapping[str, str]) -> dict[str, str]:
    # The canonical vector: the schema wants the metrics of version 4 in the order of its specification.
    return {"type": entry["type"], "score": rating(entry).value}


def _affected(entry: Mapping[str, Any]) -> dict[str, Any]:
    affected: dict[str, Any] = {}
    if entry.get("package"):
        affected["package"] = {key: value for key, value in entry["package"].items() if value}
    if entry.get("ranges"):
        affected["ranges"] = [_range(item) for item in entry["ranges"]]
    if entry.get("versions"):
        affected["versions"] = list(entry["versions"])
    return affected


def _range(item: Mapping[str, Any]) -> dict[str, Any]:
    document = {"type": item["type"], "events": [dict(event) for event in item["events"]]}
    return {**document, "repo": item["repo"]} if item.get("repo") else document


def _references(payload: Payload, publisher: Publisher) -> list[dict[str, str]]:
    references = [
        {"type": entry["type"], "url": uri(entry["url"])} for entry in payload.get("references") or ()
    ]
    page = publisher.page_url(payload)
    if page and all(entry["url"] != uri(page) for entry in references):
        references.insert(0, {"type": "ADVISORY", "url": uri(page)})
    return references


def _credit(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("name", "type", "contact") if entry.get(key)}


def _database_specific(payload: Payload) -> dict[str, Any]:
    specific: dict[str, Any] = {
        "project": {"slug": payload["project_slug"], "name": payload.get("project_name") or ""}
    }
    if payload.get("cwe_ids"):
        specific["cwe_ids"] = list(payload["cwe_ids"])
    return specific
