"""The writers of grants and invitations.

Each locks the advisory, asks for `Cap.MANAGE_ACCESS` on the locked row, and tells the ledger what changed
(INV-ACCESS-5). Holding that lock, nobody else writes the advisory's grants and invitations, so that a
principal has one grant at most (INV-ACCESS-1), and an address one open invitation.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from advisoryhub_core.access.granting import give_access, notify_changed, told
from advisoryhub_core.access.models import Grant, GrantPermission, Invitation
from advisoryhub_core.access.schemas import GROUP, PERMISSION, PERSON
from advisoryhub_core.access.settings import INVITATION_DAYS
from advisoryhub_core.accounts.models import Group, User
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.payload.messages import quoted
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.services import lock
from advisoryhub_core.audit.services import record
from advisoryhub_core.errors import Conflict, HubError
from advisoryhub_core.events import InvitationIssued
from advisoryhub_core.web.asked import read


class UnknownGroup(HubError):
    """No group of this name has been seen."""

    code = "unknown_group"
    status = 404


class AccessGone(Conflict):
    """The grant or invitation is not there any more."""

    code = "gone"

    def __init__(self) -> None:
        super().__init__("This access was taken away in the meantime. Reload the page.")


def grant_person(act: Act, advisory_id: int, email: str, permission: str) -> Grant | Invitation:
    """Give a person access by their address: a grant, or an invitation for one who never signed in.

    Addresses match without regard to case (INV-ACCESS-2). Who has access already has it changed to
    `permission`; where that is what they have, nothing is written. An expired invitation is sent again.
    An owner may hold a grant, too: the highest wins (INV-AUTH-4). Raises `PayloadInvalid` with every
    mistake, `owner` among them (INV-ACCESS-4), and `NotPermitted`.
    """
    values = read(PERSON, {"email": email, "permission": permission})
    wanted = GrantPermission(values["permission"])
    advisory = lock_access(act, advisory_id)
    user = act.db.scalar(select(User).where(func.lower(User.email) == func.lower(values["email"])))
    waiting = _open_invitation(act, advisory, values["email"])
    if user is None or user.is_provisioned:
        return _invite(act, advisory, waiting, values["email"], wanted)
    if waiting is not None:
        # Invited while they were signing in for the first time.
        delete_invitation(act, waiting)
    return _grant(act, advisory, user, wanted)


def grant_group(act: Act, advisory_id: int, group_name: str, permission: str) -> Grant:
    """Give a group access, or change what it has.

    Raises `PayloadInvalid` with every mistake, `UnknownGroup` for a name that no sign-in has brought,
    and `NotPermitted`.
    """
    values = read(GROUP, {"group": group_name, "permission": permission})
    advisory = lock_access(act, advisory_id)
    group = act.db.scalar(select(Group).where(Group.name == values["group"]))
    if group is None:
        raise UnknownGroup(
            f"No group is called {quoted(values['group'])} here. A group is known once somebody of it has"
            " signed in."
        )
    return _grant(act, advisory, group, GrantPermission(values["permission"]))


def change_grant(act: Act, advisory_id: int, grant_id: int, permission: str) -> Grant:
    """Change what a grant gives. Raises `PayloadInvalid`, `AccessGone`, `NotPermitted`."""
    wanted = _permission(permission)
    grant = grant_of(act, lock_access(act, advisory_id), grant_id)
    set_grant(act, grant, wanted)
    return grant


def revoke_grant(act: Act, advisory_id: int, grant_id: int) -> None:
    """Take a grant away, one's own as well. Raises `AccessGone`, `NotPermitted`."""
    delete_grant(act, grant_of(act, lock_access(act, advisory_id), grant_id))


def change_invitation(act: Act, advisory_id: int, invitation_id: int, permission: str) -> Invitation:
    """Change what an invitation will give. Raises `PayloadInvalid`, `AccessGone`, `NotPermitted`."""
    wanted = _permission(permission)
    invitation = invitation_of(act, lock_access(act, advisory_id), invitation_id)
    set_invitation(act, invitation, wanted)
    return invitation


def resend_invitation(act: Act, advisory_id: int, invitation_id: int) -> Invitation:
    """Renew an invitation and have its mail sent again (INV-ACCESS-3); the old link is dead from now on.

    Raises `AccessGone` for one that was redeemed or revoked, and `NotPermitted`.
    """
    invitation = invitation_of(act, lock_access(act, advisory_id), invitation_id)
    renew_invitation(act, invitation)
    return invitation


def revoke_invitation(act: Act, advisory_id: int, invitation_id: int) -> None:
    """Take an invitation back. Raises `AccessGone` for one that was redeemed, and `NotPermitted`."""
    delete_invitation(act, invitation_of(act, lock_access(act, advisory_id), invitation_id))


def lock_access(act: Act, advisory_id: int) -> Advisory:
    """Lock an advisory for a change of its access. Raises `NotPermitted`."""
    locked = lock(act, advisory_id)
    locked.require(Cap.MANAGE_ACCESS)
    return locked.advisory


def grant_of(act: Act, advisory: Advisory, grant_id: int) -> Grant:
    """Return a grant of a locked advisory. Raises `AccessGone`."""
    grant = act.db.scalar(
        select(Grant)
        .where(Grant.id == grant_id, Grant.advisory_id == advisory.id)
        .options(joinedload(Grant.user), joinedload(Grant.group))
        .execution_options(populate_existing=True)
    )
    if grant is None:
        raise AccessGone
    return grant


def invitation_of(act: Act, advisory: Advisory, invitation_id: int) -> Invitation:
    """Return an invitation of a locked advisory that was not redeemed. Raises `AccessGone`."""
    invitation = act.db.scalar(
        select(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.advisory_id == advisory.id,
            Invitation.redeemed_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    if invitation is None:
        raise AccessGone
    return invitation


def set_grant(act: Act, grant: Grant, wanted: GrantPermission) -> None:
    """Write a grant's permission, or nothing where it is that already."""
    if grant.permission is wanted:
        return
    before = grant.permission
    grant.permission = wanted
    act.db.flush()
    previous = {"permission": before.value}
    record(act, "access.changed", advisory_id=grant.advisory_id, previous=previous, new=told(grant))
    notify_changed(act, grant)


def delete_grant(act: Act, grant: Grant) -> None:
    """Delete a grant."""
    record(act, "access.revoked", advisory_id=grant.advisory_id, previous=told(grant))
    notify_changed(act, grant, revoked=True)
    act.db.delete(grant)
    act.db.flush()


def set_invitation(act: Act, invitation: Invitation, wanted: GrantPermission) -> None:
    """Write an invitation's permission, or nothing where it is that already."""
    if invitation.permission is wanted:
        return
    before = invitation.permission
    invitation.permission = wanted
    act.db.flush()
    record(
        act,
        "access.invitation_changed",
        advisory_id=invitation.advisory_id,
        previous={"permission": before.value},
        new=told_of_invitation(invitation),
    )


def renew_invitation(act: Act, invitation: Invitation) -> None:
    """Let an invitation run anew, without a token until its mail is sent."""
    before = invitation.expires_at
    invitation.expires_at = _expiry(act)
    invitation.token_hash = None
    act.db.flush()
    record(
        act,
        "access.invitation_resent",
        advisory_id=invitation.advisory_id,
        previous={"expires_at": before.isoformat()},
        new=_issued(invitation),
    )
    act.notify(InvitationIssued(act, invitation.advisory_id, invitation.id))


def delete_invitation(act: Act, invitation: Invitation) -> None:
    """Delete an invitation that nobody redeemed."""
    record(
        act,
        "access.invitation_revoked",
        advisory_id=invitation.advisory_id,
        previous=told_of_invitation(invitation),
    )
    act.db.delete(invitation)
    act.db.flush()


def told_of_invitation(invitation: Invitation) -> dict[str, Any]:
    """Return what the ledger says about an invitation: who is meant has no other name yet."""
    return {
        "invitation_id": invitation.id,
        "email": invitation.email,
        "permission": invitation.permission.value,
    }


def _permission(text: str) -> GrantPermission:
    return GrantPermission(read((PERMISSION,), {"permission": text})["permission"])


def _grant(act: Act, advisory: Advisory, principal: User | Group, wanted: GrantPermission) -> Grant:
    column = Grant.user_id if isinstance(principal, User) else Grant.group_id
    held = act.db.scalar(
        select(Grant)
        .where(Grant.advisory_id == advisory.id, column == principal.id)
        .execution_options(populate_existing=True)
    )
    if held is None:
        by = act.identity.user_id
        return give_access(act, advisory.id, principal, wanted, created_by_id=by)
    set_grant(act, held, wanted)
    return held


def _invite(
    act: Act, advisory: Advisory, waiting: Invitation | None, email: str, wanted: GrantPermission
) -> Invitation:
    if waiting is not None:
        set_invitation(act, waiting, wanted)
        if waiting.expires_at <= act.now():
            renew_invitation(act, waiting)
        return waiting
    invitation = Invitation(
        advisory_id=advisory.id,
        email=email,
        permission=wanted,
        expires_at=_expiry(act),
        created_by_id=act.identity.user_id,
        created_at=act.now(),
    )
    act.db.add(invitation)
    act.db.flush()
    record(act, "access.invited", advisory_id=advisory.id, new=_issued(invitation))
    act.notify(InvitationIssued(act, advisory.id, invitation.id))
    return invitation


def _open_invitation(act: Act, advisory: Advisory, email: str) -> Invitation | None:
    return act.db.scalar(
        select(Invitation)
        .where(
            Invitation.advisory_id == advisory.id,
            func.lower(Invitation.email) == func.lower(email),
            Invitation.redeemed_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )


def _issued(invitation: Invitation) -> dict[str, Any]:
    return {**told_of_invitation(invitation), "expires_at": invitation.expires_at.isoformat()}


def _expiry(act: Act) -> dt.datetime:
    return act.now() + dt.timedelta(days=INVITATION_DAYS.of(act.registry))
