"""Mail of notifications: intent before and outcome after the mail server is asked, never a lock meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload

from advisoryhub_core.access.invitations import InvitationClosed, issue_token
from advisoryhub_core.access.models import Invitation
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.audit.services import record
from advisoryhub_core.mail.message import MailRefused, OutgoingMail
from advisoryhub_core.mail.transport import Delivery, Refused, Sent
from advisoryhub_core.notifications import letters
from advisoryhub_core.notifications.models import (
    Digest,
    MailStatus,
    Notification,
    NotificationPreference,
)
from advisoryhub_core.notifications.outbox import hold_invitations, wanted
from advisoryhub_core.notifications.settings import ATTEMPTS, BATCH
from advisoryhub_core.notifications.wording import target_path

log = structlog.get_logger(__name__)

DIGEST_ENTRIES = 50
_FIRST_PAUSE = dt.timedelta(minutes=1)
_LONGEST_PAUSE = dt.timedelta(hours=6)
# A daily digest that the hourly task would otherwise miss by seconds comes with it.
_DAY = dt.timedelta(hours=23, minutes=30)
_DIGESTS_AT_ONCE = 1000
_WITH_ALL = (
    joinedload(Notification.event),
    joinedload(Notification.user),
    joinedload(Notification.advisory).joinedload(Advisory.project),
)


@dataclass(frozen=True)
class Waiting:
    """Rows that become one mail: one, or those of a digest, which is about no one advisory.

    `write` makes the mail, in the intent's transaction.
    """

    row_ids: tuple[int, ...]
    advisory_id: int | None
    user_id: int | None
    write: Callable[[Act], OutgoingMail]
    invitation_id: int | None = None


def due(act: Act, advisory_id: int) -> list[Waiting]:
    """Return the next batch of an advisory's mail, and drop what its person may or would not get any more.

    Access, mentions and wishes are judged anew, together for all of the batch (INV-PRIVACY-2).
    """
    rows = act.db.scalars(
        select(Notification)
        .where(
            Notification.advisory_id == advisory_id,
            Notification.mail_status == MailStatus.QUEUED,
            Notification.mail_due_at <= act.now(),
        )
        .order_by(Notification.id)
        .limit(BATCH.of(act.registry))
        .options(*_WITH_ALL)
    ).all()
    if not rows:
        return []
    told = _still_wanted(act, rows[0].advisory, rows)
    waiting = [_waiting(row) for row in rows if row.invitation_id is not None or row.id in told]
    _drop(act, [row.id for row in rows if row.invitation_id is None and row.id not in told])
    return waiting


def begin(act: Act, waiting: Waiting) -> OutgoingMail | None:
    """Record that a mail is about to be handed over, and return it; None where that is not to be.

    The rows go from waiting to `sending` at once, so that of two workers one hands it over, and a worker
    that dies after this leads to no second mail.
    """
    if waiting.advisory_id is not None and waiting.invitation_id is not None:
        hold_invitations(act, waiting.advisory_id, [waiting.invitation_id])
    taken = act.db.execute(
        update(Notification)
        .where(
            Notification.id.in_(waiting.row_ids),
            Notification.mail_status.in_([MailStatus.QUEUED, MailStatus.DIGEST]),
            # Not within the pause that another worker has just set.
            or_(Notification.mail_due_at <= act.now(), Notification.mail_status == MailStatus.DIGEST),
        )
        .values(mail_status=MailStatus.SENDING, mail_attempts=Notification.mail_attempts + 1, mail_error="")
        .returning(Notification.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not taken:
        return None
    try:
        return waiting.write(act)
    except InvitationClosed:
        _drop(act, waiting.row_ids)
    except MailRefused as error:
        _set(act, waiting.row_ids, mail_status=MailStatus.REFUSED, mail_error=str(error))
    return None


def finish(act: Act, waiting: Waiting, outcome: Delivery, *, again: MailStatus = MailStatus.QUEUED) -> None:
    """Record what became of a mail. One that was put off is tried again, later each time, up to a limit."""
    now = act.now()
    if isinstance(outcome, Sent):
        _set(act, waiting.row_ids, mail_status=MailStatus.SENT, mailed_at=now)
        if waiting.advisory_id is None:
            # Not for one that was put off: it is due again with the next hour.
            act.db.execute(
                update(NotificationPreference)
                .where(NotificationPreference.user_id == waiting.user_id)
                .values(last_digest_at=now)
            )
        # The actor is whose mail it is: what is logged about a person is found, and forgotten, by them.
        record(
            act,
            "notification.sent",
            advisory_id=waiting.advisory_id,
            actor_id=waiting.user_id,
            notifications=list(waiting.row_ids),
        )
        return
    reason = outcome.reason if isinstance(outcome, Refused) else getattr(outcome, "reason", "")
    tried = act.db.scalar(select(Notification.mail_attempts).where(Notification.id == waiting.row_ids[0]))
    if isinstance(outcome, Refused) or (tried or 0) >= ATTEMPTS.of(act.registry):
        _set(act, waiting.row_ids, mail_status=MailStatus.REFUSED, mail_error=reason)
        log.warning("notification_refused", notifications=list(waiting.row_ids), reason=reason)
        return
    pause = min(_FIRST_PAUSE * 4 ** ((tried or 1) - 1), _LONGEST_PAUSE)
    _set(act, waiting.row_ids, mail_status=again, mail_error=reason, mail_due_at=now + pause)


def people_with_digests_due(act: Act) -> list[int]:
    """Return whose gathered notifications are due: hourly ones always, daily ones a day after the last."""
    preference = NotificationPreference
    daily = preference.digest == Digest.DAILY
    recent = preference.last_digest_at > act.now() - _DAY
    waiting = (
        select(Notification.user_id)
        .outerjoin(preference, preference.user_id == Notification.user_id)
        .where(Notification.mail_status == MailStatus.DIGEST, (daily & recent).is_not(True))
        .distinct()
        .order_by(Notification.user_id)
        .limit(_DIGESTS_AT_ONCE)
    )
    return [user_id for user_id in act.db.scalars(waiting) if user_id is not None]


def next_digest(act: Act, user_id: int) -> Waiting | None:
    """Return a person's next digest, and drop what they may or would not get any more; None for nothing.

    Each entry's access is judged anew; an entry of an advisory costs a few queries, and a digest holds at
    most `DIGEST_ENTRIES`.
    """
    rows = act.db.scalars(
        select(Notification)
        .where(Notification.user_id == user_id, Notification.mail_status == MailStatus.DIGEST)
        .order_by(Notification.id)
        .limit(DIGEST_ENTRIES)
        .options(*_WITH_ALL)
    ).all()
    told: set[int] = set()
    for advisory in {row.advisory_id: row.advisory for row in rows}.values():
        told |= _still_wanted(act, advisory, [row for row in rows if row.advisory_id == advisory.id])
    kept = [row for row in rows if row.id in told]
    _drop(act, [row.id for row in rows if row.id not in told])
    if not kept:
        return None
    key = f"{user_id}.{kept[0].id}"
    to = _addressee(kept[0])
    entries = [_told(row) for row in kept]

    def write(act: Act) -> OutgoingMail:
        return letters.digest(act.registry, to, key, entries)

    return Waiting(tuple(row.id for row in kept), None, user_id, write)


def _waiting(row: Notification) -> Waiting:
    if row.invitation_id is not None:
        return _invitation(row, row.invitation_id)
    to, told, row_id = _addressee(row), _told(row), row.id

    def write(act: Act) -> OutgoingMail:
        return letters.single(act.registry, to, row_id, told)

    return Waiting((row_id,), row.advisory_id, row.user_id, write)


def _invitation(row: Notification, invitation_id: int) -> Waiting:
    told, row_id = _told(row), row.id

    def write(act: Act) -> OutgoingMail:
        invitation = act.db.get(Invitation, invitation_id)
        if invitation is None:
            raise InvitationClosed
        path = "/accounts/invitation/?" + urlencode({"token": issue_token(act, invitation)})
        return letters.single(
            act.registry, letters.Addressee(invitation.email), row_id, replace(told, path=path)
        )

    return Waiting((row_id,), row.advisory_id, None, write, invitation_id)


def _still_wanted(act: Act, advisory: Advisory, rows: Sequence[Notification]) -> set[int]:
    """Return the ids of the rows that would be written today."""
    people = [row for row in rows if row.user_id is not None]
    events = list({row.event_id: row.event for row in people}.values())
    if not events:
        return set()
    told = wanted(act, advisory, events, {row.user_id for row in people if row.user_id is not None})
    return {row.id for row in people if row.user_id in told[row.event_id]}


def _addressee(row: Notification) -> letters.Addressee:
    if row.user is None:
        raise LookupError(f"notification {row.id} has no person")
    return letters.Addressee(row.user.email, row.user.display_name, row.user.language)


def _told(row: Notification) -> letters.Told:
    path = target_path(row.advisory.advisory_id, row.event.data.get("comment_id"))
    advisory = row.advisory
    return letters.Told(row.event.event, row.reason, advisory.advisory_id, advisory.project.name, path)


def _drop(act: Act, row_ids: Sequence[int]) -> None:
    if row_ids:
        _set(act, row_ids, mail_status=MailStatus.DROPPED)


def _set(act: Act, row_ids: Sequence[int], **values: object) -> None:
    act.db.execute(
        update(Notification)
        .where(Notification.id.in_(row_ids))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
