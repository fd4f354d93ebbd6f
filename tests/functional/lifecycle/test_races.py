"""Two acts at once, each on a connection of its own: one wins, and nothing of the other is half done.

Where both may come through, one after the other, each order has its one outcome, written out in full.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, text

from advisoryhub_core.advisories.lifecycle import dismiss_advisory
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.services import edit_advisory
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.workflows.cves import request_cve, reserve_cve
from advisoryhub_core.workflows.models import CVERequestTask, ReviewTask
from advisoryhub_core.workflows.reviews import approve_review, submit_for_review
from advisoryhub_publishing.models import PublicationTask
from advisoryhub_publishing.services import publish
from tests.support.hub import Hub, good_payload
from tests.support.lifecycle import do, race, versions

NUMBER = "CVE-2026-9900001"

CREATED = ("advisory.created",)
EDITED = ("advisory.edited",)
ASKED = ("publication.requested",)
DISMISSED = ("advisory.dismissed", "advisory.state_changed")
SUBMITTED = ("advisory.submitted_for_review",)
APPROVED = ("advisory.review_approved", "review.task_status_changed")


@dataclass(frozen=True)
class Whole:
    """Everything that an act on an advisory writes: row, versions, ledger, tasks, notes."""

    state: State = State.DRAFT
    origin: State | None = None
    review: ReviewStatus = ReviewStatus.NONE
    approved: int | None = None
    cve: str | None = None
    summaries: tuple[str, ...] = ("First",)
    ledger: tuple[str, ...] = CREATED
    publications: tuple[tuple[int, str], ...] = ()
    reviews: tuple[tuple[int, str], ...] = ()
    requests: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def whole(hub: Hub, advisory_id: str) -> Whole:
    """Read an advisory with all that hangs on it; its newest version is the live row (INV-VERSION-1)."""
    pinned = versions(hub, advisory_id)
    ledger = tuple(hub.ledger(advisory_id))
    with hub.system() as act:
        row = hub.row(act, advisory_id)

        def tasks(table: Any) -> list[Any]:
            return list(act.db.scalars(select(table).where(table.advisory_id == row.id).order_by(table.id)))

        assert row.current_version == len(pinned)
        assert (row.summary, row.assigned_cve_id) == (
            pinned[-1]["summary"],
            pinned[-1].get("assigned_cve_id") or None,
        )
        notes = text("SELECT note_of FROM comments WHERE advisory_id = :key ORDER BY id")
        return Whole(
            state=row.state,
            origin=row.dismissed_from_state,
            review=row.review_status,
            approved=row.approved_version,
            cve=row.assigned_cve_id,
            summaries=tuple(payload["summary"] for payload in pinned),
            ledger=ledger,
            publications=tuple((task.version, task.status.value) for task in tasks(PublicationTask)),
            reviews=tuple((task.version, task.status.value) for task in tasks(ReviewTask)),
            requests=tuple(task.status.value for task in tasks(CVERequestTask)),
            notes=tuple(act.db.scalars(notes, {"key": row.id})),
        )


@pytest.fixture
def team(hub: Hub) -> tuple[str, int, int]:
    """Two members of a mature project's team, and its draft."""
    project = hub.project(mature=True)
    first, second = hub.member(project), hub.member(project)
    return hub.draft(project, by=first, summary="First"), first, second


def editing(hub: Hub, advisory_id: str, by: int, summary: str = "Second") -> Callable[[], None]:
    data = good_payload(summary=summary)
    return lambda: do(hub, by, edit_advisory, advisory_id, data=data, base_version=1)


@pytest.mark.invariant("INV-CONCURRENCY-1")
@pytest.mark.invariant("INV-CONCURRENCY-2")
def test_two_publications(hub: Hub, team: tuple[str, int, int]) -> None:
    advisory_id, first, second = team
    outcomes = race(*(lambda by=by: do(hub, by, publish, advisory_id) for by in (first, second)))
    assert sorted(outcomes) == ["PublicationInProgress", "done"]
    assert whole(hub, advisory_id) == Whole(ledger=CREATED + ASKED, publications=((1, "queued"),))
    assert hub.run_jobs("publishing") == 1
    after = whole(hub, advisory_id)
    assert (after.state, after.publications) == (State.PUBLISHED, ((1, "succeeded"),))


@pytest.mark.invariant("INV-CONCURRENCY-2")
@pytest.mark.invariant("INV-VERSION-1")
def test_two_edits(hub: Hub, team: tuple[str, int, int]) -> None:
    advisory_id, first, second = team
    outcomes = race(editing(hub, advisory_id, first, "Mine"), editing(hub, advisory_id, second, "Yours"))
    assert sorted(outcomes) == ["StaleVersion", "done"]
    won = ("Mine", "Yours")[outcomes.index("done")]
    assert whole(hub, advisory_id) == Whole(summaries=("First", won), ledger=CREATED + EDITED)


@pytest.mark.invariant("INV-CONCURRENCY-1")
@pytest.mark.invariant("INV-VERSION-2")
def test_an_edit_and_a_publication(hub: Hub, team: tuple[str, int, int]) -> None:
    advisory_id, first, second = team
    outcomes = race(editing(hub, advisory_id, first), lambda: do(hub, second, publish, advisory_id))
    assert outcomes == ["done", "done"]
    both = {"summaries": ("First", "Second")}
    assert whole(hub, advisory_id) in (
        Whole(ledger=CREATED + EDITED + ASKED, publications=((2, "queued"),), **both),
        Whole(ledger=CREATED + ASKED + EDITED, publications=((1, "queued"),), **both),
    )


@pytest.mark.invariant("INV-REVIEW-5")
@pytest.mark.invariant("INV-CONCURRENCY-1")
def test_an_approval_and_an_administrator_s_edit(hub: Hub) -> None:
    project = hub.project()
    member, reviewer, editor = hub.member(project), hub.admin(), hub.admin()
    advisory_id = hub.draft(project, by=member, summary="First")
    do(hub, member, submit_for_review, advisory_id)
    outcomes = race(
        lambda: do(hub, reviewer, approve_review, advisory_id, version=1), editing(hub, advisory_id, editor)
    )
    assert outcomes == ["done", "done"]
    after = whole(hub, advisory_id)
    start = CREATED + SUBMITTED
    # An approval stands for what the administrator then made of it; of an older version it stays.
    approval_first = after.ledger[len(start)] in APPROVED
    assert after.approved == (2 if approval_first else 1)
    assert (after.state, after.review) == (State.DRAFT, ReviewStatus.APPROVED)
    assert after.summaries == ("First", "Second")
    assert after.reviews == ((1, "approved"),)
    assert after.ledger[: len(start)] == start
    rest = [*APPROVED, *EDITED]
    assert sorted(entry for entry in after.ledger[len(start) :] if entry in rest) == sorted(rest)


@pytest.mark.invariant("INV-REVIEW-4")
def test_an_approval_and_the_team_s_edit(hub: Hub) -> None:
    project = hub.project()
    member, reviewer = hub.member(project), hub.admin()
    advisory_id = hub.draft(project, by=member, summary="First")
    do(hub, member, submit_for_review, advisory_id)
    outcomes = race(
        lambda: do(hub, reviewer, approve_review, advisory_id, version=1), editing(hub, advisory_id, member)
    )
    after = whole(hub, advisory_id)
    assert (after.reviews, after.state) == (((1, "approved"),), State.DRAFT)
    if outcomes == ["done", "NotPermitted"]:
        wanted = (ReviewStatus.APPROVED, 1, ("First",))
    else:
        assert outcomes == ["done", "done"]
        wanted = (ReviewStatus.NONE, None, ("First", "Second"))
        assert after.ledger.count("advisory.review_approval_invalidated") == 1
    assert (after.review, after.approved, after.summaries) == wanted
    assert after.ledger.count("advisory.edited") == len(after.summaries) - 1


@pytest.mark.invariant("INV-CONCURRENCY-1")
@pytest.mark.invariant("INV-CONCURRENCY-2")
def test_a_dismissal_and_a_publication(hub: Hub, team: tuple[str, int, int]) -> None:
    advisory_id, first, second = team
    outcomes = race(
        lambda: do(hub, first, dismiss_advisory, advisory_id, reason="Stop."),
        lambda: do(hub, second, publish, advisory_id),
    )
    if outcomes == ["done", "NotPermitted"]:
        assert whole(hub, advisory_id) == Whole(
            state=State.DISMISSED, origin=State.DRAFT, ledger=CREATED + DISMISSED, notes=("dismiss",)
        )
    else:
        assert outcomes == ["PublicationInProgress", "done"]
        assert whole(hub, advisory_id) == Whole(ledger=CREATED + ASKED, publications=((1, "queued"),))


@pytest.mark.invariant("INV-CVE-2")
@pytest.mark.invariant("INV-CONCURRENCY-2")
def test_two_reservations_of_one_number(hub: Hub) -> None:
    project, admins = hub.project(), (hub.admin(), hub.admin())
    member = hub.member(project)
    drafts = [hub.draft(project, by=member, summary="First") for _ in admins]
    for advisory_id in drafts:
        do(hub, member, request_cve, advisory_id)
    before = [whole(hub, advisory_id) for advisory_id in drafts]
    outcomes = race(
        *(
            lambda by=by, at=at: do(hub, by, reserve_cve, at, cve_id=NUMBER)
            for by, at in zip(admins, drafts, strict=True)
        )
    )
    assert sorted(outcomes) == ["CVEHeldElsewhere", "done"]
    won = outcomes.index("done")
    assert whole(hub, drafts[1 - won]) == before[1 - won]
    after = whole(hub, drafts[won])
    assert (after.cve, after.requests, len(after.summaries)) == (NUMBER, ("reserved",), 2)
    assert after.ledger[: len(before[won].ledger)] == before[won].ledger
    assert after.ledger.count("cve.task_status_changed") == 1
    with hub.system() as act:
        holders = act.db.scalars(select(Advisory.advisory_id).where(Advisory.assigned_cve_id == NUMBER))
        assert list(holders) == [drafts[won]]
