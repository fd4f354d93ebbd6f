"""One advisory with its people, for tests of what runs beside its state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text

from advisoryhub_core.advisories import payloads
from advisoryhub_core.advisories.queries import version_of
from advisoryhub_core.advisories.services import change_state, edit_advisory, lock
from advisoryhub_core.advisories.states import Kind, ReviewStatus, State
from advisoryhub_core.comments.models import Comment
from advisoryhub_core.events import AdvisoryEvent
from advisoryhub_core.workflows import reviews
from advisoryhub_core.workflows.queries import Workflow, workflow_of
from advisoryhub_core.workflows.teardown import cancel_open_cve_request, orphan_number, restore_cve
from tests.support.hub import Hub

NUMBER = "CVE-2026-9900001"
OTHER = "CVE-2026-9900002"
NOTES = "Please name the *first* affected version."


@dataclass
class Scene:
    """An advisory of a project, a member of its team and an administrator."""

    hub: Hub
    slug: str
    member: int
    admin: int
    advisory_id: str
    events: list[AdvisoryEvent] = field(default_factory=list)

    @classmethod
    def set(cls, hub: Hub, *, mature: bool = False, state: State = State.DRAFT) -> Scene:
        slug = hub.project(mature=mature)
        member = hub.member(slug)
        advisory_id = hub.draft(slug, by=member) if state is State.DRAFT else hub.in_state(slug, state)
        return cls(hub, slug, member, hub.admin(), advisory_id)

    @property
    def key(self) -> int:
        return self.hub.pk(self.advisory_id)

    @property
    def path(self) -> str:
        return f"/advisories/{self.advisory_id}/"

    def do(self, by: int, service: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call a service on the advisory, in a transaction of its own."""
        key = self.key
        with self.hub.acting_for(by) as act:
            service(act, key, *args, **kwargs)

    def edit(self, by: int, **changes: Any) -> None:
        with self.hub.acting_for(by) as act:
            row = self.hub.row(act, self.advisory_id)
            data = {**payloads.authored(row), **changes}
            edit_advisory(act, row.id, data, base_version=row.current_version)

    def in_review(self, status: ReviewStatus) -> Scene:
        """Bring the review to a status through the services."""
        if status is ReviewStatus.NONE:
            return self
        self.do(self.member, reviews.submit_for_review)
        if status is ReviewStatus.APPROVED:
            self.do(self.admin, reviews.approve_review, version=self.now("current_version"))
        if status is ReviewStatus.CHANGES_REQUESTED:
            self.do(self.admin, reviews.request_changes, notes=NOTES)
        return self

    def linked(self) -> Scene:
        """Make it one whose content is written on GitHub."""
        with self.hub.system() as act:
            row = self.hub.row(act, self.advisory_id)
            row.kind, row.ghsa_id = Kind.GHSA_LINKED, "GHSA-2c3f-4g5h-6j7m"
        return self

    def now(self, *names: str) -> Any:
        """Return columns of the row as they stand: one value, or a tuple of several."""
        with self.hub.system() as act:
            row = self.hub.row(act, self.advisory_id)
            found = tuple(getattr(row, name) for name in names)
        return found if len(names) > 1 else found[0]

    def pinned(self, number: int) -> dict[str, Any]:
        with self.hub.system() as act:
            version = version_of(act.db, self.hub.row(act, self.advisory_id), number)
            assert version is not None
            return version.payload

    @contextmanager
    def reading(self) -> Iterator[Workflow]:
        with self.hub.system() as act:
            yield workflow_of(act.db, self.hub.row(act, self.advisory_id))

    def notes(self) -> list[tuple[str, str, bool, int | None]]:
        """Return the comments: what they are the note of, text, internal, author."""
        with self.hub.system() as act:
            comments = act.db.scalars(select(Comment).order_by(Comment.id))
            return [(c.note_of, c.body, c.internal, c.author_id) for c in comments]

    def entries(self) -> list[Any]:
        """Return the ledger of the advisory, oldest first."""
        with self.hub.system() as act:
            query = text("SELECT * FROM audit_log WHERE advisory_id = :key ORDER BY id")
            return list(act.db.execute(query, {"key": self.hub.row(act, self.advisory_id).id}))

    @contextmanager
    def written(self) -> Iterator[list[str]]:
        """Collect the ledger's actions and the events of what is done within, in order."""
        before, seen = len(self.entries()), len(self.events)
        actions: list[str] = []
        yield actions
        actions += [entry.action for entry in self.entries()[before:]]
        self.events[:] = self.events[seen:]

    def told(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


def dismiss(scene: Scene) -> None:
    """What a dismissal does to the number and the request, with the state."""
    with scene.hub.acting_for(scene.admin) as act:
        advisory = lock(act, scene.key).advisory
        cancel_open_cve_request(act, advisory)
        orphan_number(act, advisory)
        with act.db.no_autoflush:
            advisory.dismissed_from_state = advisory.state
            advisory.dismissed_reason = "Not a vulnerability."
            change_state(act, advisory, State.DISMISSED)


def reopen(scene: Scene) -> None:
    with scene.hub.acting_for(scene.member) as act:
        advisory = lock(act, scene.key).advisory
        target = advisory.dismissed_from_state or State.DRAFT
        with act.db.no_autoflush:
            advisory.dismissed_from_state = None
            advisory.dismissed_reason = ""
            change_state(act, advisory, target)
        restore_cve(act, advisory, target)


def in_a_thread(work: Callable[[], None]) -> tuple[threading.Thread, list[BaseException | None]]:
    """Start `work` in a thread; the list gets its exception, or None, when it is done."""
    outcome: list[BaseException | None] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (whatever it is, the test compares it)
            outcome.append(error)
        else:
            outcome.append(None)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome
