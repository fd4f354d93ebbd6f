"""What a format cannot hold, said before publishing (nothing is cut silently)."""

from collections.abc import Iterator

from advisoryhub_core.plugins.formats import cwe_name
from advisoryhub_publishing.documents import cve
from advisoryhub_publishing.documents.context import Kind, Payload, Publisher
from advisoryhub_publishing.documents.findings import Finding
from advisoryhub_publishing.documents.text import to_plain, uri


def stated_losses(kind: Kind, payload: Payload, publisher: Publisher) -> list[Finding]:
    """What a document of this kind leaves out or cuts, as warnings with the payload field as place.

    OSV loses nothing; CSAF loses what it has neither a field nor a note for.
    """
    losses = {"osv": _none, "csaf": _csaf, "cve": _cve}[kind](payload, publisher)
    return [Finding("warning", "loss", place, message) for place, message in losses]


def _none(_payload: Payload, _publisher: Publisher) -> Iterator[tuple[str, str]]:
    return iter(())


def _csaf(payload: Payload, _publisher: Publisher) -> Iterator[tuple[str, str]]:
    yield from _limits(payload, "CSAF")
    for place, cwe_id in enumerate(payload.get("cwe_ids") or ()):
        if cwe_name(cwe_id) is None:
            yield f"cwe_ids.{place}", f"{cwe_id} is not a weakness of the catalogue and is left out of CSAF"


def _limits(payload: Payload, what: str) -> Iterator[tuple[str, str]]:
    for entry_place, entry in enumerate(payload.get("affected") or ()):
        for place, item in enumerate(entry.get("ranges") or ()):
            if any("limit" in event for event in item["events"]):
                yield (
                    f"affected.{entry_place}.ranges.{place}.events",
                    f"{what} has no limit event, it is left out",
                )


def _cve(payload: Payload, publisher: Publisher) -> Iterator[tuple[str, str]]:
    if payload.get("withdrawn_reason"):
        yield from _cut("withdrawn_reason", str(payload["withdrawn_reason"]), cve.TEXT_LIMIT)
        return
    yield from _limits(payload, "a CVE record")
    yield from _cut("summary", str(payload.get("summary") or ""), cve.TITLE_LIMIT)
    yield from _cut("details", to_plain(str(payload.get("details") or "")), cve.TEXT_LIMIT)
    html = cve.html_details(payload)
    if len(html) > cve.MEDIA_LIMIT:
        yield (
            "details",
            f"is {len(html)} characters of HTML; CVE takes {cve.MEDIA_LIMIT}, plain text only goes",
        )
    yield from _references(payload, publisher)
    for place, credit in enumerate(payload.get("credits") or ()):
        if credit.get("contact"):
            yield f"credits.{place}.contact", "a CVE record has no contacts, they are left out"


def _cut(place: str, text: str, limit: int) -> Iterator[tuple[str, str]]:
    if len(text) > limit:
        yield place, f"has {len(text)} characters; a CVE record takes {limit}, the rest is cut"


def _references(payload: Payload, publisher: Publisher) -> Iterator[tuple[str, str]]:
    found = cve.all_references(payload, publisher)
    for place, entry in enumerate(payload.get("references") or ()):
        if len(uri(entry["url"])) > cve.URL_LIMIT:
            yield (
                f"references.{place}.url",
                f"is longer than CVE's {cve.URL_LIMIT} characters, left out",
            )
    if len(found) > cve.REFERENCE_LIMIT:
        yield (
            "references",
            f"are {len(found)}; CVE takes {cve.REFERENCE_LIMIT}, the rest is left out",
        )
