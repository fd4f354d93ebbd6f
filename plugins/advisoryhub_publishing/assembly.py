"""All documents of one publication: built from the pinned payload alone, and validated (INV-PUB-6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from advisoryhub_core.plugins.api import extensions
from advisoryhub_publishing import settings
from advisoryhub_publishing.documents.context import Kind, Publication, Publisher
from advisoryhub_publishing.documents.csaf import build_csaf
from advisoryhub_publishing.documents.cve import build_cve
from advisoryhub_publishing.documents.errors import DocumentRefused
from advisoryhub_publishing.documents.findings import Finding
from advisoryhub_publishing.documents.losses import stated_losses
from advisoryhub_publishing.documents.osv import build_osv
from advisoryhub_publishing.documents.paths import render
from advisoryhub_publishing.documents.serialise import to_bytes
from advisoryhub_publishing.documents.validate import validate_csaf, validate_cve, validate_osv

LABELS: dict[str, str] = {"osv": "OSV", "csaf": "CSAF 2.0", "cve": "CVE record"}


@dataclass(frozen=True)
class Built:
    """One document with its path and what its validation found; `document` is None if it was refused."""

    kind: str
    path: str
    document: dict[str, Any] | None
    findings: tuple[Finding, ...]

    @property
    def label(self) -> str:
        return LABELS.get(self.kind, self.kind)

    @property
    def errors(self) -> list[str]:
        return [_sentence(finding) for finding in self.findings if finding.level == "error"]

    @property
    def warnings(self) -> list[str]:
        return [_sentence(finding) for finding in self.findings if finding.level == "warning"]

    @property
    def content(self) -> bytes:
        if self.document is None:
            raise ValueError(f"the {self.label} document was refused")
        return to_bytes(self.document)


def publisher_from(registry: Any) -> Publisher:
    """Return the publisher as configured. Raises `DocumentRefused` naming the setting."""
    return Publisher(
        name=settings.PUBLISHER_NAME.of(registry),
        namespace=settings.PUBLISHER_NAMESPACE.of(registry),
        base_url=settings.DOCUMENTS_URL.of(registry),
        category=settings.PUBLISHER_CATEGORY.of(registry),
        contact_details=settings.PUBLISHER_CONTACT.of(registry),
        issuing_authority=settings.ISSUING_AUTHORITY.of(registry),
        html_url_template=settings.PAGE_URL_TEMPLATE.of(registry),
        cve_assigner_org_id=settings.ORG_ID.of(registry),
        cve_assigner_short_name=settings.ORG_SHORT_NAME.of(registry),
        tlp_label=settings.TLP_LABEL.of(registry),
        csaf_withdrawal=settings.CSAF_WITHDRAWAL.of(registry),  # type: ignore[arg-type]  # checked by its parser
    )


def build_all(registry: Any, payload: Mapping[str, Any], publication: Publication) -> list[Built]:
    """Build and validate every document that applies; refusals and findings are in the result."""
    publisher = publisher_from(registry)
    built = [
        _built_in(registry, "osv", payload, publication, publisher),
        _built_in(registry, "csaf", payload, publication, publisher),
    ]
    if payload.get("assigned_cve_id"):
        built.append(_built_in(registry, "cve", payload, publication, publisher))
    for export in extensions(registry).export_formats:
        document = export.builder(payload, publication, publisher)
        if document is not None:
            findings = tuple(export.validator(document))
            built.append(Built(export.kind, export.path(payload, publication), document, findings))
    return built


def _built_in(
    registry: Any, kind: Kind, payload: Mapping[str, Any], publication: Publication, publisher: Publisher
) -> Built:
    template = settings.PATHS[kind].of(registry)
    # A CSAF document states its own address, so it has to know its path.
    builders: dict[Kind, Callable[..., dict[str, Any]]] = {
        "osv": build_osv,
        "csaf": partial(build_csaf, path_template=template),
        "cve": build_cve,
    }
    try:
        path = render(kind, template, payload, publication)
        document = builders[kind](payload, publication, publisher)
    except DocumentRefused as refusal:
        return Built(kind, "", None, (Finding("error", "build", refusal.place, refusal.message),))
    findings = [*_validate(kind, document, payload), *stated_losses(kind, payload, publisher)]
    return Built(kind, path, document, tuple(findings))


def _validate(kind: Kind, document: dict[str, Any], payload: Mapping[str, Any]) -> list[Finding]:
    if kind == "osv":
        return validate_osv(document, str(payload["advisory_id"]).partition("-")[0])
    return validate_csaf(document) if kind == "csaf" else validate_cve(document)


def _sentence(finding: Finding) -> str:
    return f"{finding.place}: {finding.message} ({finding.rule})"
