"""Short words for the tests of the lifecycle: acting by id, rows, notes, the whole ledger, the events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select, text

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory, AdvisoryVersion
from advisoryhub_core.advisories.states import ReviewStatus
from advisoryhub_core.comments.models import Comment
from advisoryhub_core.events import DomainEvent
from advisoryhub_core.projects.models import Project
from advisoryhub_core.workflows.models import ReviewTask
from tests.support.hub import Hub


def do(hub: Hub, by: int, service: Callable[..., Any], advisory_id: str, **values: Any) -> None:
    """Call a service on behalf of a person; a `project` is given by its slug."""
    pk = hub.pk(advisory_id)
    with hub.acting_for(by) as act:
        for name in ("project", "suggested"):
            if isinstance(values.get(name), str):
                values[name] = project_row(act, values[name])
        service(act, pk, **values)


def project_row(act: Act, slug: str) -> Project:
    return act.db.scalars(select(Project).where(Project.slug == slug)).one()


def facts(hub: Hub, advisory_id: str, *names: str) -> tuple[Any, ...]:
    """Return columns of the live row."""
    with hub.system() as act:
        row = hub.row(act, advisory_id)
        return tuple(getattr(row, name) for name in names)


def project_of(hub: Hub, advisory_id: str) -> str:
    with hub.system() as act:
        return hub.row(act, advisory_id).project.slug


def notes(hub: Hub, advisory_id: str) -> list[tuple[str, str, bool]]:
    """Return what act each note is of, what it says, and whether it is internal."""
    with hub.system() as act:
        found = act.db.scalars(
            select(Comment).join(Advisory).where(Advisory.advisory_id == advisory_id).order_by(Comment.id)
        )
        return [(comment.note_of, comment.body, comment.internal) for comment in found]


def entries(hub: Hub, advisory_id: str, action: str) -> list[dict[str, Any]]:
    """Return every ledger entry of one action, oldest first."""
    with hub.system() as act:
        query = text(
            "SELECT l.actor_id, l.previous, l.new, l.metadata FROM audit_log l"
            " JOIN advisories a ON a.id = l.advisory_id"
            " WHERE a.advisory_id = :id AND l.action = :action ORDER BY l.id"
        )
        return [dict(row) for row in act.db.execute(query, {"id": advisory_id, "action": action}).mappings()]


def versions(hub: Hub, advisory_id: str) -> list[dict[str, Any]]:
    """Return every pinned payload, oldest first."""
    with hub.system() as act:
        query = (
            select(AdvisoryVersion.payload)
            .join(Advisory, Advisory.id == AdvisoryVersion.advisory_id)
            .where(Advisory.advisory_id == advisory_id)
            .order_by(AdvisoryVersion.number)
        )
        return list(act.db.scalars(query))


def in_review(hub: Hub, advisory_id: str, status: ReviewStatus = ReviewStatus.SUBMITTED) -> None:
    """Put a native advisory into a review status, with the open task of a submission."""
    with hub.system() as act:
        row = hub.row(act, advisory_id)
        row.review_status = status
        if status is ReviewStatus.APPROVED:
            row.approved_version = row.current_version
        if status is ReviewStatus.SUBMITTED:
            act.db.add(ReviewTask(advisory_id=row.id, version=row.current_version))


@contextmanager
def heard(hub: Hub) -> Iterator[list[str]]:
    """Collect the names of the domain events that are sent meanwhile."""
    names: list[str] = []

    def hear(event: DomainEvent) -> None:
        names.append(type(event).__name__)

    hub.registry.registerHandler(hear, (DomainEvent,))
    try:
        yield names
    finally:
        hub.registry.unregisterHandler(hear, (DomainEvent,))


def race(*acts: Callable[[], Any]) -> list[str]:
    """Run acts at once, each on a connection of its own; return how each ended, in their order."""
    barrier = threading.Barrier(len(acts))
    outcomes = [""] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 (each outcome is compared by the test)
            outcomes[index] = type(error).__name__
        else:
            outcomes[index] = "done"

    threads = [threading.Thread(target=run, args=entry) for entry in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
