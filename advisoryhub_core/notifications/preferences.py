"""What people wish to hear: their own defaults, and how one advisory differs from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from advisoryhub_core.notifications.kinds import NotificationKind, Switch
from advisoryhub_core.notifications.models import (
    AdvisoryNotificationPreference,
    CommentLevel,
    Digest,
    NotificationPreference,
    Preset,
)

SWITCHES = (Switch.CREATED, Switch.TRIAGE, Switch.SUBMITTED, Switch.PUBLISHED, Switch.EXPORT)
"""Those that are on or off; comments have levels."""


@dataclass(frozen=True)
class Choice:
    """What somebody wishes to hear, of everything or of one advisory; as it stands: the defaults."""

    created: bool = True
    triage: bool = True
    submitted: bool = True
    published: bool = True
    export: bool = True
    comments: CommentLevel = CommentLevel.ALL
    important_only: bool = False

    def wants(self, kind: NotificationKind, *, mentioned: bool) -> bool:
        """Tell whether an event arrives; mentions always do."""
        if mentioned or kind.switch is None:
            return True
        if self.important_only:
            return kind.important
        if kind.switch is Switch.COMMENTS:
            return self.comments is CommentLevel.ALL
        return bool(getattr(self, kind.switch.value))

    def differing(self, other: Choice) -> dict[str, Any]:
        """Return what of this differs from `other`, as it is stored."""
        names = [*(switch.value for switch in SWITCHES), Switch.COMMENTS.value]
        return {name: getattr(self, name) for name in names if getattr(self, name) != getattr(other, name)}


DEFAULTS = Choice()
_NOTHING = replace(DEFAULTS, **dict.fromkeys(map(str, SWITCHES), False), comments=CommentLevel.MENTIONED)


@dataclass(frozen=True)
class Wish:
    """A person's own defaults, and whether their mail comes gathered."""

    choice: Choice = DEFAULTS
    digest: Digest = Digest.OFF


def of_preset(preset: Preset, own: Choice, overrides: Mapping[str, Any]) -> Choice:
    """Return what holds for one advisory. Overrides that nothing knows any more are passed over."""
    if preset is Preset.EVERYTHING:
        return DEFAULTS
    if preset is Preset.IMPORTANT:
        return Choice(comments=CommentLevel.MENTIONED, important_only=True)
    if preset is Preset.MENTIONS:
        return _NOTHING
    if preset is Preset.CUSTOM:
        known = {switch.value: bool(overrides[switch]) for switch in SWITCHES if switch in overrides}
        level = overrides.get(Switch.COMMENTS, own.comments)
        return replace(own, **known, comments=CommentLevel(level))
    return own


def own_wishes(db: Session, user_ids: Iterable[int]) -> dict[int, Wish]:
    """Return the wishes of those who differ from the defaults, in one query."""
    rows = db.scalars(
        select(NotificationPreference).where(NotificationPreference.user_id.in_(sorted(set(user_ids))))
    )
    return {row.user_id: _wish(row) for row in rows}


def wishes_on(db: Session, advisory_id: int, user_ids: Iterable[int]) -> dict[int, Wish]:
    """Return what these people wish to hear of one advisory, in two queries however many they are."""
    ids = sorted(set(user_ids))
    own = own_wishes(db, ids)
    wishes = {user_id: own.get(user_id, Wish()) for user_id in ids}
    table = AdvisoryNotificationPreference
    for row in db.scalars(select(table).where(table.advisory_id == advisory_id, table.user_id.in_(ids))):
        wish = wishes[row.user_id]
        wishes[row.user_id] = replace(wish, choice=of_preset(row.preset, wish.choice, row.overrides))
    return wishes


def own_wish(db: Session, user_id: int) -> Wish:
    return own_wishes(db, [user_id]).get(user_id, Wish())


def advisory_preference(db: Session, user_id: int, advisory_id: int) -> AdvisoryNotificationPreference | None:
    """Return what is stored where one advisory differs; None where the defaults hold."""
    return db.get(AdvisoryNotificationPreference, (user_id, advisory_id))


def _wish(row: NotificationPreference) -> Wish:
    switches = {switch.value: bool(getattr(row, switch.value)) for switch in SWITCHES}
    return Wish(Choice(**switches, comments=row.comments), row.digest)
