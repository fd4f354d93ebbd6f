"""The timeline: comments and ledger rows of one advisory, merged by time and paged by key.

Within each of the two kinds, order is by id, which the indexes serve; so a place between two entries is a
pair of ids, and a page reads no more than its own length of each kind, however long the timeline is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import Any

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.orm import Session, joinedload

from advisoryhub_core.accounts.models import User
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.audit.actions import Tier, audit_actions
from advisoryhub_core.audit.models import AuditLogEntry
from advisoryhub_core.comments.models import Comment
from advisoryhub_core.db.session import system_scope

PRUNED = "audit.pruned"
# Beyond any id, and still short enough for a cursor.
_END = 10**18 - 1
_FIRST_ACTIONS = frozenset({"advisory.created", "advisory.triage_submitted"})
_CURSOR = re.compile(r"([on])-([0-9]{1,18})-([0-9]{1,18})")
_TIERS = {Tier.VIEWER: Cap.VIEW, Tier.COLLABORATOR: Cap.SEE_WORK, Tier.OWNER: Cap.SEE_ROUTING}


class InvalidCursor(ValueError):
    """The cursor is not one that a page gave out."""


@dataclass(frozen=True)
class Event:
    """A row of the ledger."""

    id: int
    at: dt.datetime
    action: str
    actor: User | None
    previous: Any
    new: Any
    details: Any


Item = Comment | Event


@dataclass(frozen=True)
class Place:
    """Between two entries: all with ids smaller than `comment` and `event` are older, all others newer."""

    comment: int = _END
    event: int = _END


NEWEST = Place()
OLDEST = Place(0, 0)


@dataclass(frozen=True)
class Asked:
    """What is asked for: entries older than `place`, or newer ones; with `comments_only` no events."""

    place: Place = NEWEST
    older: bool = True
    size: int = 30
    comments_only: bool = False


@dataclass(frozen=True)
class TimelinePage:
    """Entries newest first, and the cursors of the pages beside it. `pruned` where older events are gone."""

    items: Sequence[Item]
    newer: str | None = None
    older: str | None = None
    pruned: bool = field(default=False)


def read_cursor(cursor: str) -> tuple[Place, bool]:
    """Return the place of a cursor, and whether it leads to older entries. Raises `InvalidCursor`."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidCursor(cursor)
    return Place(int(found.group(2)), int(found.group(3))), found.group(1) == "o"


def cursor_at(comment_id: int) -> str:
    """Return the cursor of the comments from this one on, older ones after it."""
    return _cursor(Place(comment_id + 1, 0), older=True)


def visible_actions(registry: Any, caps: Collection[Cap]) -> list[str]:
    """Return the actions whose rows a person reads on a timeline; an ephemeral one never (INV-AUDIT-5)."""
    return sorted(
        action.name
        for action in audit_actions(registry).values()
        if not action.ephemeral and action.tier in _TIERS and _TIERS[action.tier] in caps
    )


def timeline_page(
    db: Session, registry: Any, advisory: Advisory, caps: Collection[Cap], asked: Asked
) -> TimelinePage:
    """Return one page of what the person may read (INV-COMMENT-2): in three queries at most."""
    limit = asked.size + 1
    comments: Sequence[Item] = _comments(db, advisory, caps, asked, limit)
    events: Sequence[Item] = ()
    if not asked.comments_only:
        events = _events(db, advisory, visible_actions(registry, caps), asked, limit)
    # A merge and not a sort: of each kind an unbroken run is taken, even if times and ids disagree.
    found = list(merge(comments, events, key=_order, reverse=asked.older))
    more = len(found) > asked.size
    items = found[: asked.size]
    far = _beyond(items, asked)
    if not asked.older:
        items.reverse()
    has_older, has_newer = (more, asked.place != NEWEST) if asked.older else (asked.place != OLDEST, more)
    before, after = (far, asked.place) if asked.older else (asked.place, far)
    return TimelinePage(
        items=items,
        newer=_cursor(after, older=False) if has_newer and items else None,
        older=_cursor(before, older=True) if has_older and items else None,
        pruned=not asked.comments_only and not has_older and _is_pruned(db, advisory, items),
    )


def find_comment(db: Session, advisory: Advisory, caps: Collection[Cap], comment_id: int) -> Comment | None:
    """Return a comment on this advisory if the person may read it; None just as for an unknown one."""
    found: Comment | None = db.scalar(
        _readable(advisory, caps)
        .where(Comment.id == comment_id)
        .options(joinedload(Comment.author), joinedload(Comment.redacted_by))
    )
    return found


def _readable(advisory: Advisory, caps: Collection[Cap]) -> Any:
    query = select(Comment).where(Comment.advisory_id == advisory.id)
    return query if Cap.SEE_INTERNAL in caps else query.where(~Comment.internal)


def _comments(
    db: Session, advisory: Advisory, caps: Collection[Cap], asked: Asked, limit: int
) -> Sequence[Comment]:
    query = _readable(advisory, caps).options(joinedload(Comment.author), joinedload(Comment.redacted_by))
    found: Sequence[Comment] = db.scalars(
        query.where(_beside(Comment.id, asked.place.comment, asked))
        .order_by(Comment.id.desc() if asked.older else Comment.id)
        .limit(limit)
    ).all()
    return found


def _events(db: Session, advisory: Advisory, actions: list[str], asked: Asked, limit: int) -> list[Event]:
    entry = AuditLogEntry
    rows = db.execute(
        select(entry.id, entry.at, entry.action, User, entry.previous, entry.new, entry.details)
        .outerjoin(User, User.id == entry.actor_id)
        .where(
            entry.advisory_id == advisory.id,
            entry.action.in_(actions),
            # What a telling companion says already.
            entry.details["narrated"].as_string().is_distinct_from("true"),
            _beside(entry.id, asked.place.event, asked),
        )
        .order_by(entry.id.desc() if asked.older else entry.id)
        .limit(limit)
    )
    return [Event(*row) for row in rows]


def _beside(column: Any, edge: int, asked: Asked) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column < edge if asked.older else column >= edge
    return condition


def _order(item: Item) -> tuple[dt.datetime, bool, int]:
    """By time; of one moment, what happened before what was said of it."""
    if isinstance(item, Event):
        return item.at, False, item.id
    return item.created_at, True, item.id


def _beyond(items: Sequence[Item], asked: Asked) -> Place:
    """Return the place at the far end of a page, seen from where it was asked from."""
    step = 0 if asked.older else 1
    comment, event = asked.place.comment, asked.place.event
    for item in items:
        if isinstance(item, Event):
            event = item.id + step
        else:
            comment = item.id + step
    return Place(comment, event)


def _cursor(place: Place, *, older: bool) -> str:
    return f"{'o' if older else 'n'}-{min(place.comment, _END)}-{min(place.event, _END)}"


# The entry that tells of a prune hangs on no advisory, so that only the system reads it.
_LAST_CUTOFF = text(
    "SELECT (metadata->>'cutoff')::timestamptz FROM audit_log"
    " WHERE action = :action AND metadata ? 'cutoff' ORDER BY id DESC LIMIT 1"
)


def _is_pruned(db: Session, advisory: Advisory, items: Sequence[Item]) -> bool:
    """Tell whether events of this advisory are gone: it is older than what the last prune left."""
    if any(isinstance(item, Event) and item.action in _FIRST_ACTIONS for item in items):
        return False
    with system_scope(db):
        cutoff: dt.datetime | None = db.scalar(_LAST_CUTOFF, {"action": PRUNED})
    return cutoff is not None and advisory.created_at < cutoff
