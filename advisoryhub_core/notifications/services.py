"""The writers behind the inbox and the preferences of one person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Role
from advisoryhub_core.advisories.queries import role_on
from advisoryhub_core.errors import NotPermitted
from advisoryhub_core.events import AdvisoryOpened
from advisoryhub_core.notifications.asks import advisory_questions, own_questions
from advisoryhub_core.notifications.kinds import Switch
from advisoryhub_core.notifications.models import (
    AdvisoryNotificationPreference,
    CommentLevel,
    Digest,
    Notification,
    NotificationPreference,
    Preset,
)
from advisoryhub_core.notifications.preferences import DEFAULTS, SWITCHES, Choice, own_wish
from advisoryhub_core.web.asked import read


def mark_read(act: Act, notification_id: int) -> None:
    """Mark one of the acting person's notifications as read; nothing where there is no such one."""
    _mark(act, Notification.id == notification_id)


def mark_all_read(act: Act) -> None:
    """Mark all of the acting person's notifications as read."""
    _mark(act)


def mark_advisory_read(event: AdvisoryOpened) -> None:
    """Subscriber: mark what tells a person of an advisory as read once they have opened it."""
    _mark(event.act, Notification.advisory_id == event.advisory_id)


def save_preferences(act: Act, given: Mapping[str, Any]) -> None:
    """Keep the acting person's own defaults; no row where they are the hub's (sparse).

    Raises `PayloadInvalid` with every mistake.
    """
    values = read(own_questions(), given)
    choice, digest = _choice(values), Digest(values["digest"])
    user_id = act.identity.user_id
    if choice == DEFAULTS and digest is Digest.OFF:
        act.db.execute(delete(NotificationPreference).where(NotificationPreference.user_id == user_id))
        return
    row = {
        **{switch.value: getattr(choice, switch.value) for switch in SWITCHES},
        "comments": choice.comments,
        "digest": digest,
    }
    statement = insert(NotificationPreference).values(user_id=user_id, last_digest_at=act.now(), **row)
    act.db.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=row))


def save_advisory_preference(act: Act, advisory: Advisory, given: Mapping[str, Any]) -> None:
    """Keep how the acting person's wishes for one advisory differ; no row where they do not (sparse).

    Raises `PayloadInvalid` with every mistake, and `NotPermitted` for an advisory that they may not see.
    """
    if role_on(act.db, act.identity, advisory) is Role.NONE or act.identity.user_id is None:
        raise NotPermitted("There is no such advisory for you.")
    values = read(advisory_questions(), given)
    preset = Preset(values["preset"])
    own = own_wish(act.db, act.identity.user_id).choice
    overrides = _choice(values).differing(own) if preset is Preset.CUSTOM else {}
    key = {"user_id": act.identity.user_id, "advisory_id": advisory.id}
    if preset is Preset.DEFAULTS or (preset is Preset.CUSTOM and not overrides):
        act.db.execute(delete(AdvisoryNotificationPreference).filter_by(**key))
        return
    row = {"preset": preset, "overrides": overrides}
    statement = insert(AdvisoryNotificationPreference).values(**key, **row)
    act.db.execute(statement.on_conflict_do_update(index_elements=list(key), set_=row))


def _choice(values: Mapping[str, Any]) -> Choice:
    switches = {switch.value: bool(values[switch.value]) for switch in SWITCHES}
    return Choice(**switches, comments=CommentLevel(values[Switch.COMMENTS.value]))


def _mark(act: Act, *conditions: Any) -> None:
    act.db.execute(
        update(Notification)
        .where(
            Notification.user_id == act.identity.user_id,
            Notification.read_at.is_(None),
            *conditions,
        )
        .values(read_at=act.now())
        .execution_options(synchronize_session=False)
    )
