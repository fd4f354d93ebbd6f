"""What the tests of the discussion share: people in every role, and comments through the services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import webtest
from sqlalchemy import event, text

from advisoryhub_core.advisories.states import State
from advisoryhub_core.comments.services import lock_comments, post_comment
from advisoryhub_core.errors import NotPermitted
from tests.support.hub import Hub

ROLES = ("viewer", "collaborator", "team", "admin", "outsider")
HTMX = {"HX-Request": "true"}


@dataclass
class Cast:
    """One advisory with a person in each role."""

    hub: Hub
    advisory_id: str
    pk: int
    people: dict[str, int]

    def comment(self, role: str, body: str = "Some words.", *, internal: bool = False) -> int:
        """Post a comment as somebody in this role and return its id."""
        with self.hub.acting_for(self.people[role]) as act:
            return post_comment(act, self.pk, body, internal=internal).id

    def may(self, role: str, act_: Any, *args: Any, **kw: Any) -> bool:
        """Tell whether a service lets this role do something, by doing it."""
        try:
            with self.hub.acting_for(self.people[role]) as act:
                act_(act, *args, **kw)
        except NotPermitted:
            return False
        return True

    def lock(self, reason: str = "Enough for now.") -> None:
        with self.hub.acting_for(self.people["team"]) as act:
            lock_comments(act, self.pk, reason)

    def browser(self, role: str) -> webtest.TestApp:
        return self.hub.browser_as(self.people[role])

    def path(self, below: str = "") -> str:
        return f"/advisories/{self.advisory_id}/{below}"


def cast(hub: Hub, state: State = State.DRAFT, **names: str) -> Cast:
    """Return an advisory in a state with somebody in each role; `names` are display names by role."""
    project = hub.project()
    advisory_id = hub.in_state(project, state)
    people = {
        "viewer": hub.person(name=names.get("viewer")),
        "collaborator": hub.person(name=names.get("collaborator")),
        "team": hub.person(f"{project}-security@example.org", name=names.get("team")),
        "admin": hub.person("advisoryhub-admins@example.org", name=names.get("admin")),
        "outsider": hub.person(name=names.get("outsider")),
    }
    for role in ("viewer", "collaborator"):
        hub.grant(advisory_id, people[role], role)
    return Cast(hub, advisory_id, hub.pk(advisory_id), people)


def scalars(hub: Hub, statement: str, **values: Any) -> list[Any]:
    """Read as the system."""
    with hub.system() as act:
        return list(act.db.scalars(text(statement), values))


@contextmanager
def statements(hub: Hub) -> Iterator[list[str]]:
    """Collect what is sent to the database."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(hub.registry.db_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(hub.registry.db_engine, "before_cursor_execute", note)
