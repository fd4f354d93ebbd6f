"""A cast around one advisory, and what each of them got."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event as sa_event
from sqlalchemy import select, text

from advisoryhub_core.access.models import Grant, GrantPermission, Invitation
from advisoryhub_core.accounts.models import Group, User
from advisoryhub_core.acts import Act
from advisoryhub_core.comments.notes import insert_comment
from advisoryhub_core.events import CommentAdded
from advisoryhub_core.projects.models import Project, RosterEntry
from tests.support.hub import Hub, team_of
from tests.support.mailbox import Mailbox

CANARY = "xyzzycanary"
READERS = "readers@example.org"


@dataclass
class Cast:
    """People by their part, around one advisory; the canary is in everything that somebody wrote."""

    hub: Hub
    mailbox: Mailbox
    slug: str
    other_slug: str
    advisory_id: str
    pk: int
    people: dict[str, int]
    addresses: dict[int, str] = field(default_factory=dict)

    def tell(self, make: Any, *, by: str | None = "actor") -> None:
        """Send a domain event as an act of one of the cast, or of the system, and let the workers work."""
        with self.hub.system() if by is None else self.hub.acting_for(self.people[by]) as act:
            act.notify(make(act))
        self.hub.run_jobs()

    def comment(
        self,
        *,
        internal: bool = False,
        users: tuple[str, ...] = (),
        groups: tuple[str, ...] = (),
        work: bool = True,
        by: str = "actor",
    ) -> int:
        """Post a comment as somebody; return its id."""
        with self.hub.acting_for(self.people[by]) as act:
            row = self.hub.row(act, self.advisory_id)
            posted = insert_comment(act, row, f"{CANARY} said", internal=internal)
            group_ids = tuple(act.db.scalars(select(Group.id).where(Group.name.in_(groups))))
            mentioned = tuple(self.people[name] for name in users)
            act.notify(CommentAdded(act, self.pk, posted.id, mentioned, group_ids))
            comment_id = posted.id
        if work:
            self.hub.run_jobs()
        return comment_id

    def got_mail(self) -> set[str]:
        """Return the parts of those who got mail; nobody got two of one event."""
        names = {self.address(user): name for name, user in self.people.items()}
        got = [names[recipient] for item in self.mailbox.received for recipient in item.recipients]
        assert len(got) == len(set(got)), got
        return set(got)

    def got_any_mail(self) -> set[str]:
        """Return the parts of those who got mail, however much."""
        names = {self.address(user): name for name, user in self.people.items()}
        return {names[recipient] for item in self.mailbox.received for recipient in item.recipients}

    def address(self, user_id: int) -> str:
        if user_id not in self.addresses:
            with self.hub.system() as act:
                self.addresses[user_id] = act.db.get_one(User, user_id).email
        return self.addresses[user_id]

    def statuses(self) -> dict[str, str]:
        """Return what became of each person's newest mail."""
        names = {user: name for name, user in self.people.items()}
        with self.hub.system() as act:
            rows = act.db.execute(
                text("SELECT user_id, mail_status FROM notifications WHERE user_id IS NOT NULL ORDER BY id")
            ).all()
        return {names[row.user_id]: row.mail_status for row in rows}

    def inbox(self, name: str) -> list[str]:
        """Return the events in somebody's inbox rows, oldest first, seen or not."""
        with self.hub.system() as act:
            query = (
                "SELECT e.event FROM notifications n JOIN notification_events e ON e.id = n.event_id"
                " WHERE n.user_id = :id ORDER BY n.id"
            )
            return list(act.db.scalars(text(query), {"id": self.people[name]}))

    def run(self, task: str, *args: int) -> None:
        """Run one task in this process, and what it enqueued."""
        self.hub.registry.celery.tasks[task].apply(args=args, throw=True)
        self.hub.run_jobs()

    def sql(self, statement: str, **values: Any) -> None:
        with self.hub.system() as act:
            act.db.execute(text(statement), values)


def shadow(act: Act, slug: str, number: int = 1) -> int:
    """Put somebody on a project's roster who has never signed in."""
    user = User(email=f"shadow{number}.{slug}@example.org", is_provisioned=True)
    act.db.add(user)
    act.db.flush()
    project = act.db.scalars(select(Project).where(Project.slug == slug)).one()
    act.db.add(
        RosterEntry(project_id=project.id, username=f"shadow{number}", email=user.email, user_id=user.id)
    )
    act.db.flush()
    return user.id


@pytest.fixture
def cast(hub: Hub, mailbox: Mailbox) -> Cast:
    slug, other_slug = hub.project(), hub.project()
    team, elsewhere = team_of(slug), team_of(other_slug)
    people = {
        "team": hub.person(team),
        "actor": hub.person(team),
        "other team": hub.person(elsewhere),
        "admin": hub.admin(),
        "viewer": hub.person(),
        "collaborator": hub.person(),
        "group member": hub.person(READERS),
        "reporter": hub.person(),
        "stranger": hub.person(),
        "banned": hub.person(team),
        "inactive": hub.person(team),
    }
    advisory_id = hub.draft(
        slug,
        by=people["actor"],
        summary=f"{CANARY} summary",
        details=f"{CANARY} details",
        credits=[{"name": f"{CANARY} credit", "type": "FINDER"}],
    )
    for name, permission in (("viewer", "viewer"), ("reporter", "viewer"), ("collaborator", "collaborator")):
        hub.grant(advisory_id, people[name], permission)
    hub.grant_group(advisory_id, READERS)
    with hub.system() as act:
        people["shadow"] = shadow(act, slug)
        people["other shadow"] = shadow(act, other_slug)
        gone = shadow(act, slug, number=2)
        people["left the roster"] = gone
        people["banned shadow"] = shadow(act, slug, number=3)
        act.db.execute(text("UPDATE roster_entries SET removed_at = now() WHERE user_id = :id"), {"id": gone})
        for name in ("banned", "banned shadow"):
            act.db.execute(
                text("UPDATE users SET banned_at = now(), ban_reason = 'spam' WHERE id = :id"),
                {"id": people[name]},
            )
        act.db.execute(text("UPDATE users SET is_active = false WHERE id = :id"), {"id": people["inactive"]})
        row = hub.row(act, advisory_id)
        row.dismissed_reason = f"{CANARY} reason"
        pk = row.id
    hub.run_jobs()
    with hub.system() as act:
        act.db.execute(text("DELETE FROM notifications"))
    mailbox.clear()
    return Cast(hub, mailbox, slug, other_slug, advisory_id, pk, people)


@contextmanager
def statements(hub: Hub) -> Iterator[list[str]]:
    """Note the statements that reach the database."""
    noted: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        noted.append(statement)

    sa_event.listen(hub.registry.db_engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        sa_event.remove(hub.registry.db_engine, "before_cursor_execute", note)


def invite(cast: Cast, address: str) -> int:
    """Write an open invitation and return its id."""
    with cast.hub.acting_for(cast.people["actor"]) as act:
        row = Invitation(
            advisory_id=cast.pk,
            email=address,
            permission=GrantPermission.VIEWER,
            expires_at=act.now().replace(year=act.now().year + 1),
            created_by_id=cast.people["actor"],
        )
        act.db.add(row)
        act.db.flush()
        return row.id


__all__ = ["CANARY", "READERS", "Cast", "Grant", "invite", "shadow", "statements"]
