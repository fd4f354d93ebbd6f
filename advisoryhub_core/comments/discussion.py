"""The discussion as it is shown: entries and a form, on the advisory's page and on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from markupsafe import Markup

from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.advisories.views.deeds import acts_at
from advisoryhub_core.comments.models import Comment
from advisoryhub_core.comments.pages import CommentView, Composer, Discussion, Receipt
from advisoryhub_core.comments.presenters import Reader, entries
from advisoryhub_core.comments.services import BODY, checked_body
from advisoryhub_core.comments.timeline import NEWEST, Asked, TimelinePage, timeline_page
from advisoryhub_core.comments.visits import receipts
from advisoryhub_core.web.markdown import render
from advisoryhub_core.web.pages import FormField, Moment, Panel
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.templating import render_markup

Where = Literal["panel", "comments"]
PANEL_SIZE = 20
PAGE_SIZE = 30
FRAGMENT = "advisoryhub_templates:comments/discussion.pt"


def discussion_panel(request: HubRequest, context: AdvisoryResource) -> Panel:
    """Return the newest page of the timeline with a form, as a panel of the advisory's page."""
    html = render_markup(FRAGMENT, {"discussion": discussion(request, context, "panel")}, request)
    title = _("discussion-title", default="Discussion and timeline")
    return Panel(name="discussion", title=title, html=html, area="main")


def receipts_panel(request: HubRequest, context: AdvisoryResource) -> Panel | None:
    """Return who opened the advisory for the first time when, for owners; None before anybody did."""
    seen = tuple(
        Receipt(Reader.of(context).name_of(user), Moment.at(at))
        for user, at in receipts(request.db, context.advisory)
    )
    if not seen:
        return None
    html = render_markup("advisoryhub_templates:comments/receipts.pt", {"receipts": seen}, request)
    return Panel(name="receipts", title=_("receipts-title", default="Seen by"), html=html)


def page_of(request: HubRequest, context: AdvisoryResource, asked: Asked) -> TimelinePage:
    return timeline_page(request.db, request.registry, context.advisory, context.caps(), asked)


def discussion(
    request: HubRequest,
    context: AdvisoryResource,
    where: Where,
    *,
    page: TimelinePage | None = None,
    composer: Composer | None = None,
    posted: bool = False,
) -> Discussion:
    """Return entries with the form.

    `composer` is a form with something typed in it; else it is an empty one, and what was typed before is
    saved. `page` is another than the newest.
    """
    in_panel = where == "panel"
    size = PANEL_SIZE if in_panel else PAGE_SIZE
    shown = page or page_of(request, context, Asked(NEWEST, size=size, comments_only=not in_panel))
    found = entries(Reader.of(context), shown.items)
    lock = context.advisory.comments_lock_reason if context.advisory.comments_locked_at else ""
    may_post = Cap.COMMENT in context.caps()
    return Discussion(
        entries=found,
        composer=(composer or new_composer(context, where)) if may_post else None,
        closed="" if may_post else _("discussion-closed", default="Only owners can comment now."),
        locked=_("discussion-locked", default="The discussion is locked: ${reason}", mapping={"reason": lock})
        if lock
        else "",
        acts=acts_at(context, "comments"),
        pruned=shown.pruned,
        timeline_url=f"{context.path}timeline/",
        comments_url=f"{context.path}comments/" if in_panel else None,
        older_url=f"{context.path}timeline/?cursor={shown.older}" if in_panel and shown.older else None,
        drafts="" if composer is not None else _saved_drafts(context, found),
        posted=posted,
    )


def new_composer(
    context: AdvisoryResource,
    where: Where,
    given: Mapping[str, str] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    *,
    preview: bool = False,
) -> Composer:
    """Return the form of a new comment, with what was typed, what is wrong with it, and how it will read."""
    typed = given or {}
    body = typed.get(BODY.name, "")
    path = f"{context.path}comments/"
    shown, problems = previewed(body) if preview else (None, ())
    internal = None
    if Cap.POST_INTERNAL in context.caps():
        internal = FormField(
            name="internal",
            kind="checkbox",
            value="true" if typed.get("internal") else "",
            label=_("comment-internal", default="Internal"),
            hint=_(
                "comment-internal-hint",
                default="Read by the team, administrators and collaborators only. This cannot be changed"
                " later.",
            ),
            scope="talk",
        )
    return Composer(
        action=path,
        preview_url=f"{path}preview/",
        mentions_url=f"{context.path}mentions/",
        draft_key=draft_key(context),
        body=BODY.field(body, problems or (errors or {}).get(BODY.name, ()), "talk"),
        internal=internal,
        submit=_("comment-post", default="Comment"),
        place=where,
        preview=shown,
    )


def edit_composer(
    context: AdvisoryResource,
    comment: Comment,
    base_version: int,
    body: str,
    errors: Mapping[str, Sequence[str]] | None = None,
    *,
    preview: bool = False,
) -> Composer:
    """Return the form of an edit, opened on `base_version` of the comment."""
    path = f"{context.path}comments/"
    shown, problems = previewed(body) if preview else (None, ())
    return Composer(
        action=f"{path}{comment.id}/edit/",
        preview_url=f"{path}preview/",
        mentions_url=f"{context.path}mentions/{'?internal=1' if comment.internal else ''}",
        draft_key=edit_draft_key(comment.id),
        body=BODY.field(body, problems or (errors or {}).get(BODY.name, ()), "talk"),
        submit=_("comment-save", default="Save"),
        place="edit",
        preview=shown,
        base_version=base_version,
        cancel_url=f"{path}{comment.id}/",
    )


def previewed(body: str) -> tuple[Any, tuple[str, ...]]:
    """Return how a text will read, or None and what is wrong with it; nothing for an empty one."""
    if not body.strip():
        return Markup(""), ()
    try:
        return render(checked_body(body)), ()
    except PayloadInvalid as error:
        return None, tuple(error.errors[BODY.name])


def draft_key(context: AdvisoryResource) -> str:
    return f"comment:{context.advisory.advisory_id}"


def edit_draft_key(comment_id: int) -> str:
    return f"comment-edit:{comment_id}"


def _saved_drafts(context: AdvisoryResource, shown: Sequence[Any]) -> str:
    edits = [edit_draft_key(each.id) for each in shown if isinstance(each, CommentView) and each.edited]
    return " ".join([draft_key(context), *edits])
