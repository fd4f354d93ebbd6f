"""Reading advisories: the visibility query, one advisory, and the facts that decide about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, false, literal, or_, select, true, union_all
from sqlalchemy.orm import Session, joinedload

from advisoryhub_core.access.models import Grant
from advisoryhub_core.accounts.identity import Identity
from advisoryhub_core.accounts.models import Group, User, user_groups
from advisoryhub_core.accounts.settings import ADMIN_GROUP
from advisoryhub_core.advisories.models import Advisory, AdvisoryVersion
from advisoryhub_core.advisories.permissions import (
    Cap,
    CapabilityRule,
    Facts,
    Role,
    capabilities,
    derive_role,
)
from advisoryhub_core.advisories.settings import ADMINS_NEED_REVIEW
from advisoryhub_core.plugins.extensions import extensions
from advisoryhub_core.projects.models import Project


def granted_advisory_ids(db: Session, identity: Identity) -> list[int]:
    """Return the advisories that a person or one of their groups holds a grant on."""
    return sorted(set(db.scalars(select(Grant.advisory_id).where(_holds_grant(identity)))))


def visible_to(db: Session, identity: Identity) -> ColumnElement[bool]:
    """Return the condition on `Advisory` that picks what a person may see (INV-CONF-2).

    Written with id lists, so that PostgreSQL reaches the visible rows by index. Row-level security says
    the same a second time, and a test compares the two.
    """
    owned = owned_by(identity)
    if identity.is_admin or identity.is_system or identity.user_id is None:
        return owned
    granted = granted_advisory_ids(db, identity)
    return or_(owned, Advisory.id.in_(granted)) if granted else owned


def owned_by(identity: Identity) -> ColumnElement[bool]:
    """Return the condition on `Advisory` that picks what a person owns (INV-AUTH-3)."""
    if identity.is_admin or identity.is_system:
        return true()
    if not identity.team_project_ids:
        return false()
    return Advisory.project_id.in_(sorted(identity.team_project_ids))


def find_visible(db: Session, identity: Identity, advisory_id: str) -> Advisory | None:
    """Return the advisory with this public id if the person may see it; None just as for an unknown id."""
    found = db.scalar(
        select(Advisory)
        .where(Advisory.advisory_id == advisory_id)
        .options(joinedload(Advisory.project), joinedload(Advisory.created_by))
    )
    if found is None or role_on(db, identity, found) is Role.NONE:
        return None
    return found


def role_on(db: Session, identity: Identity, advisory: Advisory) -> Role:
    """Return a person's role on one advisory, derived and never stored (INV-AUTH-3)."""
    if identity.user_id is None:
        return Role.ADMIN if identity.is_system else Role.NONE
    on_team = advisory.project_id in identity.team_project_ids
    grants: list[str] = []
    if not identity.is_admin and not on_team:
        grants = [
            permission.value
            for permission in db.scalars(
                select(Grant.permission).where(Grant.advisory_id == advisory.id, _holds_grant(identity))
            )
        ]
    return derive_role(admin=identity.is_admin, on_team=on_team, grants=grants)


def facts_about(db: Session, registry: Any, identity: Identity, advisory: Advisory) -> Facts:
    """Return all that decides what `identity` may do to `advisory`, as the row stands now."""
    needs_review = ADMINS_NEED_REVIEW.of(registry)
    return _facts(
        advisory,
        role_on(db, identity, advisory),
        on_suggested_team=_may_answer_suggestion(identity, advisory),
        needs_review=needs_review,
        last_editor=needs_review and identity.user_id == _last_editor(db, advisory),
    )


@dataclass(frozen=True)
class Standing:
    """What one person is to an advisory, and by which ways; the ways outlive the role, which is one."""

    facts: Facts
    on_team: bool
    admin: bool
    granted: bool


def standings_on(
    db: Session, registry: Any, advisory: Advisory, user_ids: Iterable[int] | None = None
) -> dict[int, Standing]:
    """Return the standing of everybody who has a role on an advisory, or of those among `user_ids`.

    The twin of `facts_about` for many people at once, in at most two queries however many they are.
    Shadows, inactive and banned people have no role and are left out (INV-OIDC-5, INV-AUTH-8).
    """
    needs_review = ADMINS_NEED_REVIEW.of(registry)
    editor = _last_editor(db, advisory) if needs_review else None
    ways: dict[int, set[str]] = {}
    for user_id, way in db.execute(_ways_to(registry, advisory, user_ids)):
        ways.setdefault(user_id, set()).add(way)
    found: dict[int, Standing] = {}
    for user_id, held in ways.items():
        role = derive_role(admin=_ADMIN in held, on_team=_TEAM in held, grants=held)
        if role is Role.NONE:
            continue
        asked = advisory.reassignment_requested_by_id == user_id
        facts = _facts(
            advisory,
            role,
            on_suggested_team=_SUGGESTED in held and not asked,
            needs_review=needs_review,
            last_editor=needs_review and user_id == editor,
        )
        found[user_id] = Standing(
            facts,
            on_team=_TEAM in held,
            admin=_ADMIN in held,
            granted=bool(held & {Role.VIEWER.value, Role.COLLABORATOR.value}),
        )
    return found


def capabilities_of(registry: Any, standing: Standing) -> frozenset[Cap]:
    """Return what a person of this standing may do, plugins' narrowing rules included."""
    return capabilities(standing.facts, extensions(registry).capability_rules)


_ADMIN, _TEAM, _SUGGESTED = "admin", "team", "suggested"


def _ways_to(registry: Any, advisory: Advisory, user_ids: Iterable[int] | None) -> Select[int, str]:
    """Return the query for pairs of person and way (a team, the admin group, a grant's permission)."""

    def members(way: str, of: ColumnElement[bool]) -> Select[Any]:
        query = select(user_groups.c.user_id, literal(way, String).label("way"))
        return query.join(Group, Group.id == user_groups.c.group_id).where(of)

    def team_of(project_id: int | None) -> ColumnElement[bool]:
        team = select(Project.security_team_id).where(Project.id == project_id).scalar_subquery()
        return Group.id == team

    permission = cast(Grant.permission, String)
    on_it = Grant.advisory_id == advisory.id
    ways = union_all(
        members(_ADMIN, Group.name == ADMIN_GROUP.of(registry)),
        members(_TEAM, team_of(advisory.project_id)),
        members(_SUGGESTED, team_of(advisory.reassignment_suggested_id)),
        select(Grant.user_id, permission).where(on_it, Grant.user_id.is_not(None)),
        select(user_groups.c.user_id, permission)
        .join(Grant, Grant.group_id == user_groups.c.group_id)
        .where(on_it),
    ).subquery("ways")
    query = (
        select(ways.c.user_id, ways.c.way)
        .join(User, User.id == ways.c.user_id)
        .where(User.is_active, User.is_provisioned.is_(False), User.banned_at.is_(None))
    )
    return query if user_ids is None else query.where(ways.c.user_id.in_(sorted(set(user_ids))))


def _facts(
    advisory: Advisory, role: Role, *, on_suggested_team: bool, needs_review: bool, last_editor: bool
) -> Facts:
    return Facts(
        role=role,
        state=advisory.state,
        kind=advisory.kind,
        review=advisory.review_status,
        flagged=advisory.routing_flagged_at is not None,
        unsorted=advisory.project.is_unsorted,
        mature=advisory.project.is_mature_publisher,
        cve_assigned=advisory.assigned_cve_id is not None,
        republish_required=advisory.republish_required,
        comments_locked=advisory.comments_locked_at is not None,
        newest_is_approved=advisory.approved_version == advisory.current_version,
        dismissed_from=advisory.dismissed_from_state,
        on_suggested_team=on_suggested_team,
        admins_need_review=needs_review,
        last_editor=last_editor,
        withdrawing=advisory.is_withdrawing,
        restoring=advisory.is_restoring,
    )


def capabilities_on(db: Session, registry: Any, identity: Identity, advisory: Advisory) -> frozenset[Cap]:
    """Return what `identity` may do to `advisory`, plugins' narrowing rules included."""
    rules: dict[Cap, list[CapabilityRule]] = extensions(registry).capability_rules
    return capabilities(facts_about(db, registry, identity, advisory), rules)


def version_of(db: Session, advisory: Advisory, number: int) -> AdvisoryVersion | None:
    return db.scalar(
        select(AdvisoryVersion)
        .where(AdvisoryVersion.advisory_id == advisory.id, AdvisoryVersion.number == number)
        .options(joinedload(AdvisoryVersion.editor))
    )


def versions_page(
    db: Session, advisory: Advisory, *, before: int | None = None, limit: int = 50
) -> list[AdvisoryVersion]:
    """Return up to `limit` versions, newest first, older than number `before` where it is given."""
    query = (
        select(AdvisoryVersion)
        .where(AdvisoryVersion.advisory_id == advisory.id)
        .order_by(AdvisoryVersion.number.desc())
        .options(joinedload(AdvisoryVersion.editor))
        .limit(limit)
    )
    if before is not None:
        query = query.where(AdvisoryVersion.number < before)
    return list(db.scalars(query))


def _may_answer_suggestion(identity: Identity, advisory: Advisory) -> bool:
    """On the suggested project's team, and not the one who asked."""
    asked = advisory.reassignment_requested_by_id == identity.user_id
    return advisory.reassignment_suggested_id in identity.team_project_ids and not asked


def _last_editor(db: Session, advisory: Advisory) -> int | None:
    return db.scalar(
        select(AdvisoryVersion.editor_id).where(
            AdvisoryVersion.advisory_id == advisory.id, AdvisoryVersion.number == advisory.current_version
        )
    )


def _holds_grant(identity: Identity) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [Grant.user_id == identity.user_id]
    if identity.group_ids:
        conditions.append(Grant.group_id.in_(sorted(identity.group_ids)))
    return or_(*conditions)
