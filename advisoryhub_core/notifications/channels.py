"""Other ways than mail to tell people: what a plugin's channel is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from advisoryhub_core.accounts.models import User
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.notifications import wording
from advisoryhub_core.notifications.kinds import kind_of
from advisoryhub_core.notifications.models import NotificationEvent
from advisoryhub_core.notifications.outbox import wanted
from advisoryhub_core.plugins.extensions import extensions


@dataclass(frozen=True)
class NoticeRecipient:
    """Somebody who may be told now and wishes to be; `reason` says why."""

    user_id: int
    email: str
    language: str
    reason: str


@dataclass(frozen=True)
class Notice:
    """One event as a channel gets it: ids, words of ours and a link, no content (INV-SECRET-3)."""

    event: str
    sentence: str
    advisory_id: str
    project: str
    url: str
    at: dt.datetime
    recipients: tuple[NoticeRecipient, ...]


ChannelSender = Callable[[Any, Notice], None]


def notice_of(act: Act, event_id: int) -> Notice | None:
    """Return an event with those it concerns at this moment; None where that is nobody."""
    event = act.db.get(
        NotificationEvent,
        event_id,
        options=[joinedload(NotificationEvent.advisory).joinedload(Advisory.project)],
    )
    kind = kind_of(act.registry, event.event) if event is not None else None
    if event is None or kind is None:
        return None
    advisory = event.advisory
    told = wanted(act, advisory, [event])[event.id]
    people = act.db.execute(
        select(User.id, User.email, User.language).where(User.id.in_(sorted(told))).order_by(User.id)
    )
    recipients = tuple(NoticeRecipient(row.id, row.email, row.language, told[row.id][0]) for row in people)
    if not recipients:
        return None
    return Notice(
        event=event.event,
        sentence=wording.localizer_for(act.registry, "en").translate(kind.sentence),
        advisory_id=advisory.advisory_id,
        project=advisory.project.slug,
        url=wording.absolute(act.registry, wording.target_path(advisory.advisory_id)),
        at=event.created_at,
        recipients=recipients,
    )


def sender_of(registry: Any, name: str) -> ChannelSender:
    """Return a channel's sender; raises `LookupError` for one whose plugin is gone."""
    sender: ChannelSender = extensions(registry).notification_channels[name]
    return sender
