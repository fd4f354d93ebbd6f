"""From rows and payloads to the records that templates show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.content_pages import (
    AdvisoryContent,
    AffectedView,
    AliasView,
    CreditView,
    ReferenceView,
    SeverityView,
    WeaknessView,
)
from advisoryhub_core.advisories.form_pages import CREDIT_TYPES, REFERENCE_TYPES, SEVERITY_TYPES
from advisoryhub_core.advisories.listing import ListRow
from advisoryhub_core.advisories.models import Advisory, AdvisoryVersion
from advisoryhub_core.advisories.pages import AdvisoryHeading, AdvisoryRow, Mark, VersionRow
from advisoryhub_core.advisories.payload.cwe import cwe_name
from advisoryhub_core.advisories.payload.severity import rate
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.states import Kind
from advisoryhub_core.web.markdown import render
from advisoryhub_core.web.pages import Moment, Severity

_REFERENCE_LABELS = dict(REFERENCE_TYPES)
_CREDIT_LABELS = dict(CREDIT_TYPES)
_SEVERITY_LABELS = dict(SEVERITY_TYPES)


def advisory_path(advisory_id: str) -> str:
    return f"/advisories/{advisory_id}/"


def row(found: ListRow) -> AdvisoryRow:
    """Return a line of the list."""
    marks: list[Mark] = [found.news] if found.news else []
    if found.republish_required:
        marks.append("republish")
    if found.kind is Kind.GHSA_LINKED:
        marks.append("linked")
    if found.flagged:
        marks.append("flagged")
    identifiers = [found.assigned_cve_id] if found.assigned_cve_id else []
    identifiers += [alias for alias in found.aliases if alias != found.assigned_cve_id]
    return AdvisoryRow(
        advisory_id=found.advisory_id,
        url=advisory_path(found.advisory_id),
        summary=found.summary,
        project_name=found.project_name,
        state=found.state.value,
        modified=Moment.at(found.modified_at),
        severity=cast("Severity | None", found.severity_level),
        score=str(found.severity_score) if found.severity_score is not None else None,
        review=found.review_status.value,
        identifiers=tuple(identifiers[:3]),
        marks=tuple(marks),
    )


def heading(advisory: Advisory, caps: Collection[Cap]) -> AdvisoryHeading:
    """Return the head that every page of one advisory shares.

    That a report waits for an administrator is told to those who read of routing (`Cap.SEE_ROUTING`).
    """
    marks: list[Mark] = []
    if advisory.republish_required and not advisory.is_withdrawing:
        marks.append("republish")
    if advisory.kind is Kind.GHSA_LINKED:
        marks.append("linked")
    if advisory.routing_flagged_at is not None and Cap.SEE_ROUTING in caps:
        marks.append("flagged")
    return AdvisoryHeading(
        advisory_id=advisory.advisory_id,
        url=advisory_path(advisory.advisory_id),
        summary=advisory.summary,
        project_name=advisory.project.name,
        state=advisory.state.value,
        severity=cast("Severity | None", advisory.severity_level),
        score=str(advisory.severity_score) if advisory.severity_score is not None else None,
        review=advisory.review_status.value,
        marks=tuple(marks),
    )


def content(payload: Mapping[str, Any]) -> AdvisoryContent:
    """Return a payload, live or pinned, as it is read."""
    cve = payload.get("assigned_cve_id")
    return AdvisoryContent(
        summary=payload["summary"],
        details=render(payload["details"]) if payload["details"] else None,
        affected=tuple(AffectedView.of(entry) for entry in payload["affected"]),
        severity=tuple(_severity(entry) for entry in payload["severity"]),
        weaknesses=tuple(_weakness(cwe_id) for cwe_id in payload["cwe_ids"]),
        references=tuple(
            ReferenceView(_REFERENCE_LABELS.get(entry["type"], entry["type"]), entry["url"])
            for entry in payload["references"]
        ),
        credits=tuple(_credit(entry) for entry in payload["credits"]),
        aliases=tuple(alias(value) for value in payload["aliases"] if value != cve),
        assigned_cve=alias(cve) if cve else None,
        withdrawn_reason=payload.get("withdrawn_reason") or "",
    )


def alias(identifier: str) -> AliasView:
    """Return an identifier, linked where it has a public page."""
    if identifier.startswith("CVE-"):
        return AliasView(identifier, f"https://www.cve.org/CVERecord?id={identifier}")
    if identifier.startswith("GHSA-"):
        return AliasView(identifier, f"https://github.com/advisories/{identifier}")
    return AliasView(identifier)


def version_row(
    version: AdvisoryVersion,
    advisory: Advisory,
    act: Act,
    caps: Collection[Cap],
    *,
    changed: Iterable[str] = (),
    base: bool = False,
    target: bool = False,
) -> VersionRow:
    """Return a version's line; other people are shown by name, oneself by name or address."""
    marks: list[Any] = []
    if version.number == advisory.current_version:
        marks.append("newest")
    if version.number == advisory.approved_version:
        marks.append("approved")
    return VersionRow(
        number=version.number,
        url=f"{advisory_path(advisory.advisory_id)}versions/{version.number}/",
        created=Moment.at(version.created_at),
        editor=person(version.editor, act, caps) if version.editor is not None else None,
        changed=tuple(changed),
        marks=tuple(marks),
        base=base,
        target=target,
    )


def person(user: Any, act: Act, caps: Collection[Cap]) -> str:
    """Return how a person is shown: by name, or by their address where there is none.

    The address is masked for those who may not see it (`Cap.SEE_EMAILS`), oneself excepted (INV-PRIVACY-4).
    """
    if user.display_name:
        return str(user.display_name)
    if user.id == act.identity.user_id or Cap.SEE_EMAILS in caps:
        return str(user.email)
    return masked(user.email)


def address(email: str, caps: Collection[Cap]) -> str:
    """Return an address, masked for those who may not see it (INV-PRIVACY-4)."""
    return email if Cap.SEE_EMAILS in caps else masked(email)


def masked(email: str) -> str:
    """Return an address with its local part hidden but for the first character."""
    local, _at, domain = email.partition("@")
    return f"{local[:1]}•••@{domain}"


def _severity(entry: Mapping[str, str]) -> SeverityView:
    rating = rate(entry)
    return SeverityView(
        system=_SEVERITY_LABELS.get(entry["type"], entry["type"]),
        vector=entry["score"],
        level=rating.level,
        score=str(rating.score) if rating.score is not None else None,
    )


def _weakness(cwe_id: str) -> WeaknessView:
    number = cwe_id.removeprefix("CWE-")
    return WeaknessView(
        cwe_id, cwe_name(cwe_id) or "", f"https://cwe.mitre.org/data/definitions/{number}.html"
    )


def _credit(entry: Mapping[str, Any]) -> CreditView:
    return CreditView(
        name=entry["name"],
        label=_CREDIT_LABELS.get(entry.get("type") or "", "") if entry.get("type") else "",
        contacts=tuple(entry.get("contact") or ()),
    )
