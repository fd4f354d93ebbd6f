"""Who opened which advisory when: the marks "new" and "changed", and the receipt of the first opening."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from sqlalchemy import ColumnElement, and_, literal_column, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from advisoryhub_core.accounts.identity import Identity
from advisoryhub_core.accounts.models import User
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.audit.models import AuditLogEntry
from advisoryhub_core.audit.services import record
from advisoryhub_core.comments.models import AdvisoryVisit, Comment
from advisoryhub_core.events import AdvisoryOpened

FIRST_SEEN = "advisory.first_seen"
RECEIPTS_AT_MOST = 100

News = Literal["new", "changed"]


def note_visit(event: AdvisoryOpened) -> None:
    """Subscriber: keep when the person last opened the advisory, and which version they saw.

    The first time, and only then, the ledger gets one durable entry without address and agent (INV-AUDIT-6).
    """
    act = event.act
    if act.identity.user_id is None:
        return
    now = act.now()
    statement = insert(AdvisoryVisit).values(
        user_id=act.identity.user_id,
        advisory_id=event.advisory_id,
        first_at=now,
        last_at=now,
        last_version=event.version,
    )
    # `xmax` is 0 in a row that was inserted: of two requests at once, one is the first.
    inserted = act.db.scalar(
        statement.on_conflict_do_update(
            index_elements=["user_id", "advisory_id"],
            set_={"last_at": statement.excluded.last_at, "last_version": statement.excluded.last_version},
        ).returning(literal_column("xmax = 0"))
    )
    if inserted:
        record(act, FIRST_SEEN, advisory_id=event.advisory_id)


def news(db: Session, identity: Identity, advisory_ids: Iterable[int]) -> dict[int, News]:
    """Return which of these advisories the person never opened, or not since they changed; one query."""
    ids = sorted(advisory_ids)
    if not ids or identity.user_id is None:
        return {}
    rows = db.execute(
        select(Advisory.id, AdvisoryVisit.last_at, _is_changed(identity).label("changed"))
        .outerjoin(AdvisoryVisit, _own_visit(identity))
        .where(Advisory.id.in_(ids))
    )
    found: dict[int, News] = {}
    for row in rows:
        if row.last_at is None:
            found[row.id] = "new"
        elif row.changed:
            found[row.id] = "changed"
    return found


def changed_advisory_ids(db: Session, identity: Identity) -> list[int]:
    """Return what changed since the person last opened it, reached through their own visits.

    The limit keeps PostgreSQL from reading every advisory to join the few that the person opened.
    """
    changed = (
        select(Advisory.id)
        .where(Advisory.id == AdvisoryVisit.advisory_id, _is_changed(identity))
        .correlate(AdvisoryVisit)
        .limit(1)
        .lateral()
    )
    return list(
        db.scalars(
            select(changed.c.id)
            .select_from(AdvisoryVisit)
            .join(changed, true())
            .where(AdvisoryVisit.user_id == identity.user_id)
        )
    )


def receipts(db: Session, advisory: Advisory) -> list[tuple[User, dt.datetime]]:
    """Return who opened the advisory for the first time when, oldest first, at most `RECEIPTS_AT_MOST`."""
    rows = db.execute(
        select(User, AuditLogEntry.at)
        .join(User, User.id == AuditLogEntry.actor_id)
        .where(AuditLogEntry.advisory_id == advisory.id, AuditLogEntry.action == FIRST_SEEN)
        .order_by(AuditLogEntry.id)
        .limit(RECEIPTS_AT_MOST)
    )
    return [(user, at) for user, at in rows]


def _own_visit(identity: Identity) -> ColumnElement[bool]:
    return and_(AdvisoryVisit.advisory_id == Advisory.id, AdvisoryVisit.user_id == identity.user_id)


def _is_changed(identity: Identity) -> ColumnElement[bool]:
    """Modified, or commented by somebody else, after the visit; of comments, those that one may see.

    Row-level security leaves out internal ones that the person may not see (INV-COMMENT-2).
    """
    commented: ColumnElement[bool] = (
        select(Comment.id)
        .where(
            Comment.advisory_id == Advisory.id,
            Comment.created_at > AdvisoryVisit.last_at,
            Comment.author_id.is_distinct_from(identity.user_id),
        )
        .correlate(Advisory, AdvisoryVisit)
        .exists()
    )
    return or_(
        Advisory.modified_at > AdvisoryVisit.last_at,
        Advisory.current_version > AdvisoryVisit.last_version,
        commented,
    )
