"""Reading the inbox: only what tells of what one may still see, and nothing else is counted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from advisoryhub_core.accounts.identity import Identity
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.queries import visible_to
from advisoryhub_core.comments.models import Comment
from advisoryhub_core.notifications.kinds import COMMENT
from advisoryhub_core.notifications.models import Notification, NotificationEvent
from advisoryhub_core.projects.models import Project

PAGE_SIZE = 25
# Past this many the header says "99+".
COUNT_CAP = 99


@dataclass(frozen=True)
class InboxRow:
    """A line of the inbox, detached from the session."""

    id: int
    event: str
    reason: str
    advisory_id: str
    project_name: str
    comment_id: int | None
    created_at: dt.datetime
    read: bool


@dataclass(frozen=True)
class InboxPage:
    """One page, newest first. `newer` and `older` are the ids that the neighbouring pages begin after."""

    rows: list[InboxRow]
    newer: int | None
    older: int | None


def inbox_page(
    db: Session,
    identity: Identity,
    *,
    unread: bool = False,
    before: int | None = None,
    after: int | None = None,
    size: int = PAGE_SIZE,
) -> InboxPage:
    """Return the notifications older than `before` or newer than `after`, or the newest ones."""
    comment_id = NotificationEvent.data["comment_id"].as_integer()
    # Looked up for the rows of the page: as a join it was made with all of them, before the limit.
    project_name = select(Project.name).where(Project.id == Advisory.project_id).scalar_subquery()
    query = (
        select(
            Notification.id,
            NotificationEvent.event,
            Notification.reason,
            Advisory.advisory_id,
            project_name.label("project_name"),
            comment_id.label("comment_id"),
            Notification.created_at,
            Notification.read_at.is_not(None).label("read"),
        )
        .join(NotificationEvent, NotificationEvent.id == Notification.event_id)
        .join(Advisory, Advisory.id == Notification.advisory_id)
        .where(_shown(db, identity))
    )
    if unread:
        query = query.where(Notification.read_at.is_(None))
    if before is not None:
        query = query.where(Notification.id < before)
    elif after is not None:
        query = query.where(Notification.id > after)
    backwards = before is None and after is not None
    order = Notification.id.asc() if backwards else Notification.id.desc()
    rows = [InboxRow(**row) for row in db.execute(query.order_by(order).limit(size + 1)).mappings()]
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_newer = more if backwards else before is not None
    has_older = True if backwards else more
    return InboxPage(
        rows,
        newer=rows[0].id if rows and has_newer else None,
        older=rows[-1].id if rows and has_older else None,
    )


def unread_count(db: Session, identity: Identity) -> int:
    """Return how many are unread, up to one more than `COUNT_CAP`: the index of unread rows is enough."""
    inner = (
        select(literal(1).label("one"))
        .select_from(Notification)
        .join(NotificationEvent, NotificationEvent.id == Notification.event_id)
        .join(Advisory, Advisory.id == Notification.advisory_id)
        .where(Notification.read_at.is_(None), _shown(db, identity))
        .limit(COUNT_CAP + 1)
    )
    return db.scalar(select(func.count()).select_from(inner.subquery())) or 0


def _shown(db: Session, identity: Identity) -> ColumnElement[bool]:
    """Return the condition for one's own rows about what one sees now.

    A comment that one does not see any more is told of no more, either: row-level security hides internal
    ones from whoever may not read them at this moment (INV-COMMENT-2).
    """
    comment_id = NotificationEvent.data["comment_id"].as_integer()
    # No EXISTS: that may become a hash of all comments (see `sees_advisory` in `db/ddl.py`).
    readable = select(Comment.id).where(Comment.id == comment_id).scalar_subquery().is_not(None)
    return and_(
        Notification.user_id == identity.user_id,
        visible_to(db, identity),
        or_(NotificationEvent.event != COMMENT, readable),
    )
