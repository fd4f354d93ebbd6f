"""From grants and invitations to the rows that templates show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from advisoryhub_core.access.models import Grant, Invitation
from advisoryhub_core.access.pages import AccessRow
from advisoryhub_core.access.queries import AccessList
from advisoryhub_core.access.schemas import PERMISSION_NAMES
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.presenters import address, person
from advisoryhub_core.web.pages import Act as PageAct
from advisoryhub_core.web.pages import FormField, Moment, options

ROWS_SCOPE = "access"
"""Keeps the list's inputs apart from the other forms'."""


class Rows:
    """Draws rows for one person and one advisory.

    `given` is what was typed into the list, `errors` what is wrong with it.
    """

    def __init__(
        self,
        act: Act,
        caps: Collection[Cap],
        given: Mapping[str, str] | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.act = act
        self.caps = caps
        self.given = given or {}
        self.errors = errors or {}

    def inputs(self, found: AccessList) -> tuple[AccessRow, ...]:
        """Return the rows of the page's form."""
        grants = [self._grant(grant, inputs=True) for grant in found.grants]
        return (*grants, *(self._invitation(one, inputs=True) for one in found.invitations))

    def lines(self, found: AccessList, url: str) -> tuple[AccessRow, ...]:
        """Return the rows of the card, where an expired invitation can be sent again or removed at once."""
        grants = [self._grant(grant, inputs=False) for grant in found.grants]
        return (*grants, *(self._invitation(one, inputs=False, url=url) for one in found.invitations))

    def _grant(self, grant: Grant, *, inputs: bool) -> AccessRow:
        name, email = "", ""
        if grant.user is not None:
            name = person(grant.user, self.act, self.caps)
            email = address(grant.user.email, self.caps) if grant.user.display_name else ""
        elif grant.group is not None:
            name = grant.group.name
        place = f"grant.{grant.id}"
        return AccessRow(
            kind="person" if grant.user is not None else "group",
            name=name,
            email=email,
            granted=grant.permission.value,
            since=Moment.at(grant.created_at),
            by=self._by(grant),
            was=f"{place}.was" if inputs else "",
            permission=self._permission(place, grant.permission.value) if inputs else None,
            remove=self._switch(place, "remove") if inputs else None,
        )

    def _invitation(self, invitation: Invitation, *, inputs: bool, url: str = "") -> AccessRow:
        place = f"invitation.{invitation.id}"
        expired = invitation.expires_at <= self.act.now()
        return AccessRow(
            kind="invitation",
            name=address(invitation.email, self.caps),
            granted=invitation.permission.value,
            since=Moment.at(invitation.created_at),
            by=self._by(invitation),
            expires=Moment.at(invitation.expires_at),
            expired=expired,
            was=f"{place}.was" if inputs else "",
            permission=self._permission(place, invitation.permission.value) if inputs else None,
            remove=self._switch(place, "remove") if inputs else None,
            resend=self._switch(place, "resend") if inputs else None,
            acts=_acts(f"{url}invitations/{invitation.id}/") if expired and not inputs else (),
        )

    def _by(self, row: Grant | Invitation) -> str | None:
        return person(row.created_by, self.act, self.caps) if row.created_by is not None else None

    def _permission(self, place: str, granted: str) -> FormField:
        name = f"{place}.permission"
        chosen = self.given.get(name, granted)
        return FormField(
            name=name,
            kind="select",
            value=chosen,
            options=options(PERMISSION_NAMES, chosen),
            errors=tuple(self.errors.get(name, ())),
            scope=ROWS_SCOPE,
        )

    def _switch(self, place: str, verb: str) -> FormField:
        name = f"{place}.{verb}"
        return FormField(name=name, kind="checkbox", value=self.given.get(name, ""), scope=ROWS_SCOPE)


def _acts(url: str) -> tuple[PageAct, ...]:
    return (
        PageAct(
            name="resend", title=_("access-resend", default="Send again"), url=f"{url}resend/", mode="post"
        ),
        PageAct(name="revoke", title=_("access-remove", default="Remove"), url=f"{url}revoke/", mode="post"),
    )
