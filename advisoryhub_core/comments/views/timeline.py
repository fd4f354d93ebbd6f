"""The full timeline, and whom a comment can mention."""

from __future__ import annotations

from typing import Any

from pyramid.renderers import render_to_response
from pyramid.view import view_config

from advisoryhub_core.advisories import presenters
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.comments.audience import audience, suggestions
from advisoryhub_core.comments.discussion import PAGE_SIZE, page_of
from advisoryhub_core.comments.pages import TimelineView
from advisoryhub_core.comments.presenters import Reader, entries, suggestion
from advisoryhub_core.comments.timeline import NEWEST, OLDEST, Asked
from advisoryhub_core.comments.views.talk import asked_page, pager
from advisoryhub_core.web.errors import wants_json
from advisoryhub_core.web.request import HubRequest

_MENTIONS = "advisoryhub_templates:comments/mentions.pt"
_Q_LENGTH = 100


@view_config(
    context=AdvisoryResource,
    name="timeline",
    permission=Cap.VIEW,
    request_method="GET",
    renderer="advisoryhub_templates:comments/timeline.pt",
)
def timeline(context: AdvisoryResource, request: HubRequest) -> dict[str, Any]:
    """All that happened to an advisory, for its tiers; newest or oldest first."""
    newest_first = request.GET.get("order") != "oldest"
    start = Asked(NEWEST if newest_first else OLDEST, older=newest_first, size=PAGE_SIZE)
    page = page_of(request, context, asked_page(request, start))
    found = entries(Reader.of(context), page.items)
    path = f"{context.path}timeline/"
    return {
        "page": TimelineView(
            heading=presenters.heading(context.advisory, context.caps()),
            entries=found if newest_first else found[::-1],
            newest_first=newest_first,
            newest_url=path,
            oldest_url=f"{path}?order=oldest",
            comments_url=f"{context.path}comments/",
            pager=pager(path, page, "" if newest_first else "&order=oldest"),
            pruned=page.pruned,
        )
    }


@view_config(context=AdvisoryResource, name="mentions", permission=Cap.COMMENT, request_method="GET")
def mentions(context: AdvisoryResource, request: HubRequest) -> Any:
    """Whom a comment can mention, of those who may read it: at most eight, as a list or as JSON.

    With `internal=1` those who may read an internal comment, for people who may themselves.
    """
    act, caps = request.act, context.caps()
    internal = request.GET.get("internal") == "1" and Cap.POST_INTERNAL in caps
    seeing = audience(act, context.advisory, Cap.SEE_INTERNAL if internal else Cap.VIEW)
    found = [
        suggestion(each, act, caps)
        for each in suggestions(
            request.GET.get("q", "")[:_Q_LENGTH], seeing, see_emails=Cap.SEE_EMAILS in caps
        )
    ]
    if wants_json(request):
        results = [{"handle": f.handle, "label": f.label, "group": f.is_group} for f in found]
        return render_to_response("json", {"results": results}, request=request)
    return render_to_response(_MENTIONS, {"suggestions": found}, request=request)
