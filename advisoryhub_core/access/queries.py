"""Reading access: who has it, who waits for it, and who might be given it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from advisoryhub_core.access.models import Grant, Invitation
from advisoryhub_core.accounts.models import Group, User, user_groups
from advisoryhub_core.accounts.settings import ADMIN_GROUP
from advisoryhub_core.advisories.models import Advisory

_PEOPLE = 200
_GROUPS = 500


@dataclass(frozen=True)
class AccessList:
    """Grants, and invitations not redeemed, each oldest first; `total` counts those left out, too."""

    grants: tuple[Grant, ...]
    invitations: tuple[Invitation, ...]
    total: int


def access_list(db: Session, advisory: Advisory, *, limit: int | None = None) -> AccessList:
    """Return up to `limit` grants and as many invitations, in two queries however many there are."""
    grants = db.execute(
        select(Grant, func.count().over())
        .where(Grant.advisory_id == advisory.id)
        .options(joinedload(Grant.user), joinedload(Grant.group), joinedload(Grant.created_by))
        .order_by(Grant.id)
        .limit(limit)
    ).all()
    invitations = db.execute(
        select(Invitation, func.count().over())
        .where(Invitation.advisory_id == advisory.id, Invitation.redeemed_at.is_(None))
        .options(joinedload(Invitation.created_by))
        .order_by(Invitation.id)
        .limit(limit)
    ).all()
    return AccessList(
        grants=tuple(row[0] for row in grants),
        invitations=tuple(row[0] for row in invitations),
        total=sum(rows[0][1] for rows in (grants, invitations) if rows),
    )


def find_grant(db: Session, advisory: Advisory, grant_id: int) -> Grant | None:
    return db.scalar(select(Grant).where(Grant.id == grant_id, Grant.advisory_id == advisory.id))


def find_invitation(db: Session, advisory: Advisory, invitation_id: int) -> Invitation | None:
    """Return an invitation of an advisory that was not redeemed."""
    return db.scalar(
        select(Invitation).where(
            Invitation.id == invitation_id,
            Invitation.advisory_id == advisory.id,
            Invitation.redeemed_at.is_(None),
        )
    )


def people_nearby(db: Session, advisory: Advisory) -> list[tuple[str, str]]:
    """Return address and name of people who have to do with the project's other advisories.

    Those who wrote one or hold a grant on one, which its owners see anyway, and nobody else: a list of all
    accounts would tell who has one (INV-PRIVACY-1).
    """
    project = Advisory.project_id == advisory.project_id
    concerned = (
        select(Grant.user_id)
        .join(Advisory, Advisory.id == Grant.advisory_id)
        .where(project, Grant.user_id.is_not(None))
        .union(select(Advisory.created_by_id).where(project, Advisory.created_by_id.is_not(None)))
    )
    here = select(Grant.user_id).where(Grant.advisory_id == advisory.id, Grant.user_id.is_not(None))
    query = (
        select(User.email, User.display_name)
        .where(User.id.in_(concerned), User.id.not_in(here), User.banned_at.is_(None), User.is_active)
        .order_by(User.display_name, User.email)
        .limit(_PEOPLE)
    )
    return [(row.email, row.display_name) for row in db.execute(query)]


def known_groups(db: Session) -> list[str]:
    """Return the names of groups that sign-ins have brought, as far as a list of choices goes."""
    return list(db.scalars(select(Group.name).order_by(Group.name).limit(_GROUPS)))


def owns_already(db: Session, registry: Any, advisory: Advisory, grant: Grant) -> bool:
    """Whether the holder of a grant is an owner of the advisory without it."""
    owners = select(Group.id).where(
        (Group.id == advisory.project.security_team_id) | (Group.name == ADMIN_GROUP.of(registry))
    )
    if grant.group_id is not None:
        return db.scalar(owners.where(Group.id == grant.group_id)) is not None
    held = select(user_groups.c.group_id).where(user_groups.c.user_id == grant.user_id)
    return db.scalar(owners.where(Group.id.in_(held)).limit(1)) is not None
