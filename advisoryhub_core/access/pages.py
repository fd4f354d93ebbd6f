"""What the access views hand to `templates/access/` and `templates/accounts/invitation.pt`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from advisoryhub_core.advisories.pages import AdvisoryHeading
from advisoryhub_core.web.pages import Act, ErrorLink, FormField, Moment, Option


@dataclass(frozen=True, kw_only=True)
class AccessRow:
    """A grant or an invitation.

    `name` is a person's, a group's or, for an invitation, the address; `email` what stands below a
    person's name. `since` and `by` (None for the system) tell where it comes from. `expires` is an
    invitation's. `permission` to `resend` are inputs of the page; the card has `acts` instead.
    """

    kind: Literal["person", "group", "invitation"]
    name: str
    granted: Literal["viewer", "collaborator"]
    since: Moment
    by: str | None = None
    email: str = ""
    expires: Moment | None = None
    expired: bool = False
    was: str = ""
    permission: FormField | None = None
    remove: FormField | None = None
    resend: FormField | None = None
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AccessForm:
    """A form that adds access: who (with the `choices` offered as one types), and what they may."""

    fields: tuple[FormField, ...]
    choices: tuple[Option, ...] = ()

    @property
    def problems(self) -> tuple[ErrorLink, ...]:
        return tuple(ErrorLink(field.id, text) for field in self.fields for text in field.errors)


@dataclass(frozen=True, kw_only=True)
class AccessPage:
    """`access/page.pt`. `team` is the group whose members are owners without being listed.

    `problems` are those of the list, of rows that are not there any more, too.
    """

    heading: AdvisoryHeading
    url: str
    team: str
    person: AccessForm
    group: AccessForm
    rows: tuple[AccessRow, ...] = ()
    problems: tuple[ErrorLink, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AccessCard:
    """`access/panel.pt`: the first rows, and how many more there are."""

    url: str
    rows: tuple[AccessRow, ...] = ()
    more: int = 0


@dataclass(frozen=True, kw_only=True)
class InvitationPage:
    """`accounts/invitation.pt`; `token` None where the link is of no use to whoever opened it."""

    email: str
    token: str | None = None
