"""One comment: its place in the list, editing, history and redaction."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.view import view_config, view_defaults
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from advisoryhub_core.advisories import presenters
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.comments.discussion import edit_composer
from advisoryhub_core.comments.models import CommentVersion
from advisoryhub_core.comments.pages import (
    CommentHistoryPage,
    CommentVersionView,
    Composer,
    EditPage,
    RedactPage,
)
from advisoryhub_core.comments.presenters import Reader, comment_view
from advisoryhub_core.comments.resources import CommentResource
from advisoryhub_core.comments.services import BODY, edit_comment, newest_version, redact_comment
from advisoryhub_core.comments.timeline import cursor_at
from advisoryhub_core.errors import StaleVersion
from advisoryhub_core.web.markdown import render
from advisoryhub_core.web.numbers import whole_number
from advisoryhub_core.web.pages import Act, Moment
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.templating import flash

_EDIT = "advisoryhub_templates:comments/edit.pt"
_VERSIONS_AT_MOST = 200


@view_defaults(context=CommentResource)
class CommentView:
    """`/advisories/{id}/comments/{n}/`."""

    def __init__(self, context: CommentResource, request: HubRequest) -> None:
        self.node = context
        self.comment = context.comment
        self.context = context.advisory_resource
        self.request = request

    @view_config(permission=Cap.VIEW, request_method="GET")
    def place(self) -> Any:
        """Lead to the page of the list that holds the comment."""
        found = cursor_at(self.comment.id)
        return HTTPSeeOther(f"{self.context.path}comments/?cursor={found}#comment-{self.comment.id}")

    @view_config(name="edit", permission=Cap.EDIT_COMMENT, request_method="GET")
    def edit(self) -> Any:
        return self._form(self._composer(newest_version(self.request.db, self.comment), self.comment.body))

    @view_config(name="edit", permission=Cap.EDIT_COMMENT, request_method="POST", rate_limit="comment")
    def save(self) -> Any:
        request, comment = self.request, self.comment
        body = request.POST.get(BODY.name, "")
        base_version = whole_number(request.POST.get("base_version")) or 0
        if request.POST.get("act") == "preview":
            return self._form(self._composer(base_version, body, preview=True))
        try:
            edit_comment(request.act, comment.id, body, base_version=base_version)
        except PayloadInvalid as error:
            composer = edit_composer(self.context, comment, base_version, body, error.errors)
            return self._form(composer, status=error.status)
        except StaleVersion as error:
            # The typed text stays in the form, which now stands on the newest version.
            return self._form(self._composer(error.newest, body), status=error.status, stale=True)
        flash(request, "success", request.localizer.translate(_("comment-saved", default="Saved.")))
        return HTTPSeeOther(self.node.path)

    @view_config(
        name="history",
        permission=Cap.VIEW,
        request_method="GET",
        renderer="advisoryhub_templates:comments/history.pt",
    )
    def history(self) -> dict[str, Any]:
        """What the comment said; of a redacted one nothing."""
        reader = Reader.of(self.context)
        versions: list[CommentVersion] = []
        if self.comment.redacted_at is None:
            query = (
                select(CommentVersion)
                .where(CommentVersion.comment_id == self.comment.id)
                .order_by(CommentVersion.number.desc())
                .limit(_VERSIONS_AT_MOST)
                .options(joinedload(CommentVersion.editor))
            )
            versions = list(self.request.db.scalars(query))
        return {
            "page": CommentHistoryPage(
                heading=presenters.heading(self.context.advisory, self.context.caps()),
                comment=comment_view(reader, self.comment),
                versions=tuple(
                    CommentVersionView(
                        number=version.number,
                        html=render(version.body),
                        who=reader.name_of(version.editor),
                        when=Moment.at(version.created_at),
                    )
                    for version in versions
                ),
            )
        }

    @view_config(
        name="redact",
        permission=Cap.REDACT_COMMENT,
        request_method="GET",
        renderer="advisoryhub_templates:comments/redact.pt",
    )
    def ask_redaction(self) -> dict[str, Any]:
        return {
            "page": RedactPage(
                heading=presenters.heading(self.context.advisory, self.context.caps()),
                comment=comment_view(Reader.of(self.context), self.comment),
                act=Act(
                    name="redact-comment",
                    title=_("comment-redact", default="Redact the comment"),
                    url=f"{self.node.path}redact/",
                    mode="form",
                    tone="danger",
                    explanation=_(
                        "comment-redact-text",
                        default="Its text and its history are taken away for everybody, for good. That"
                        " there was a comment, and who redacted it when, stays visible.",
                    ),
                    submit=_("comment-redact-submit", default="Redact"),
                ),
            )
        }

    @view_config(name="redact", permission=Cap.REDACT_COMMENT, request_method="POST")
    def redact(self) -> Any:
        request = self.request
        redact_comment(request.act, self.comment.id)
        flash(
            request,
            "success",
            request.localizer.translate(_("comment-redacted-flash", default="The comment was redacted.")),
        )
        return HTTPSeeOther(self.node.path)

    def _composer(self, base_version: int, body: str, *, preview: bool = False) -> Composer:
        return edit_composer(self.context, self.comment, base_version, body, preview=preview)

    def _form(self, composer: Composer, *, status: int = 200, stale: bool = False) -> Any:
        page = EditPage(
            heading=presenters.heading(self.context.advisory, self.context.caps()),
            composer=composer,
            newest=render(self.comment.body) if stale else None,
            newest_source=self.comment.body if stale else "",
        )
        response = render_to_response(_EDIT, {"page": page}, request=self.request)
        response.status_int = status
        return response
