"""Sample data for the pages of access."""

from __future__ import annotations

from dataclasses import replace

from advisoryhub_core.access import pages as a
from advisoryhub_core.access.schemas import GROUP, PERMISSION_NAMES, PERSON
from advisoryhub_core.web import pages as w
from advisoryhub_core.web.asked import fields
from tests.unit.templates.samples import HEADING, HOSTILE, moment

URL = f"{HEADING.url}access/"


def row(place: str, *, errors: tuple[str, ...] = (), chosen: str = "viewer") -> a.AccessRow:
    permission = w.FormField(
        name=f"{place}.permission",
        kind="select",
        options=w.options(PERMISSION_NAMES, chosen),
        errors=errors,
        scope="access",
    )
    remove = w.FormField(name=f"{place}.remove", kind="checkbox", scope="access")
    return a.AccessRow(
        kind="person",
        name="Ana Ribeiro",
        email="ana.ribeiro@example.org",
        granted="viewer",
        since=moment(days=3),
        by="Kim Lee",
        was=f"{place}.was",
        permission=permission,
        remove=remove,
    )


def waiting(place: str, *, expired: bool) -> a.AccessRow:
    return replace(
        row(place),
        kind="invitation",
        name="new@example.org",
        email="",
        by=None,
        expires=moment(days=1 if expired else -9),
        expired=expired,
        resend=w.FormField(name=f"{place}.resend", kind="checkbox", value="true", scope="access"),
    )


ROWS = (
    row("grant.1", chosen="collaborator"),
    replace(row("grant.2"), kind="group", name=HOSTILE, email="", granted="collaborator"),
    waiting("invitation.1", expired=False),
    waiting("invitation.2", expired=True),
)
EMPTY = a.AccessPage(
    heading=HEADING,
    url=URL,
    team="example-security@example.org",
    person=a.AccessForm(
        fields=fields(PERSON, scope="person"), choices=(w.Option("kim@example.org", HOSTILE),)
    ),
    group=a.AccessForm(
        fields=fields(GROUP, scope="group"), choices=(w.Option("readers@example.org", "readers@example.org"),)
    ),
)
WRONG = "Somebody else has made this collaborator in the meantime."
REFUSED = replace(
    EMPTY,
    rows=(row("grant.1", errors=(WRONG,)), *ROWS[1:]),
    problems=(w.ErrorLink("access-grant-1-permission", WRONG),),
    person=a.AccessForm(
        fields=fields(
            PERSON, {"email": HOSTILE}, {"email": [f"{HOSTILE} is no e-mail address."]}, scope="person"
        )
    ),
)
GONE = replace(
    EMPTY, problems=(w.ErrorLink("access-form", "A row you changed is not in the list any more."),)
)
ACCESS_PAGES: dict[str, tuple[str, object]] = {
    "access": ("access/page.pt", replace(EMPTY, rows=ROWS)),
    "access-empty": ("access/page.pt", EMPTY),
    "access-refused": ("access/page.pt", REFUSED),
    "access-gone": ("access/page.pt", GONE),
    "invitation": ("accounts/invitation.pt", a.InvitationPage(email="kim@example.org", token=HOSTILE)),
    "invitation-closed": ("accounts/invitation.pt", a.InvitationPage(email=HOSTILE)),
}

RESEND = w.Act(name="resend", title="Send again", url=f"{URL}invitations/2/resend/", mode="post")
ACCESS_CARDS = {
    "empty": a.AccessCard(url=URL),
    "full": a.AccessCard(url=URL, rows=(*ROWS[:3], replace(ROWS[3], acts=(RESEND,))), more=12),
}
