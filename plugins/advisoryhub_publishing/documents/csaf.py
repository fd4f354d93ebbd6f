"""CSAF 2.0 documents, profile `csaf_security_advisory` (OASIS CSAF 2.0, sections 3 and 4.4)."""

from collections.abc import Iterator
from typing import Any

from advisoryhub_core.plugins.formats import is_cve_id
from advisoryhub_publishing.documents import identifiers
from advisoryhub_publishing.documents.context import (
    Document,
    Payload,
    Publication,
    Publisher,
    summary_of,
    withdrawal,
)
from advisoryhub_publishing.documents.csaf_products import product_tree, products
from advisoryhub_publishing.documents.csaf_vulnerability import acknowledgments, vulnerability
from advisoryhub_publishing.documents.paths import DEFAULT_TEMPLATES, render
from advisoryhub_publishing.documents.ratings import headline, ratings
from advisoryhub_publishing.documents.serialise import ordered, timestamp
from advisoryhub_publishing.documents.subjects import project_name
from advisoryhub_publishing.documents.text import uri

TLP_URL = "https://www.first.org/tlp/"
_REFERENCE_WORDS = {"WEB": "Web page", "FIX": "Fix", "REPORT": "Report", "GIT": "Source repository"}


def build_csaf(
    payload: Payload,
    publication: Publication,
    publisher: Publisher,
    *,
    path_template: str = DEFAULT_TEMPLATES["csaf"],
) -> Document:
    """The CSAF document of a pinned payload (INV-VERSION-3); it passes every mandatory test.

    A withdrawn advisory becomes a `csaf_informational_advisory` without products and
    vulnerabilities, so that nothing matches on it any more, or stays what it was with a note,
    as `publisher.csaf_withdrawal` says. Raises DocumentRefused when nothing is affected.
    """
    withdrawn = withdrawal(payload, publication)
    informational = withdrawn is not None and publisher.csaf_withdrawal == "informational"
    path = render("csaf", path_template, payload, publication)
    references = _references(payload, publisher, path, needs_external=informational)
    header: Document = {
        "category": "csaf_informational_advisory" if informational else "csaf_security_advisory",
        "csaf_version": "2.0",
        "distribution": {"tlp": {"label": publisher.tlp_label, "url": TLP_URL}},
        "lang": "en",
        "notes": _notes(payload, withdrawn[0] if withdrawn else None),
        "publisher": _publisher(publisher),
        "references": references,
        "title": _title(payload, is_withdrawn=withdrawn is not None),
        "tracking": _tracking(payload, publication),
    }
    rating = headline(ratings(payload))
    if rating is not None:
        header["aggregate_severity"] = {"text": rating.word.capitalize()}
    document: Document = {"document": header}
    if informational:
        thanks = acknowledgments(payload)
        header.update({"acknowledgments": thanks} if thanks else {})
    else:
        found = products(payload)
        document["product_tree"] = product_tree(payload, found)
        document["vulnerabilities"] = [vulnerability(payload, publisher, found)]
    ordered_document: Document = ordered(document)
    return ordered_document


def _title(payload: Payload, *, is_withdrawn: bool) -> str:
    title = f"{project_name(payload)}: {summary_of(payload)}"
    return f"WITHDRAWN: {title}" if is_withdrawn else title


def _publisher(publisher: Publisher) -> Document:
    document = {"category": publisher.category, "name": publisher.name, "namespace": publisher.namespace}
    if publisher.contact_details:
        document["contact_details"] = publisher.contact_details
    if publisher.issuing_authority:
        document["issuing_authority"] = publisher.issuing_authority
    return document


def _notes(payload: Payload, withdrawn_reason: str | None) -> list[dict[str, str]]:
    notes = [{"category": "summary", "title": "Summary", "text": summary_of(payload)}]
    details = (payload.get("details") or "").strip()
    if details:
        notes.append({"category": "description", "title": "Details", "text": details})
    if withdrawn_reason is not None:
        notes.append({"category": "general", "title": "Withdrawn", "text": withdrawn_reason})
    return notes


def _references(
    payload: Payload, publisher: Publisher, path: str, *, needs_external: bool
) -> list[dict[str, str]]:
    """The canonical URL first (6.2.11), then the page for people, then everything else once."""
    own = {uri(publisher.document_url(path)): "Canonical URL"}
    page = publisher.page_url(payload)
    if page:
        own.setdefault(uri(page), "Advisory page")
    external: dict[str, str] = {}
    for url, summary in _external(payload):
        if url not in own:
            external.setdefault(url, summary)
    if needs_external and not external:
        # An informational advisory must point somewhere outside itself (6.1.27.2).
        external[uri(publisher.namespace)] = publisher.name
    return [
        {"category": category, "summary": summary, "url": url}
        for category, entries in (("self", own), ("external", external))
        for url, summary in entries.items()
    ]


def _external(payload: Payload) -> Iterator[tuple[str, str]]:
    for reference in payload.get("references") or ():
        word = _REFERENCE_WORDS.get(reference["type"], reference["type"].capitalize())
        yield uri(reference["url"]), word
    shown = identifiers.main_cve(payload)
    for name in identifiers.all_aliases(payload):
        # A second CVE number has no field of its own: `ids` must not hold one (6.2.17).
        if is_cve_id(name) and name != shown:
            yield str(identifiers.address(name, payload)), name


def _tracking(payload: Payload, publication: Publication) -> dict[str, Any]:
    released = timestamp(publication.modified_at)
    tracking: dict[str, Any] = {
        "current_release_date": released,
        # Without the engine's version, so that an upgrade alone changes no document.
        "generator": {"date": released, "engine": {"name": "AdvisoryHub"}},
        "id": payload["advisory_id"],
        "initial_release_date": timestamp(publication.published_at),
        "revision_history": [
            {"date": timestamp(entry.date), "number": str(entry.number), "summary": entry.summary}
            for entry in publication.revisions
        ],
        "status": "final",
        "version": str(len(publication.revisions)),
    }
    aliases = identifiers.all_aliases(payload)
    return {**tracking, "aliases": aliases} if aliases else tracking
