"""From an invitation to a grant: its token, and its redemption at sign-in or by its link."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select

from advisoryhub_core.access.granting import insert_grant, notify_changed
from advisoryhub_core.access.models import Grant, GrantPermission, Invitation
from advisoryhub_core.access.services import told_of_invitation
from advisoryhub_core.accounts.models import User
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Role
from advisoryhub_core.advisories.queries import role_on
from advisoryhub_core.advisories.services import lock
from advisoryhub_core.audit.services import record
from advisoryhub_core.db.session import system_scope
from advisoryhub_core.errors import Conflict
from advisoryhub_core.events import UserSignedIn

_TOKEN_BYTES = 32


class InvitationClosed(Conflict):
    """The invitation was redeemed or revoked, or has expired: no mail is due."""

    code = "invitation_closed"

    def __init__(self) -> None:
        super().__init__("The invitation was redeemed or revoked, or it has expired.")


def issue_token(act: Act, invitation: Invitation) -> str:
    """Return a new token for an invitation's mail; only its hash is kept, and an older one is dead.

    For whoever sends the mail, at sending. Raises `InvitationClosed` where there is nothing to send.
    """
    current = act.db.scalar(
        select(Invitation)
        .where(Invitation.id == invitation.id, _is_open(act))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if current is None:
        raise InvitationClosed
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    current.token_hash = _hashed(token)
    act.db.flush()
    return token


def redeem_at_sign_in(event: UserSignedIn) -> None:
    """Subscriber: turn a person's open invitations into grants, if the provider vouches for the address.

    INV-OIDC-6, INV-ACCESS-2.
    """
    if not event.email_vouched:
        return
    act = event.act
    with system_scope(act.db):
        user = act.db.get_one(User, event.user_id)
        waiting = and_(func.lower(Invitation.email) == func.lower(user.email), _is_open(act))
        # In order of the advisories, whose locks are taken in it.
        found = act.db.execute(
            select(Invitation.id, Invitation.advisory_id).where(waiting).order_by(Invitation.advisory_id)
        ).all()
        for invitation_id, advisory_id in found:
            _redeem(act, user, advisory_id, and_(Invitation.id == invitation_id, waiting))


@dataclass(frozen=True)
class Invited:
    """The public id of the advisory behind a token, and whether it was redeemed already."""

    advisory_id: str
    redeemed: bool


def invited_to(act: Act, token: str, *, email_vouched: bool) -> Invited | None:
    """Return what a token leads to, while it is the acting person's to redeem.

    One that they redeemed leads on for as long as they see the advisory. None in every other case, by
    one query and without a difference.
    """
    with system_scope(act.db):
        found = act.db.execute(
            select(Invitation.redeemed_at, Invitation.advisory_id).where(
                Invitation.token_hash == _hashed(token), _is_theirs(act, email_vouched=email_vouched)
            )
        ).one_or_none()
        if found is None:
            return None
        advisory = act.db.get_one(Advisory, found.advisory_id)
        redeemed = found.redeemed_at is not None
        if redeemed and role_on(act.db, act.identity, advisory) is Role.NONE:
            return None
        return Invited(advisory.advisory_id, redeemed)


def accept_invitation(act: Act, token: str, *, email_vouched: bool) -> Invited | None:
    """Redeem a token for the acting person, once only.

    None where it is not theirs to redeem, and nothing is told of why.
    """
    with system_scope(act.db):
        mine = and_(Invitation.token_hash == _hashed(token), _is_theirs(act, email_vouched=email_vouched))
        advisory_id = act.db.scalar(select(Invitation.advisory_id).where(mine))
        if advisory_id is not None:
            user = act.db.get_one(User, act.identity.user_id)
            _redeem(act, user, advisory_id, and_(mine, Invitation.redeemed_at.is_(None)))
    return invited_to(act, token, email_vouched=email_vouched)


def _redeem(act: Act, user: User, advisory_id: int, which: ColumnElement[bool]) -> None:
    """Make an invitation a grant, which never lowers one that is there (INV-AUTH-4)."""
    lock(act, advisory_id)
    invitation = act.db.scalar(
        select(Invitation).where(which).with_for_update().execution_options(populate_existing=True)
    )
    if invitation is None:
        return
    invitation.redeemed_at = act.now()
    invitation.redeemed_by_id = user.id
    held = act.db.scalar(
        select(Grant)
        .where(Grant.advisory_id == advisory_id, Grant.user_id == user.id)
        .execution_options(populate_existing=True)
    )
    if held is None:
        by = invitation.created_by_id
        held = insert_grant(act, advisory_id, user, invitation.permission, created_by_id=by)
    elif invitation.permission is GrantPermission.COLLABORATOR and held.permission is GrantPermission.VIEWER:
        held.permission = invitation.permission
        act.db.flush()
        notify_changed(act, held)
    record(
        act,
        "access.invitation_redeemed",
        advisory_id=advisory_id,
        actor_id=user.id,
        previous=told_of_invitation(invitation),
        new={"user_id": user.id, "permission": held.permission.value},
    )


def _is_open(act: Act) -> ColumnElement[bool]:
    return and_(Invitation.redeemed_at.is_(None), Invitation.expires_at > act.now())


def _is_theirs(act: Act, *, email_vouched: bool) -> ColumnElement[bool]:
    theirs = Invitation.redeemed_by_id == act.identity.user_id
    if not email_vouched:
        return theirs
    matches = func.lower(Invitation.email) == func.lower(act.identity.email)
    return or_(theirs, and_(matches, _is_open(act)))


def _hashed(token: str) -> bytes:
    # Looked up by this and by the index: how long that takes says nothing about the token.
    return hashlib.sha256(token.encode()).digest()
