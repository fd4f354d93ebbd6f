"""Reading and writing comments. Every form works without scripts; what was typed is never lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.view import view_config, view_defaults

from advisoryhub_core.advisories import presenters
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.comments.discussion import (
    FRAGMENT,
    PAGE_SIZE,
    Where,
    discussion,
    new_composer,
    page_of,
    previewed,
)
from advisoryhub_core.comments.pages import CommentsPage, Composer
from advisoryhub_core.comments.resources import CommentCollection
from advisoryhub_core.comments.services import BODY, post_comment
from advisoryhub_core.comments.timeline import NEWEST, Asked, InvalidCursor, TimelinePage, read_cursor
from advisoryhub_core.web.pages import Pager
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.templating import flash

_PAGE = "advisoryhub_templates:comments/comments.pt"
_PREVIEW = "advisoryhub_templates:comments/preview.pt"


def asked_page(request: HubRequest, asked: Asked) -> Asked:
    """Return what a page's address asks for; `asked` where it says nothing. 400 for a made-up cursor."""
    cursor = request.GET.get("cursor", "")
    if not cursor:
        return asked
    try:
        place, older = read_cursor(cursor)
    except InvalidCursor:
        raise HTTPBadRequest from None
    return Asked(place, older=older, size=asked.size, comments_only=asked.comments_only)


def pager(path: str, page: TimelinePage, more: str = "") -> Pager:
    return Pager(
        newer_url=f"{path}?cursor={page.newer}{more}" if page.newer else None,
        older_url=f"{path}?cursor={page.older}{more}" if page.older else None,
    )


@view_defaults(context=CommentCollection)
class CommentsView:
    """`/advisories/{id}/comments/`."""

    def __init__(self, context: CommentCollection, request: HubRequest) -> None:
        self.context = context.advisory_resource
        self.request = request

    @view_config(permission=Cap.VIEW, request_method="GET")
    def show(self) -> Any:
        return self._page(200)

    @view_config(permission=Cap.COMMENT, request_method="POST", rate_limit="comment")
    def post(self) -> Any:
        request, given = self.request, self._given()
        try:
            comment = post_comment(
                request.act,
                self.context.advisory.id,
                given[BODY.name],
                internal=bool(given.get("internal")),
            )
        except PayloadInvalid as error:
            return self._again(new_composer(self.context, self._where, given, error.errors), error.status)
        if request.is_htmx:
            return self._fragment(200, posted=True)
        flash(request, "success", request.localizer.translate(_("comment-posted", default="Posted.")))
        page = self.context.path if self._where == "panel" else f"{self.context.path}comments/"
        return HTTPSeeOther(f"{page}#comment-{comment.id}")

    @view_config(
        permission=Cap.COMMENT, request_method="POST", request_param="act=preview", rate_limit="preview"
    )
    @view_config(name="preview", permission=Cap.COMMENT, request_method="POST", rate_limit="preview")
    def preview(self) -> Any:
        """How a text will read: alone for htmx, else below the form on a page of its own."""
        given = self._given()
        if self.request.is_htmx:
            shown, problems = previewed(given[BODY.name])
            values = {"preview": shown, "problems": problems}
            return render_to_response(_PREVIEW, values, request=self.request)
        return self._page(200, composer=new_composer(self.context, self._where, given, preview=True))

    @property
    def _where(self) -> Where:
        return "panel" if self.request.POST.get("place") == "panel" else "comments"

    def _given(self) -> Mapping[str, str]:
        posted = self.request.POST
        given = {name: value for name, value in posted.items() if isinstance(value, str)}
        return {**given, BODY.name: given.get(BODY.name, "")}

    def _again(self, composer: Composer, status: int) -> Any:
        if self.request.is_htmx:
            return self._fragment(status, composer=composer)
        return self._page(status, composer=composer)

    def _fragment(self, status: int, *, composer: Composer | None = None, posted: bool = False) -> Any:
        shown = discussion(self.request, self.context, self._where, composer=composer, posted=posted)
        response = render_to_response(FRAGMENT, {"discussion": shown}, request=self.request)
        response.status_int = status
        return response

    def _page(self, status: int, *, composer: Composer | None = None) -> Any:
        asked = asked_page(self.request, Asked(NEWEST, size=PAGE_SIZE, comments_only=True))
        found = page_of(self.request, self.context, asked)
        page = CommentsPage(
            heading=presenters.heading(self.context.advisory, self.context.caps()),
            discussion=discussion(self.request, self.context, "comments", page=found, composer=composer),
            pager=pager(f"{self.context.path}comments/", found),
        )
        response = render_to_response(_PAGE, {"page": page}, request=self.request)
        response.status_int = status
        return response
