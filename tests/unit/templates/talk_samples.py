"""Sample data for the pages of the discussion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from advisoryhub_core.comments import pages as c
from advisoryhub_core.web import pages as w
from tests.unit.templates.samples import DISMISS, HEADING, HOSTILE, moment

PATH = "/advisories/ECL-4f7h-q2mx-c9vw/"


def comment(number: int, **changes: Any) -> c.CommentView:
    full: dict[str, Any] = {
        "id": number,
        "who": "Kim Lee",
        "when": moment(hours=number),
        "url": f"{PATH}comments/{number}/",
        "html": Markup("<p>Can this be reached <em>before</em> sign-in?</p>"),
    }
    return c.CommentView(**{**full, **changes})


ENTRIES: tuple[c.CommentView | c.EventView, ...] = (
    comment(
        1,
        edited=moment(minutes=5),
        history_url=f"{PATH}comments/1/history/",
        edit_url=f"{PATH}comments/1/edit/",
        redact_url=f"{PATH}comments/1/redact/",
    ),
    c.EventView(id=4, text="Kim Lee saved version 3.", when=moment(hours=2), url=f"{PATH}versions/3/"),
    comment(2, internal=True, note="Reason for the dismissal"),
    comment(3, html=None, redacted="Redacted by Sam Okoro on 2026-11-24 02:07 UTC."),
    c.EventView(id=3, text=HOSTILE, when=moment(hours=3)),
    comment(5, who=HOSTILE),
)
COMPOSER = c.Composer(
    action=f"{PATH}comments/",
    preview_url=f"{PATH}comments/preview/",
    mentions_url=f"{PATH}mentions/",
    draft_key="comment:ECL-4f7h-q2mx-c9vw",
    body=w.FormField(name="body", kind="textarea", label="Comment", required=True, scope="talk"),
    internal=w.FormField(
        name="internal", kind="checkbox", label="Internal", hint="For the team.", scope="talk"
    ),
    submit="Comment",
    place="panel",
)
REFUSED = replace(
    COMPOSER,
    place="comments",
    body=replace(COMPOSER.body, value=HOSTILE, errors=("Write something first.",)),
    preview=Markup("<p>Hello</p>"),
)
DISCUSSION = c.Discussion(
    entries=ENTRIES,
    composer=COMPOSER,
    acts=(replace(DISMISS, mode="link"),),
    timeline_url=f"{PATH}timeline/",
    comments_url=f"{PATH}comments/",
    older_url=f"{PATH}timeline/?cursor=o-1-1",
    drafts="comment:ECL-4f7h-q2mx-c9vw",
)
CLOSED = c.Discussion(
    entries=(),
    composer=None,
    closed="Only owners can comment now.",
    locked=f"The discussion is locked: {HOSTILE}",
    pruned=True,
    posted=True,
    timeline_url=f"{PATH}timeline/",
)
_PAGER = w.Pager(newer_url="?cursor=n-1-1", older_url="?cursor=o-1-1")
_TIMELINE = c.TimelineView(
    heading=HEADING,
    entries=ENTRIES,
    newest_first=True,
    newest_url=f"{PATH}timeline/",
    oldest_url=f"{PATH}timeline/?order=oldest",
    comments_url=f"{PATH}comments/",
    pager=_PAGER,
    pruned=True,
)
_EDIT = c.EditPage(
    heading=HEADING,
    composer=replace(
        COMPOSER, place="edit", base_version=2, internal=None, cancel_url=f"{PATH}comments/1/", submit="Save"
    ),
)
_ACT = w.Act(
    name="redact-comment",
    title="Redact the comment",
    url=f"{PATH}comments/1/redact/",
    mode="form",
    tone="danger",
    explanation="For good.",
    submit="Redact",
)


def pages() -> Iterator[tuple[str, str, Any]]:
    """Yield name, template and page of each state."""
    page = c.CommentsPage(heading=HEADING, discussion=replace(DISCUSSION, comments_url=None), pager=_PAGER)
    yield "comments", "comments.pt", page
    refused = replace(page, discussion=replace(DISCUSSION, composer=REFUSED, drafts=""))
    yield "comments-refused", "comments.pt", refused
    yield "comments-closed", "comments.pt", replace(page, discussion=CLOSED)
    yield "timeline", "timeline.pt", _TIMELINE
    yield "timeline-oldest", "timeline.pt", replace(_TIMELINE, newest_first=False)
    yield "timeline-empty", "timeline.pt", replace(_TIMELINE, entries=(), pruned=False)
    yield "comment-edit", "edit.pt", _EDIT
    stale = replace(_EDIT, newest=Markup("<p>Saved</p>"), newest_source=HOSTILE)
    yield "comment-edit-stale", "edit.pt", stale
    versions = tuple(
        c.CommentVersionView(number=number, html=Markup("<p>Text</p>"), who="Kim Lee", when=moment(days=1))
        for number in (2, 1)
    )
    history = c.CommentHistoryPage(heading=HEADING, comment=comment(1), versions=versions)
    yield "comment-history", "history.pt", history
    redacted = comment(3, html=None, redacted="Redacted by Sam Okoro.")
    yield "comment-history-redacted", "history.pt", replace(history, comment=redacted, versions=())
    yield "comment-redact", "redact.pt", c.RedactPage(heading=HEADING, comment=comment(1), act=_ACT)


def fragments() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield name, template and context of each part that is rendered alone."""
    yield "discussion", "discussion.pt", {"discussion": DISCUSSION}
    yield "discussion-closed", "discussion.pt", {"discussion": CLOSED}
    yield "preview", "preview.pt", {"preview": Markup("<p>Hello</p>"), "problems": ()}
    yield "preview-empty", "preview.pt", {"preview": Markup(""), "problems": ()}
    yield "preview-refused", "preview.pt", {"preview": None, "problems": ("It is too long.",)}
    people = [c.Suggestion("kim-lee", "Kim Lee", False), c.Suggestion("x#g4", HOSTILE, True)]
    yield "mentions", "mentions.pt", {"suggestions": people}
    yield "receipts", "receipts.pt", {"receipts": (c.Receipt("Kim Lee", moment(days=1)),)}
