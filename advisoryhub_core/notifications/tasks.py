"""The worker's side of notifications: rows first, mail outside any transaction, outcomes after."""

from __future__ import annotations

from collections.abc import Iterator

import structlog

from advisoryhub_core.jobs.context import TaskContext
from advisoryhub_core.jobs.queue import send
from advisoryhub_core.mail.message import OutgoingMail
from advisoryhub_core.mail.transport import Deferred
from advisoryhub_core.notifications import channels, delivery, outbox
from advisoryhub_core.notifications.models import MailStatus
from advisoryhub_core.notifications.subscribers import HANDLE_TASK

log = structlog.get_logger(__name__)

DIGEST_TASK = "notifications.digest"
# Between messages: other work gets its turn, and no run comes near its time limit.
_BATCHES_AT_ONCE = 10
_DIGESTS_OF_ONE = 10


def handle(context: TaskContext, advisory_id: int) -> None:
    """Tell people of an advisory's waiting events."""
    while True:
        with context.system() as act:
            handled = outbox.handle(act, advisory_id)
        if handled < outbox.EVENTS_AT_ONCE:
            return


def deliver(context: TaskContext, advisory_id: int) -> None:
    """Hand over an advisory's mail that is due, batch by batch.

    Where nothing of a batch is taken, the server is away: the sweep comes back to it.
    """
    for _batch in range(_BATCHES_AT_ONCE):
        with context.system() as act:
            batch = delivery.due(act, advisory_id)
        if not batch or not _hand_over(context, batch, again=MailStatus.QUEUED):
            return
    send(context.registry, outbox.DELIVER_TASK, (advisory_id,), context.origin.request_id)


def digest(context: TaskContext, user_id: int) -> None:
    """Hand over one person's gathered notifications."""
    for _mail in range(_DIGESTS_OF_ONE):
        with context.system() as act:
            waiting = delivery.next_digest(act, user_id)
        if waiting is None or not _hand_over(context, [waiting], again=MailStatus.DIGEST):
            return


def digests(context: TaskContext) -> None:
    """Start the digests that are due."""
    with context.system() as act:
        people = delivery.people_with_digests_due(act)
    for user_id in people:
        send(context.registry, DIGEST_TASK, (user_id,), context.origin.request_id)


def sweep(context: TaskContext) -> None:
    """Pick up events whose message was lost, and mail that was put off."""
    with context.system() as act:
        waiting = outbox.advisories_waiting(act)
        due = outbox.advisories_with_mail_due(act)
    for task, advisories in ((HANDLE_TASK, waiting), (outbox.DELIVER_TASK, due)):
        for advisory_id in advisories:
            send(context.registry, task, (advisory_id,), context.origin.request_id)


def channel(context: TaskContext, name: str, event_id: int) -> None:
    """Hand one event to a plugin's channel, outside any transaction."""
    with context.system() as act:
        notice = channels.notice_of(act, event_id)
    if notice is not None:
        channels.sender_of(context.registry, name)(context, notice)


def _hand_over(context: TaskContext, batch: list[delivery.Waiting], *, again: MailStatus) -> bool:
    """Hand mails over and record each outcome; return whether the server took or refused any of them.

    The mailer asks for the next mail when it is done with the one before, and is given it once the intent
    is recorded: what a worker that dies leaves behind is the mail it was at, and what it did not begin.
    """
    begun: list[delivery.Waiting] = []

    def mails() -> Iterator[OutgoingMail]:
        for waiting in batch:
            with context.system() as act:
                mail = delivery.begin(act, waiting)
            if mail is not None:
                begun.append(waiting)
                yield mail

    outcomes = context.registry.mailer.deliver(mails())
    with context.system() as act:
        for waiting, outcome in zip(begun, outcomes, strict=True):
            delivery.finish(act, waiting, outcome, again=again)
    return not begun or any(not isinstance(outcome, Deferred) for outcome in outcomes)
