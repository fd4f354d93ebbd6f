"""CVE records (CVE record format 5.1), published and rejected."""

from collections.abc import Iterator, Mapping
from typing import Any

from advisoryhub_core.plugins.formats import cwe_name
from advisoryhub_publishing.documents import identifiers
from advisoryhub_publishing.documents.context import (
    Document,
    Payload,
    Publication,
    Publisher,
    summary_of,
    withdrawal,
)
from advisoryhub_publishing.documents.cve_affected import affected
from advisoryhub_publishing.documents.errors import DocumentRefused
from advisoryhub_publishing.documents.paths import assigned_cve_id
from advisoryhub_publishing.documents.ratings import Rating, ratings
from advisoryhub_publishing.documents.serialise import ordered, timestamp
from advisoryhub_publishing.documents.text import fit, fit_line, to_html, to_plain, uri

DATA_VERSION = "5.1.1"
TITLE_LIMIT = 256
TEXT_LIMIT = 4096
MEDIA_LIMIT = 16_384
URL_LIMIT = 2048
REFERENCE_LIMIT = 512
_TAGS = {
    "ADVISORY": "third-party-advisory",
    "ARTICLE": "technical-description",
    "DETECTION": "related",
    "DISCUSSION": "issue-tracking",
    "EVIDENCE": "exploit",
    "FIX": "patch",
    "GIT": "related",
    "INTRODUCED": "related",
    "PACKAGE": "product",
    "REPORT": "issue-tracking",
    "WEB": "related",
}


def build_cve(payload: Payload, publication: Publication, publisher: Publisher) -> Document:
    """The CVE record of a pinned payload (INV-VERSION-3); REJECTED when the advisory is withdrawn.

    What the format cannot hold is cut and stated by `losses.stated_losses`. Raises
    DocumentRefused without an assigned number, an assigner (`publishing.cve_assigner_org_id`),
    an affected version or a reference.
    """
    metadata = {"cveId": assigned_cve_id(payload), "assignerOrgId": _org_id(publisher)}
    if publisher.cve_assigner_short_name:
        metadata["assignerShortName"] = publisher.cve_assigner_short_name
    metadata["datePublished"] = timestamp(publication.published_at)
    metadata["dateUpdated"] = timestamp(publication.modified_at)
    withdrawn = withdrawal(payload, publication)
    if withdrawn is None:
        metadata["state"] = "PUBLISHED"
        container = _published(payload, publication, publisher)
    else:
        metadata["state"] = "REJECTED"
        metadata["dateRejected"] = timestamp(withdrawn[1])
        container = _rejected(withdrawn[0], payload, publication, publisher)
    document: Document = ordered(
        {
            "dataType": "CVE_RECORD",
            "dataVersion": DATA_VERSION,
            "cveMetadata": metadata,
            "containers": {"cna": container},
        }
    )
    return document


def _org_id(publisher: Publisher) -> str:
    if not publisher.cve_assigner_org_id:
        raise DocumentRefused(
            "publishing.cve_assigner_org_id",
            "is not set, give the CNA's organisation id to publish CVE records",
        )
    return publisher.cve_assigner_org_id


def _provider(publication: Publication, publisher: Publisher) -> Document:
    provider = {"orgId": _org_id(publisher), "dateUpdated": timestamp(publication.modified_at)}
    if publisher.cve_assigner_short_name:
        provider["shortName"] = publisher.cve_assigner_short_name
    return provider


def _rejected(reason: str, payload: Payload, publication: Publication, publisher: Publisher) -> Document:
    text = fit(reason, TEXT_LIMIT, pointer(payload, publisher))
    return {
        "providerMetadata": _provider(publication, publisher),
        "rejectedReasons": [{"lang": "en", "value": text}],
    }


def _published(payload: Payload, publication: Publication, publisher: Publisher) -> Document:
    container: Document = {
        "providerMetadata": _provider(publication, publisher),
        "title": fit_line(summary_of(payload), TITLE_LIMIT),
        "datePublic": timestamp(publication.published_at),
        "descriptions": [_description(payload, publisher)],
        "affected": affected(payload),
        "references": _references(payload, publisher),
        "source": _source(payload),
        "x_generator": {"engine": "AdvisoryHub"},
    }
    optional = {
        "problemTypes": [_problem_type(cwe_id) for cwe_id in dict.fromkeys(payload.get("cwe_ids") or ())],
        "metrics": _metrics(ratings(payload)),
        "credits": _credits(payload),
    }
    container.update({key: value for key, value in optional.items() if value})
    return container


def pointer(payload: Payload, publisher: Publisher) -> str:
    """The sentence that ends a text that was cut."""
    page = publisher.page_url(payload)
    where = f"{payload['advisory_id']}: {page}" if page else payload["advisory_id"]
    return f"[…] The full text is in advisory {where}"


def plain_details(payload: Payload) -> str:
    """The details as the plain text a description wants, or the summary when there are none."""
    return to_plain(str(payload.get("details") or "")) or summary_of(payload)


def html_details(payload: Payload) -> str:
    """The details as the HTML that goes along with a description; empty when there are none."""
    return to_html(str(payload.get("details") or ""))


def _description(payload: Payload, publisher: Publisher) -> Document:
    description: Document = {
        "lang": "en",
        "value": fit(plain_details(payload), TEXT_LIMIT, pointer(payload, publisher)),
    }
    html = html_details(payload)
    if html and len(html) <= MEDIA_LIMIT:
        description["supportingMedia"] = [{"type": "text/html", "base64": False, "value": html}]
    return description


def _problem_type(cwe_id: str) -> Document:
    name = cwe_name(cwe_id)
    description = {
        "lang": "en",
        "type": "CWE",
        "cweId": cwe_id,
        "description": f"{cwe_id} {name}" if name else cwe_id,
    }
    return {"descriptions": [description]}


def _metrics(found: tuple[Rating, ...]) -> list[Document]:
    return [_metric(rating) for rating in found]


def _metric(rating: Rating) -> Document:
    if rating.version is None:
        return {"other": {"type": "Ubuntu priority", "content": {"priority": rating.value}}}
    return {"format": "CVSS", f"cvssV{rating.version.replace('.', '_')}": rating.as_cvss()}


def all_references(payload: Payload, publisher: Publisher) -> dict[str, list[str]]:
    """Every address with its tags, once each: our page, the payload's, then those of the aliases."""
    found: dict[str, list[str]] = {}
    for url, tag in _tagged(payload, publisher):
        tags = found.setdefault(url, [])
        if tag not in tags:
            tags.append(tag)
    return found


def _tagged(payload: Payload, publisher: Publisher) -> Iterator[tuple[str, str]]:
    own = [publisher.page_url(payload), identifiers.address(str(payload.get("ghsa_id") or ""), payload)]
    vendor = [uri(address) for address in own if address]
    yield from ((address, "vendor-advisory") for address in vendor)
    for entry in payload.get("references") or ():
        url = uri(entry["url"])
        if not (entry["type"] == "ADVISORY" and url in vendor):
            yield url, _TAGS[entry["type"]]
    for name in identifiers.all_aliases(payload):
        address = identifiers.address(name, payload)
        if address and name not in {payload.get("assigned_cve_id"), payload.get("ghsa_id")}:
            yield address, "related"


def _references(payload: Payload, publisher: Publisher) -> list[Document]:
    found = all_references(payload, publisher)
    fitting = [{"url": url, "tags": tags} for url, tags in found.items() if len(url) <= URL_LIMIT]
    if not fitting:
        raise DocumentRefused(
            "references",
            "has none that a CVE record can hold; add one or set publishing.html_url_template",
        )
    return fitting[:REFERENCE_LIMIT]


def _source(payload: Payload) -> Document:
    source: Document = {"advisory": payload["advisory_id"]}
    # An alias whose page is not known cannot be a reference, and is not lost.
    names = [name for name in identifiers.all_aliases(payload) if not identifiers.address(name, payload)]
    return {**source, "aliases": names} if names else source


def _credits(payload: Payload) -> list[Document]:
    entries = [_credit(credit) for credit in payload.get("credits") or ()]
    return [entry for place, entry in enumerate(entries) if entry not in entries[:place]]


def _credit(credit: Mapping[str, Any]) -> Document:
    entry: Document = {"lang": "en", "value": fit_line(credit["name"], TEXT_LIMIT)}
    if credit.get("type"):
        entry["type"] = credit["type"].lower().replace("_", " ")
    return entry
