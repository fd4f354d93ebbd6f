"""Saving many changes of one advisory's access at once: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from advisoryhub_core.access.models import Grant, GrantPermission, Invitation
from advisoryhub_core.access.schemas import PERMISSION
from advisoryhub_core.access.services import (
    delete_grant,
    delete_invitation,
    lock_access,
    renew_invitation,
    set_grant,
    set_invitation,
)
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.payload.messages import PayloadInvalid, _, say
from advisoryhub_core.web.asked import read


@dataclass(frozen=True, kw_only=True)
class AccessChange:
    """What is wished of one grant or invitation.

    `was` is the permission that the wish was made on; a row that has another one by now is refused, so
    that nobody overwrites what they have not seen. `resend` is for invitations.
    """

    kind: Literal["grant", "invitation"]
    id: int
    permission: str
    was: str
    remove: bool = False
    resend: bool = False

    @property
    def place(self) -> str:
        return f"{self.kind}.{self.id}"

    @property
    def is_one(self) -> bool:
        """Whether anything is to change."""
        return self.remove or self.resend or self.permission != self.was


def save_access(act: Act, advisory_id: int, changes: Iterable[AccessChange]) -> int:
    """Carry out the changes and return how many there were; rows without one are not written.

    One ledger entry for each change (INV-ACCESS-5). Raises `PayloadInvalid` with every mistake at
    `grant.7.permission` and the like, having written nothing, and `NotPermitted`.
    """
    wished = list(changes)
    advisory = lock_access(act, advisory_id)
    rows = _rows(act, advisory, wished)
    errors = {change.place: found for change in wished if (found := _mistakes(change, rows))}
    if errors:
        raise PayloadInvalid({f"{place}.permission": texts for place, texts in errors.items()})
    due = [change for change in wished if change.is_one]
    for change in due:
        _carry_out(act, change, rows[change.place])
    return len(due)


def _rows(act: Act, advisory: Advisory, wished: list[AccessChange]) -> dict[str, Grant | Invitation]:
    """Return the rows that there are, by place, in two queries."""
    ids: dict[str, list[int]] = {"grant": [], "invitation": []}
    for change in wished:
        ids[change.kind].append(change.id)
    grants = act.db.scalars(
        select(Grant)
        .where(Grant.advisory_id == advisory.id, Grant.id.in_(ids["grant"]))
        .options(joinedload(Grant.user), joinedload(Grant.group))
        .execution_options(populate_existing=True)
    )
    found: dict[str, Grant | Invitation] = {f"grant.{grant.id}": grant for grant in grants}
    invitations = act.db.scalars(
        select(Invitation)
        .where(
            Invitation.advisory_id == advisory.id,
            Invitation.id.in_(ids["invitation"]),
            Invitation.redeemed_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    found.update({f"invitation.{invitation.id}": invitation for invitation in invitations})
    return found


def _mistakes(change: AccessChange, rows: dict[str, Grant | Invitation]) -> list[str]:
    found: list[str] = []
    try:
        read((PERMISSION,), {"permission": change.permission})
    except PayloadInvalid as error:
        found += error.errors["permission"]
    if change.remove and change.resend:
        found.append(say(_("Either remove this invitation or send it again.")))
    if not change.is_one:
        return found
    row = rows.get(change.place)
    if row is None:
        found.append(
            say(_("A row you changed is not in the list any more: somebody removed it, or it was redeemed."))
        )
    elif row.permission.value not in {change.was, change.permission}:
        changed = say(_("Somebody else has made this ${now} in the meantime."), now=row.permission.value)
        found.append(changed)
    return found


def _carry_out(act: Act, change: AccessChange, row: Grant | Invitation) -> None:
    if isinstance(row, Grant):
        if change.remove:
            delete_grant(act, row)
        else:
            set_grant(act, row, GrantPermission(change.permission))
    elif change.remove:
        delete_invitation(act, row)
    else:
        set_invitation(act, row, GrantPermission(change.permission))
        if change.resend:
            renew_invitation(act, row)
