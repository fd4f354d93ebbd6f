"""Pages of publishing: confirm and publish, watch, retry, read what was built."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.view import view_config, view_defaults

from advisoryhub_core.plugins.api import (
    AdvisoryResource,
    Cap,
    DocumentCheck,
    HubRequest,
    NotReady,
    PageAct,
    Problem,
    PublishPage,
    flash,
    heading,
    pinned,
    readiness,
)
from advisoryhub_publishing import services
from advisoryhub_publishing.assembly import build_all
from advisoryhub_publishing.documents.serialise import to_bytes
from advisoryhub_publishing.messages import _
from advisoryhub_publishing.panel import make_card
from advisoryhub_publishing.resources import ArtifactResource, TaskResource

_PAGE = "advisoryhub_templates:advisories/publish.pt"


@view_defaults(context=AdvisoryResource, name="publish", permission=Cap.PUBLISH, step_up=True)
class Publish:
    """`/advisories/{id}/publish/`: what would be published, and the typed id that confirms it."""

    def __init__(self, context: AdvisoryResource, request: HubRequest) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Any:
        return self._page(200)

    @view_config(request_method="POST", rate_limit="publish")
    def publish(self) -> Any:
        request, advisory = self.request, self.context.advisory
        if request.POST.get("confirm", "").strip() != advisory.advisory_id:
            wrong = _("confirm-mismatch", default="Type the id of the advisory exactly as it is shown.")
            return self._page(400, confirm_errors=(request.localizer.translate(wrong),))
        try:
            services.publish(request.act, advisory.id)
        except NotReady:
            return self._page(400)
        queued = _("publication-queued", default="The publication is on its way.")
        flash(request, "success", request.localizer.translate(queued))
        return HTTPSeeOther(self.context.path)

    def _page(self, status: int, *, confirm_errors: tuple[str, ...] = ()) -> Any:
        request, context = self.request, self.context
        direction = services.direction_of(context.advisory)
        missing = [] if direction == "withdraw" else readiness(pinned(context.advisory))
        documents = () if missing else self._documents()
        blocked = bool(missing) or any(document.errors for document in documents)
        page = PublishPage(
            heading=heading(context.advisory, context.caps()),
            version=context.advisory.current_version,
            direction=direction,
            problems=tuple(
                Problem(entry.message, f"{context.path}edit/#f-{entry.place.replace('.', '-')}")
                for entry in missing
            ),
            documents=documents,
            act=None if blocked else self._act(direction, confirm_errors),
        )
        response = render_to_response(_PAGE, {"page": page}, request=request)
        response.status_int = status
        return response

    def _act(self, direction: services.Direction, confirm_errors: tuple[str, ...]) -> PageAct:
        submits = {
            "publish": _("publish-submit", default="Publish"),
            "withdraw": _("withdraw-submit", default="Withdraw"),
            "restore": _("restore-submit", default="Bring back"),
        }
        return PageAct(
            name="publish",
            title=submits[direction],
            submit=submits[direction],
            url=f"{self.context.path}publish/",
            mode="form",
            tone="danger" if direction == "withdraw" else "primary",
            confirm=self.context.advisory.advisory_id,
            confirm_errors=confirm_errors,
        )

    def _documents(self) -> tuple[DocumentCheck, ...]:
        request, advisory = self.request, self.context.advisory
        publication = services.tentative_publication(request.db, advisory, request.act.now())
        built = build_all(request.registry, pinned(advisory), publication)
        return tuple(
            DocumentCheck(item.label, errors=tuple(item.errors), warnings=tuple(item.warnings))
            for item in built
        )


@view_config(
    context=AdvisoryResource,
    name="publication-card",
    permission=Cap.SEE_EXPORT,
    renderer="advisoryhub_publishing:templates/panel.pt",
    request_method="GET",
)
def publication_card(context: AdvisoryResource, request: HubRequest) -> dict[str, Any]:
    """The card alone, which asks for itself again while a publication is under way.

    Once that has ended, the page is asked to load anew: its state and its acts have changed, too.
    """
    card = make_card(request, context)
    if request.is_htmx and card.refresh_url is None:
        request.response.headers["HX-Refresh"] = "true"
    return {"card": card}


@view_config(
    context=TaskResource,
    name="retry",
    permission=Cap.PUBLISH,
    request_method="POST",
    step_up=True,
    rate_limit="publish",
)
def retry(context: TaskResource, request: HubRequest) -> Any:
    services.retry(request.act, context.task)
    queued = _("publication-queued", default="The publication is on its way.")
    flash(request, "success", request.localizer.translate(queued))
    return HTTPSeeOther(f"/advisories/{context.task.advisory.advisory_id}/")


@view_config(context=ArtifactResource, permission=Cap.SEE_EXPORT, request_method="GET")
def artifact(context: ArtifactResource, request: HubRequest) -> Any:
    """The document, byte for byte as it was pushed."""
    response = request.response
    response.content_type = "application/json"
    response.charset = "utf-8"
    response.body = to_bytes(context.artifact.content)
    name = context.artifact.path.rpartition("/")[2]
    kind = "attachment" if request.GET.get("download") == "1" else "inline"
    response.content_disposition = f'{kind}; filename="{name}"'
    return response
