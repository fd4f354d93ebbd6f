"""What the tests of access share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import webtest
from sqlalchemy import event, select, text

from advisoryhub_core.access.models import Grant, Invitation
from advisoryhub_core.access.services import grant_person
from advisoryhub_core.accounts.models import User
from tests.support.hub import Hub, csrf

Entry = tuple[str, int | None, Any, Any]


@dataclass
class Shared:
    """A draft with an owner who manages its access."""

    hub: Hub
    project: str
    owner: int
    advisory_id: str

    @classmethod
    def on(cls, hub: Hub) -> Shared:
        project = hub.project()
        owner = hub.member(project)
        return cls(hub, project, owner, hub.draft(project, by=owner))

    @property
    def pk(self) -> int:
        return self.hub.pk(self.advisory_id)

    @property
    def path(self) -> str:
        return f"/advisories/{self.advisory_id}/access/"

    def do(self, service: Callable[..., Any], *arguments: Any, by: int | None = None) -> Any:
        """Call a service on the advisory for its owner, or for somebody else, and return the row's id."""
        pk = self.pk
        with self.hub.acting_for(by or self.owner) as act:
            row = service(act, pk, *arguments)
            return getattr(row, "id", row)

    def invite(self, email: str, permission: str = "viewer") -> int:
        invitation_id: int = self.do(grant_person, email, permission)
        assert any(row[0] == email for row in self.invitations())
        return invitation_id

    def grants(self) -> list[tuple[int | str, str]]:
        """Return holder (a person's id, a group's name) and permission of every grant."""
        with self.hub.system() as act:
            rows = act.db.scalars(select(Grant).where(Grant.advisory_id == self.pk).order_by(Grant.id))
            return [(row.group.name if row.group else row.user_id or 0, row.permission.value) for row in rows]

    def invitations(self) -> list[tuple[str, str, int | None]]:
        """Return address, permission and redeemer of every invitation."""
        with self.hub.system() as act:
            rows = act.db.scalars(
                select(Invitation).where(Invitation.advisory_id == self.pk).order_by(Invitation.id)
            )
            return [(row.email, row.permission.value, row.redeemed_by_id) for row in rows]

    def entries(self) -> list[Entry]:
        """Return action, actor, previous and new of the access entries on the ledger, dates left out."""
        with self.hub.system() as act:
            rows = act.db.execute(
                text(
                    "SELECT action, actor_id, previous, new FROM audit_log"
                    " WHERE advisory_id = :pk AND action LIKE 'access.%' ORDER BY id"
                ),
                {"pk": self.pk},
            )
            return [(row.action, row.actor_id, _undated(row.previous), _undated(row.new)) for row in rows]

    def expire(self, invitation_id: int) -> None:
        with self.hub.system() as act:
            act.db.get_one(Invitation, invitation_id).expires_at = act.now() - dt.timedelta(seconds=1)

    def expiry(self, invitation_id: int) -> dt.datetime:
        with self.hub.system() as act:
            return act.db.get_one(Invitation, invitation_id).expires_at

    def browser(self, person: int | None = None) -> webtest.TestApp:
        return self.hub.browser_as(person or self.owner)


def _undated(values: dict[str, Any] | None) -> dict[str, Any] | None:
    return {name: value for name, value in (values or {}).items() if name != "expires_at"} or None


def invited(invitation_id: int, email: str, permission: str = "viewer") -> dict[str, Any]:
    """What the ledger says about an invitation."""
    return {"invitation_id": invitation_id, "email": email, "permission": permission}


def post(browser: webtest.TestApp, path: str, fields: dict[str, str] | None = None, **options: Any) -> Any:
    """Post a form with the token of a page that everybody has."""
    token = csrf(browser.get("/accounts/me/"))
    return browser.post(path, {"csrf_token": token, **(fields or {})}, **options)


def arrive(hub: Hub, email: str, *, subject: str = "newcomer", **claims: Any) -> webtest.TestApp:
    """Sign somebody in whom the hub may not know yet."""
    hub.provider.set_person(subject=subject, email=email, **claims)
    browser = hub.anonymous()
    hub.sign_in(browser, subject)
    return browser


def id_of(hub: Hub, subject: str = "newcomer") -> int:
    with hub.system() as act:
        return act.db.scalars(select(User.id).where(User.subject == subject)).one()


@contextmanager
def heard(hub: Hub, *kinds: type) -> Iterator[list[Any]]:
    """Gather the domain events of these kinds as they are sent."""
    found: list[Any] = []
    for kind in kinds:
        hub.registry.registerHandler(found.append, (kind,))
    try:
        yield found
    finally:
        for kind in kinds:
            hub.registry.unregisterHandler(found.append, (kind,))


def statements(hub: Hub, ask: Callable[[], object]) -> int:
    """Return how many statements a request takes."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(hub.registry.db_engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(hub.registry.db_engine, "before_cursor_execute", note)
    return len(seen)
