"""From the outbox to people: who is told of what is decided here, in one transaction without the network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from advisoryhub_core.access.models import Invitation
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.jobs.queue import enqueue
from advisoryhub_core.notifications.kinds import INVITATION, kind_of
from advisoryhub_core.notifications.models import Digest, MailStatus, Notification, NotificationEvent
from advisoryhub_core.notifications.preferences import Wish, wishes_on
from advisoryhub_core.notifications.recipients import Reason, Recipients
from advisoryhub_core.plugins.extensions import extensions

DELIVER_TASK = "notifications.deliver"
CHANNEL_TASK = "notifications.channel"
EVENTS_AT_ONCE = 20

# What was handled so late is in the inbox, and no mail is made of it.
_TOO_OLD = dt.timedelta(days=7)
# A message that was sent after the commit has arrived by then, or is lost.
_LOST_AFTER = dt.timedelta(seconds=60)
_SWEPT_AT_ONCE = 500


def handle(act: Act, advisory_id: int) -> int:
    """Write the inbox rows of an advisory's waiting events, and return how many events there were.

    At most `EVENTS_AT_ONCE`, in a constant number of queries for any number of people. Safe to run again:
    a person has one row for an event. Mail goes out in a task of its own.
    """
    events = act.db.scalars(
        select(NotificationEvent)
        .where(NotificationEvent.advisory_id == advisory_id, NotificationEvent.handled_at.is_(None))
        .order_by(NotificationEvent.id)
        .limit(EVENTS_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    if not events:
        return 0
    advisory = act.db.get_one(Advisory, advisory_id, options=[joinedload(Advisory.project)])
    rows = [*_rows_for_people(act, advisory, events), *_rows_for_invitations(act, events)]
    if rows:
        act.db.execute(insert(Notification).on_conflict_do_nothing(), rows)
    for event in events:
        event.handled_at = act.now()
        for channel in extensions(act.registry).notification_channels:
            enqueue(act, CHANNEL_TASK, channel, event.id)
    act.db.flush()
    if any(row["mail_status"] is MailStatus.QUEUED for row in rows):
        enqueue(act, DELIVER_TASK, advisory_id)
    return len(events)


def wanted(
    act: Act,
    advisory: Advisory,
    events: Sequence[NotificationEvent],
    user_ids: Collection[int] | None = None,
) -> dict[int, dict[int, tuple[Reason, Wish]]]:
    """Return who may be told of each event and wishes to be, by the ids of event and person.

    Asked when rows are written, and again when their mail goes out.
    """
    recipients = Recipients(act.db, act.registry, advisory, events, user_ids)
    # What tells the same again is judged last.
    ordered = sorted(events, key=lambda event: (_repeats(act.registry, event), event.id))
    candidates = {event.id: recipients.of(event) for event in ordered}
    wishes = wishes_on(act.db, advisory.id, {who for found in candidates.values() for who in found})
    told: dict[int, dict[int, tuple[Reason, Wish]]] = {}
    for event in ordered:
        kind = kind_of(act.registry, event.event)
        found = recipients.of(event) if _repeats(act.registry, event) else candidates[event.id]
        told[event.id] = {
            who: (why, wishes[who])
            for who, why in found.items()
            if kind is not None and wishes[who].choice.wants(kind, mentioned=why is Reason.MENTION)
        }
        recipients.note(event, told[event.id])
    return told


def hold_invitations(act: Act, advisory_id: int, invitation_ids: Collection[int]) -> list[int]:
    """Lock the invitations that are still there against being revoked, and return their ids.

    In the order of whoever revokes one: the advisory, the invitation, and then, by the foreign key, its rows.
    """
    act.db.scalar(
        select(Advisory.id).where(Advisory.id == advisory_id).with_for_update(read=True, key_share=True)
    )
    return list(
        act.db.scalars(
            select(Invitation.id)
            .where(Invitation.id.in_(sorted(invitation_ids)))
            .order_by(Invitation.id)
            .with_for_update()
        )
    )


def advisories_waiting(act: Act) -> list[int]:
    """Return the advisories with events whose message seems to be lost."""
    edge = act.now() - _LOST_AFTER
    return _some(
        act,
        select(NotificationEvent.advisory_id)
        .where(NotificationEvent.handled_at.is_(None), NotificationEvent.created_at < edge)
        .group_by(NotificationEvent.advisory_id)
        .order_by(func.min(NotificationEvent.id)),
    )


def advisories_with_mail_due(act: Act) -> list[int]:
    """Return the advisories with mail whose time has come: it was put off, or its message is lost."""
    return _some(
        act,
        select(Notification.advisory_id)
        .where(Notification.mail_status == MailStatus.QUEUED, Notification.mail_due_at <= act.now())
        .group_by(Notification.advisory_id)
        .order_by(func.min(Notification.mail_due_at)),
    )


def _some(act: Act, query: Any) -> list[int]:
    return list(act.db.scalars(query.limit(_SWEPT_AT_ONCE)))


def _repeats(registry: Any, event: NotificationEvent) -> bool:
    kind = kind_of(registry, event.event)
    return bool(kind and kind.told_by)


def _rows_for_people(
    act: Act, advisory: Advisory, events: Sequence[NotificationEvent]
) -> list[dict[str, Any]]:
    told = wanted(act, advisory, events)
    return [
        _row(act, event, reason, _status(act, event, wish), user_id=user_id)
        for event in events
        for user_id, (reason, wish) in told[event.id].items()
    ]


def _rows_for_invitations(act: Act, events: Sequence[NotificationEvent]) -> list[dict[str, Any]]:
    issued = {e.data["invitation_id"]: e for e in events if e.event == INVITATION}
    if not issued:
        return []
    there = hold_invitations(act, events[0].advisory_id, issued)
    # One that is sent again supersedes what was not sent yet: its token is the one that counts.
    act.db.execute(
        update(Notification)
        .where(Notification.invitation_id.in_(there), Notification.mail_status == MailStatus.QUEUED)
        .values(mail_status=MailStatus.DROPPED)
        .execution_options(synchronize_session=False)
    )
    return [
        _row(act, issued[found], Reason.INVITED, MailStatus.QUEUED, invitation_id=found) for found in there
    ]


def _status(act: Act, event: NotificationEvent, wish: Wish) -> MailStatus:
    if event.created_at < act.now() - _TOO_OLD:
        return MailStatus.NONE
    return MailStatus.QUEUED if wish.digest is Digest.OFF else MailStatus.DIGEST


def _row(
    act: Act,
    event: NotificationEvent,
    reason: Reason,
    status: MailStatus,
    *,
    user_id: int | None = None,
    invitation_id: int | None = None,
) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "advisory_id": event.advisory_id,
        "user_id": user_id,
        "invitation_id": invitation_id,
        "reason": reason.value,
        "mail_status": status,
        "mail_due_at": act.now(),
        "created_at": event.created_at,
    }
