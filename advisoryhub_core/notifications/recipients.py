"""Who is told of an event: resolved when it is sent, never when it happens (INV-PRIVACY-2)."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from advisoryhub_core.accounts.models import User, user_groups
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Cap, Facts
from advisoryhub_core.advisories.queries import Standing, capabilities_of, standings_on
from advisoryhub_core.comments.models import Comment
from advisoryhub_core.notifications.kinds import COMMENT, MENTION, Audience, NotificationKind, kind_of
from advisoryhub_core.notifications.models import Notification, NotificationEvent
from advisoryhub_core.projects.models import RosterEntry


class Reason(enum.StrEnum):
    """Why somebody is told."""

    MENTION = "mention"
    TEAM = "team"
    GRANT = "grant"
    ADMIN = "admin"
    ROSTER = "roster"
    INVITED = "invited"


@dataclass(frozen=True)
class _Said:
    """The comment that an event is about, as it stands now; `readable` unless it was redacted."""

    internal: bool
    readable: bool


class Recipients:
    """Who is told of some events of one advisory, as access stands at the time of asking.

    A constant number of queries, however many people and events there are. Only `user_ids` are considered
    where they are given. Reads in the system scope.
    """

    def __init__(
        self,
        db: Session,
        registry: Any,
        advisory: Advisory,
        events: Sequence[NotificationEvent],
        user_ids: Collection[int] | None = None,
    ) -> None:
        self._registry = registry
        self._standings = standings_on(db, registry, advisory, user_ids)
        self._shadows = _shadows(db, advisory, user_ids)
        self._comments = _comments(db, events)
        self._members = _members(db, events)
        self._told = _told(db, registry, events)
        self._caps: dict[Facts, frozenset[Cap]] = {}

    def of(self, event: NotificationEvent) -> dict[int, Reason]:
        """Return who is told, and why; nobody of an event that is not known or is not there any more."""
        kind = kind_of(self._registry, event.event)
        if kind is None or kind.audience is Audience.INVITED:
            return {}
        cap, shadows = kind.cap, self._shadows
        if kind.code == COMMENT:
            said = self._comments.get(event.data["comment_id"])
            if said is None or not said.readable:
                return {}
            if said.internal:
                cap, shadows = Cap.SEE_INTERNAL, frozenset()
        mentioned = self._mentioned(event)
        found: dict[int, Reason] = {}
        for user_id, standing in self._standings.items():
            reason = _reason(kind, standing, mentioned=user_id in mentioned)
            if reason is not None and cap in self._caps_of(standing):
                found[user_id] = reason
        if kind.audience in {Audience.TEAM, Audience.EVERYBODY}:
            found.update(dict.fromkeys(shadows, Reason.ROSTER))
        told = {who for code in kind.told_by for who in self._told.get((code, event.data.get("version")), ())}
        return {who: why for who, why in found.items() if who != event.actor_id and who not in told}

    def note(self, event: NotificationEvent, user_ids: Iterable[int]) -> None:
        """Remember whom an event was told to, for kinds that tell the same again."""
        self._told.setdefault((event.event, event.data.get("version")), set()).update(user_ids)

    def _mentioned(self, event: NotificationEvent) -> set[int]:
        people = set(event.data.get("mentioned_users", ()))
        return people.union(*(self._members.get(g, set()) for g in event.data.get("mentioned_groups", ())))

    def _caps_of(self, standing: Standing) -> frozenset[Cap]:
        if standing.facts not in self._caps:
            self._caps[standing.facts] = capabilities_of(self._registry, standing)
        return self._caps[standing.facts]


def wording_of(registry: Any, event: str, reason: str) -> NotificationKind | None:
    """Return the row whose words tell somebody of an event; a comment's say whether it mentions them."""
    return kind_of(registry, MENTION if event == COMMENT and reason == Reason.MENTION else event)


def _reason(kind: NotificationKind, standing: Standing, *, mentioned: bool) -> Reason | None:
    if mentioned:
        return Reason.MENTION
    if kind.audience is Audience.ADMINS:
        return Reason.ADMIN if standing.admin else None
    if standing.on_team:
        return Reason.TEAM
    return Reason.GRANT if standing.granted and kind.audience is Audience.EVERYBODY else None


def _shadows(db: Session, advisory: Advisory, user_ids: Collection[int] | None) -> frozenset[int]:
    """Return the roster's members who never signed in: without any right, but told (INV-ROSTER-1)."""
    query = (
        select(User.id)
        .join(RosterEntry, RosterEntry.user_id == User.id)
        .where(
            RosterEntry.project_id == advisory.project_id,
            RosterEntry.removed_at.is_(None),
            User.is_provisioned,
            User.is_active,
            User.banned_at.is_(None),
        )
    )
    if user_ids is not None:
        query = query.where(User.id.in_(sorted(user_ids)))
    return frozenset(db.scalars(query))


def _comments(db: Session, events: Sequence[NotificationEvent]) -> dict[int, _Said]:
    ids = {event.data["comment_id"] for event in events if event.event == COMMENT}
    if not ids:
        return {}
    rows = db.execute(
        select(Comment.id, Comment.internal, Comment.redacted_at).where(Comment.id.in_(sorted(ids)))
    )
    return {row.id: _Said(internal=row.internal, readable=row.redacted_at is None) for row in rows}


def _members(db: Session, events: Sequence[NotificationEvent]) -> dict[int, set[int]]:
    groups = {group for event in events for group in event.data.get("mentioned_groups", ())}
    members: dict[int, set[int]] = {}
    if groups:
        pairs = select(user_groups.c.group_id, user_groups.c.user_id)
        for group_id, user_id in db.execute(pairs.where(user_groups.c.group_id.in_(sorted(groups)))):
            members.setdefault(group_id, set()).add(user_id)
    return members


def _told(db: Session, registry: Any, events: Sequence[NotificationEvent]) -> dict[tuple[str, Any], set[int]]:
    """Return whom the earlier events that `told_by` names were told to, by code and version."""
    codes = {code for event in events for code in _told_by(registry, event)}
    if not codes:
        return {}
    version = NotificationEvent.data["version"].as_integer()
    rows = db.execute(
        select(NotificationEvent.event, version, Notification.user_id)
        .join(Notification, Notification.event_id == NotificationEvent.id)
        .where(
            NotificationEvent.advisory_id == events[0].advisory_id,
            NotificationEvent.event.in_(sorted(codes)),
            version.in_({event.data["version"] for event in events if "version" in event.data}),
        )
    )
    told: dict[tuple[str, Any], set[int]] = {}
    for code, version, user_id in rows:
        told.setdefault((code, version), set()).add(user_id)
    return told


def _told_by(registry: Any, event: NotificationEvent) -> tuple[str, ...]:
    kind = kind_of(registry, event.event)
    return kind.told_by if kind else ()
