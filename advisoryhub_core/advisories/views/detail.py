"""The page of one advisory."""

from __future__ import annotations

from typing import Any

from pyramid.view import view_config

from advisoryhub_core.acts import Act as Doing
from advisoryhub_core.advisories import payloads, presenters
from advisoryhub_core.advisories.banners import banners
from advisoryhub_core.advisories.pages import AdvisoryDetailPage, Problem, _
from advisoryhub_core.advisories.payload.readiness import readiness
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.advisories.states import Kind, State
from advisoryhub_core.advisories.views.deeds import acts_at, offers, subject_of
from advisoryhub_core.audit.services import record
from advisoryhub_core.events import AdvisoryOpened
from advisoryhub_core.plugins.extensions import extensions
from advisoryhub_core.web.pages import Act, Banner, Moment, Panel
from advisoryhub_core.web.request import HubRequest


@view_config(
    context=AdvisoryResource,
    permission=Cap.VIEW,
    renderer="advisoryhub_templates:advisories/detail.pt",
    request_method="GET",
)
def advisory_detail(context: AdvisoryResource, request: HubRequest) -> dict[str, Any]:
    advisory = context.advisory
    record(request.act, "advisory.viewed", advisory_id=advisory.id)
    request.act.notify(AdvisoryOpened(request.act, advisory.id, advisory.current_version))
    panels = _panels(context, request)
    return {
        "page": AdvisoryDetailPage(
            heading=presenters.heading(advisory, context.caps()),
            content=presenters.content(payloads.pinned(advisory)),
            version=advisory.current_version,
            created=Moment.at(advisory.created_at),
            modified=Moment.at(advisory.modified_at),
            published=Moment.at(advisory.published_at) if advisory.published_at else None,
            creator=_creator(context, request.act),
            history_url=f"{context.path}history/",
            banners=_banners(context, request),
            acts=(*_edit_act(context), *acts_at(context, "bar")),
            menu=acts_at(context, "menu"),
            dialogs=tuple(act for _place, act in offers(context) if act.mode == "form"),
            readiness=problems(context),
            panels=panels,
        )
    }


def problems(context: AdvisoryResource) -> tuple[Problem, ...] | None:
    """Return what the advisory lacks for publication; None where that is no question."""
    advisory = context.advisory
    due = advisory.state is State.DRAFT or (advisory.state is State.PUBLISHED and advisory.republish_required)
    if advisory.kind is not Kind.NATIVE or not due or advisory.is_withdrawing:
        return None
    editable = Cap.EDIT in context.caps()
    return tuple(
        Problem(
            missing.message, f"{context.path}edit/#f-{missing.place.replace('.', '-')}" if editable else None
        )
        for missing in readiness(payloads.pinned(advisory))
    )


def _creator(context: AdvisoryResource, act: Doing) -> Any:
    advisory = context.advisory
    if advisory.created_by is None:
        return _("creator-anonymous", default="An anonymous reporter")
    return presenters.person(advisory.created_by, act, context.caps())


def _edit_act(context: AdvisoryResource) -> tuple[Act, ...]:
    if Cap.EDIT not in context.caps():
        return ()
    title = _("act-edit", default="Edit")
    return (Act(name="edit", title=title, url=f"{context.path}edit/", shortcut="e"),)


def _banners(context: AdvisoryResource, request: HubRequest) -> tuple[Banner, ...]:
    acts = {act.name: act for _place, act in offers(context)}
    own = banners(subject_of(context), context.caps(), acts)
    added = (
        banner.renderer(request, context)
        for banner in extensions(request.registry).banners
        if banner.capability in context.caps()
    )
    return (*own, *(banner for banner in added if banner is not None))


def _panels(context: AdvisoryResource, request: HubRequest) -> tuple[Panel, ...]:
    shown: list[Panel] = []
    for panel in sorted(extensions(request.registry).panels, key=lambda p: (p.order, p.name)):
        if panel.capability in context.caps():
            rendered = panel.renderer(request, context)
            if rendered is not None:
                shown.append(rendered)
    return tuple(shown)
