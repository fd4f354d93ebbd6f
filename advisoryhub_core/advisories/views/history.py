"""Versions of an advisory: the list, one of them, and the difference between two."""

from __future__ import annotations

from typing import Any, Literal

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from advisoryhub_core.advisories import presenters
from advisoryhub_core.advisories.diff import diff_payloads
from advisoryhub_core.advisories.models import AdvisoryVersion
from advisoryhub_core.advisories.pages import DiffPage, FieldChange, HistoryPage, VersionPage, field_label
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.queries import version_of, versions_page
from advisoryhub_core.advisories.resources import AdvisoryResource, VersionCollection, VersionResource
from advisoryhub_core.web.numbers import whole_number
from advisoryhub_core.web.pages import Pager
from advisoryhub_core.web.request import HubRequest

_PAGE = 50


@view_config(
    context=AdvisoryResource,
    name="history",
    permission=Cap.VIEW,
    renderer="advisoryhub_templates:advisories/history.pt",
    request_method="GET",
)
def history(context: AdvisoryResource, request: HubRequest) -> dict[str, Any]:
    before = whole_number(request.GET.get("before"))
    found = versions_page(request.db, context.advisory, before=before, limit=_PAGE + 1)
    shown = found[:_PAGE]
    rows = [
        presenters.version_row(
            version,
            context.advisory,
            request.act,
            context.caps(),
            changed=_changed(version, older),
            target=index == 0,
            base=index == 1,
        )
        for index, (version, older) in enumerate(zip(shown, [*found[1:], None], strict=False))
    ]
    return {
        "page": HistoryPage(
            heading=presenters.heading(context.advisory, context.caps()),
            compare_url=f"{context.path}versions/",
            versions=tuple(rows),
            pager=Pager(
                newer_url=f"{context.path}history/" if before else None,
                older_url=f"{context.path}history/?before={shown[-1].number}" if len(found) > _PAGE else None,
            ),
        )
    }


@view_config(context=VersionCollection, permission=Cap.VIEW, request_method="GET")
def compare(context: VersionCollection, request: HubRequest) -> Any:
    """The comparison form's target: sends the browser to the difference's own address."""
    advisory_resource = context.__parent__
    newer, older = whole_number(request.GET.get("version")), whole_number(request.GET.get("against"))
    if newer is None or older is None:
        return HTTPSeeOther(f"{advisory_resource.path}history/")
    first, second = min(newer, older), max(newer, older)
    return HTTPSeeOther(f"{advisory_resource.path}versions/{second}/diff/?against={first}")


@view_config(
    context=VersionResource,
    permission=Cap.VIEW,
    renderer="advisoryhub_templates:advisories/version.pt",
    request_method="GET",
)
def version(context: VersionResource, request: HubRequest) -> dict[str, Any]:
    resource = context.advisory_resource
    advisory, shown = resource.advisory, context.version
    base = f"{resource.path}versions/"
    older = shown.number - 1 if shown.number > 1 else None
    newer = shown.number + 1 if shown.number < advisory.current_version else None
    return {
        "page": VersionPage(
            heading=presenters.heading(advisory, resource.caps()),
            content=presenters.content(shown.payload),
            row=presenters.version_row(shown, advisory, request.act, resource.caps()),
            history_url=f"{resource.path}history/",
            diff_url=f"{base}{shown.number}/diff/?against={older}" if older else None,
            older_url=f"{base}{older}/" if older else None,
            newer_url=f"{base}{newer}/" if newer else None,
        )
    }


@view_config(
    context=VersionResource,
    name="diff",
    permission=Cap.VIEW,
    renderer="advisoryhub_templates:advisories/diff.pt",
    request_method="GET",
)
def diff(context: VersionResource, request: HubRequest) -> dict[str, Any]:
    resource = context.advisory_resource
    against = whole_number(request.GET.get("against")) or context.version.number - 1
    before = version_of(request.db, resource.advisory, against)
    if before is None:
        raise HTTPNotFound
    layout: Literal["side", "inline"] = "inline" if request.GET.get("layout") == "inline" else "side"
    url = f"{resource.path}versions/{context.version.number}/diff/?against={against}"
    changes = diff_payloads(before.payload, context.version.payload)
    return {
        "page": DiffPage(
            heading=presenters.heading(resource.advisory, resource.caps()),
            before=presenters.version_row(before, resource.advisory, request.act, resource.caps()),
            after=presenters.version_row(context.version, resource.advisory, request.act, resource.caps()),
            layout=layout,
            side_url=url,
            inline_url=f"{url}&layout=inline",
            history_url=f"{resource.path}history/",
            changes=tuple(FieldChange.of(change) for change in changes),
        )
    }


def _changed(version: AdvisoryVersion, older: AdvisoryVersion | None) -> tuple[str, ...]:
    if older is None:
        return ()
    return tuple(
        field_label(name) for name in version.payload if version.payload.get(name) != older.payload.get(name)
    )
