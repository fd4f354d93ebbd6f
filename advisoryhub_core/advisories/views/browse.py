"""The list of advisories and the landing page."""

from __future__ import annotations

from typing import Any, cast, get_args
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config
from sqlalchemy import select

from advisoryhub_core.advisories import presenters
from advisoryhub_core.advisories.listing import COUNT_CAP, InvalidCursor, ListQuery, ListResult, list_page
from advisoryhub_core.advisories.pages import SEVERITY_CHOICES, AdvisoryListPage, StateTab, _
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.queries import granted_advisory_ids
from advisoryhub_core.advisories.resources import AdvisoryCollection
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.projects.models import Project
from advisoryhub_core.web.pages import FormField, HomePage, Option, Pager, Severity
from advisoryhub_core.web.redirects import SIGN_IN_PATH
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.resources import Root

_SEARCH_LENGTH = 200
# In links, and from the checkbox of the form.
_ON = frozenset({"1", "true"})
_TOGGLES = {
    "mine": _("filter-mine", default="Mine"),
    "changed": _("filter-changed", default="Changed since my last visit"),
    "has_cve": _("filter-has-cve", default="Has a CVE id"),
    "linked": _("filter-linked", default="Linked to GHSA"),
}


@view_config(
    context=Root,
    permission=NO_PERMISSION_REQUIRED,
    renderer="advisoryhub_templates:home.pt",
    request_method="GET",
)
def home(_context: Root, request: HubRequest) -> Any:
    if request.identity is not None:
        return HTTPSeeOther("/advisories/")
    return {"page": HomePage(sign_in_url=SIGN_IN_PATH)}


@view_config(
    context=AdvisoryCollection,
    permission=Cap.LIST,
    renderer="advisoryhub_templates:advisories/list.pt",
    request_method="GET",
)
def advisory_list(context: AdvisoryCollection, request: HubRequest) -> dict[str, Any]:
    """The list, with tabs that count and filters that stay in the URL."""
    query = _query(request)
    try:
        result = list_page(request.db, request.act.identity, query)
    except InvalidCursor:
        raise HTTPBadRequest from None
    create = Cap.CREATE in context.caps()
    return {
        "page": AdvisoryListPage(
            url="/advisories/",
            tabs=_tabs(query, result),
            rows=tuple(presenters.row(found) for found in result.rows),
            q=query.q,
            filters=_filter_fields(request, query),
            toggles=_toggle_fields(query),
            kept=(("state", query.state.value),) if query.state else (),
            clear_url="/advisories/" if query.filters else None,
            create_url="/advisories/new/" if create else None,
            total=_capped(result.counts[query.state]),
            pager=Pager(
                newer_url=_url(query, result.newer) if result.newer else None,
                older_url=_url(query, result.older) if result.older else None,
            ),
            empty=_why_empty(request, query, result),
        )
    }


def _query(request: HubRequest) -> ListQuery:
    given = request.GET
    severity = given.get("severity", "")
    try:
        return ListQuery(
            state=State(given["state"]) if given.get("state") else None,
            project=given.get("project", "")[:_SEARCH_LENGTH],
            severity=severity if severity in get_args(Severity) else "",
            review=ReviewStatus(given["review"]) if given.get("review") else None,
            has_cve=given.get("has_cve") in _ON,
            linked=given.get("linked") in _ON,
            mine=given.get("mine") in _ON,
            changed=given.get("changed") in _ON,
            q=given.get("q", "").strip()[:_SEARCH_LENGTH],
            cursor=given.get("cursor", ""),
        )
    except ValueError:
        raise HTTPBadRequest from None


def _tabs(query: ListQuery, result: ListResult) -> tuple[StateTab, ...]:
    states: list[State | None] = [None, *State]
    return tuple(
        StateTab(
            state=state.value if state else None,
            url=_url(query, state=state),
            count=_capped(result.counts[state]),
            active=state == query.state,
        )
        for state in states
    )


def _capped(count: int) -> str:
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


def _filter_fields(request: HubRequest, query: ListQuery) -> tuple[FormField, ...]:
    anything = Option("", _("filter-any", default="Any"))
    severities = (
        anything,
        *(Option(c.value, c.label, c.value == query.severity) for c in SEVERITY_CHOICES),
    )
    fields = [
        FormField(
            name="severity",
            label=_("filter-severity", default="Severity"),
            kind="select",
            options=severities,
            value=query.severity,
        )
    ]
    projects = _project_options(request, query.project)
    if projects:
        fields.insert(
            0,
            FormField(
                name="project",
                label=_("filter-project", default="Project"),
                kind="select",
                options=(anything, *projects),
                value=query.project,
            ),
        )
    return tuple(fields)


def _project_options(request: HubRequest, selected: str) -> tuple[Option, ...]:
    identity = request.act.identity
    projects = select(Project.slug, Project.name).order_by(Project.name).limit(1000)
    if not identity.is_admin:
        projects = projects.where(Project.id.in_(sorted(identity.team_project_ids)))
    return tuple(Option(slug, name, slug == selected) for slug, name in request.db.execute(projects))


def _toggle_fields(query: ListQuery) -> tuple[FormField, ...]:
    return tuple(
        FormField(name=name, label=label, kind="checkbox", value="1" if getattr(query, name) else "")
        for name, label in _TOGGLES.items()
    )


def _url(query: ListQuery, cursor: str = "", *, state: State | str | None = "same") -> str:
    chosen = query.state if state == "same" else cast("State | None", state)
    parameters: dict[str, str] = {
        "state": chosen.value if chosen else "",
        "project": query.project,
        "severity": query.severity,
        "review": query.review.value if query.review else "",
        "q": query.q,
        "cursor": cursor,
        **{name: "1" for name in _TOGGLES if getattr(query, name)},
    }
    kept = {name: value for name, value in parameters.items() if value}
    return "/advisories/" + (f"?{urlencode(kept)}" if kept else "")


def _why_empty(request: HubRequest, query: ListQuery, result: ListResult) -> Any:
    if result.rows:
        return None
    if query.filters or query.cursor or (query.state is not None and result.counts[None]):
        return "no-match"
    identity = request.act.identity
    if identity.is_admin or identity.team_project_ids or granted_advisory_ids(request.db, identity):
        return "none-yet"
    return "no-access"
