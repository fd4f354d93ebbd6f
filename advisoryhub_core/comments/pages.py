"""What the views of the discussion hand to `templates/comments/`: one record per page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from advisoryhub_core.advisories.pages import AdvisoryHeading
from advisoryhub_core.web.pages import NO_PAGER, Act, FormField, Moment, Pager, SupportsHTML


@dataclass(frozen=True, kw_only=True)
class CommentView:
    """A comment. `redacted` says by whom and when instead of `html`; `note` which act it is the reason of."""

    id: int
    who: Any
    when: Moment
    url: str
    html: SupportsHTML | None = None
    redacted: Any = None
    internal: bool = False
    note: Any = ""
    edited: Moment | None = None
    history_url: str | None = None
    edit_url: str | None = None
    redact_url: str | None = None
    kind: Literal["comment"] = "comment"

    @property
    def anchor(self) -> str:
        return f"comment-{self.id}"


@dataclass(frozen=True, kw_only=True)
class EventView:
    """A row of the ledger as a sentence; `url` leads to what it speaks of."""

    id: int
    text: Any
    when: Moment
    url: str | None = None
    kind: Literal["event"] = "event"

    @property
    def anchor(self) -> str:
        return f"event-{self.id}"


@dataclass(frozen=True, kw_only=True)
class Composer:
    """The form that a comment is written in. `place` tells the answer where it was posted from.

    `preview` is how the text will read, where that was asked for. `base_version` is the version that an
    edit was opened on; None for a new comment.
    """

    action: str
    preview_url: str
    mentions_url: str
    draft_key: str
    body: FormField
    submit: Any
    place: Literal["panel", "comments", "edit"]
    internal: FormField | None = None
    preview: SupportsHTML | None = None
    base_version: int | None = None
    cancel_url: str | None = None

    @property
    def dirty(self) -> bool:
        return bool(self.body.errors or self.preview)

    @property
    def preview_id(self) -> str:
        return f"{self.body.id}-preview"

    @property
    def list_id(self) -> str:
        return f"{self.body.id}-people"


@dataclass(frozen=True, kw_only=True)
class Discussion:
    """`comments/discussion.pt`: entries with a form, on the advisory's page and on one of its own.

    `closed` says why there is no form. `drafts` are the keys of drafts that are saved by now. `posted`
    says that the comment just written is there.
    """

    entries: tuple[CommentView | EventView, ...]
    composer: Composer | None
    closed: Any = ""
    locked: Any = ""
    acts: tuple[Act, ...] = ()
    pruned: bool = False
    timeline_url: str
    comments_url: str | None = None
    older_url: str | None = None
    drafts: str = ""
    posted: bool = False


@dataclass(frozen=True, kw_only=True)
class CommentsPage:
    """`comments/comments.pt`: every comment, newest first, with the form."""

    heading: AdvisoryHeading
    discussion: Discussion
    pager: Pager = NO_PAGER


@dataclass(frozen=True, kw_only=True)
class TimelineView:
    """`comments/timeline.pt`: all that happened; `pruned` where older events are gone."""

    heading: AdvisoryHeading
    entries: tuple[CommentView | EventView, ...]
    newest_first: bool
    newest_url: str
    oldest_url: str
    comments_url: str
    pager: Pager = NO_PAGER
    pruned: bool = False


@dataclass(frozen=True, kw_only=True)
class EditPage:
    """`comments/edit.pt`; `newest` is the text that somebody saved meanwhile, for comparison."""

    heading: AdvisoryHeading
    composer: Composer
    newest: SupportsHTML | None = None
    newest_source: str = ""


@dataclass(frozen=True, kw_only=True)
class CommentVersionView:
    number: int
    html: SupportsHTML
    who: Any
    when: Moment


@dataclass(frozen=True, kw_only=True)
class CommentHistoryPage:
    """`comments/history.pt`: what a comment said, newest first."""

    heading: AdvisoryHeading
    comment: CommentView
    versions: tuple[CommentVersionView, ...]


@dataclass(frozen=True, kw_only=True)
class RedactPage:
    """`comments/redact.pt`: the comment, and the act that empties it."""

    heading: AdvisoryHeading
    comment: CommentView
    act: Act


@dataclass(frozen=True)
class Suggestion:
    """Somebody who can be mentioned: what is typed, and how they are shown."""

    handle: str
    label: str
    is_group: bool


@dataclass(frozen=True)
class Receipt:
    """Who opened the advisory first when."""

    who: str
    when: Moment
