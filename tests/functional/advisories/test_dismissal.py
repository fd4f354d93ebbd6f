"""Giving a draft up and reopening it: what is taken down beside the state, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from advisoryhub_core.advisories.lifecycle import dismiss_advisory, reopen_advisory
from advisoryhub_core.advisories.payloads import pinned
from advisoryhub_core.advisories.reasons import ReasonMissing
from advisoryhub_core.advisories.reassignment import request_admin_reassignment
from advisoryhub_core.advisories.services import edit_advisory
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.errors import NotPermitted, StaleVersion
from advisoryhub_core.workflows.cves import assign_cve
from advisoryhub_core.workflows.models import (
    CVERequestStatus,
    CVERequestTask,
    OrphanCVE,
    OrphanReassignmentTask,
    OrphanStatus,
)
from tests.support.hub import Hub, good_payload
from tests.support.lifecycle import do, entries, facts, heard, in_review, notes, race, versions

NUMBER = "CVE-2026-4711"


@pytest.fixture
def draft(hub: Hub) -> tuple[str, int]:
    """A draft, and a member of its team."""
    project = hub.project()
    member = hub.member(project)
    return hub.draft(project, by=member), member


def ask_for_a_number(hub: Hub, advisory_id: str) -> None:
    with hub.system() as act:
        act.db.add(CVERequestTask(advisory_id=hub.row(act, advisory_id).id))


def requests(hub: Hub) -> list[CVERequestStatus]:
    with hub.system() as act:
        return [task.status for task in act.db.query(CVERequestTask).order_by(CVERequestTask.id)]


def orphans(hub: Hub) -> list[tuple[str, OrphanStatus]]:
    with hub.system() as act:
        return [(row.cve_id, row.status) for row in act.db.query(OrphanCVE).order_by(OrphanCVE.id)]


def since(hub: Hub, advisory_id: str, before: list[str]) -> list[str]:
    ledger = hub.ledger(advisory_id)
    assert ledger[: len(before)] == before
    return ledger[len(before) :]


@pytest.mark.invariant("INV-AUDIT-3")
def test_a_plain_draft_is_dismissed_with_two_entries_and_a_public_note(
    hub: Hub, draft: tuple[str, int]
) -> None:
    advisory_id, member = draft
    with heard(hub) as events:
        do(hub, member, dismiss_advisory, advisory_id, reason=" A duplicate. ")
    assert events == ["StateChanged"]
    assert facts(
        hub, advisory_id, "state", "dismissed_from_state", "dismissed_reason", "current_version"
    ) == (
        State.DISMISSED,
        State.DRAFT,
        "A duplicate.",
        1,
    )
    assert hub.ledger(advisory_id) == ["advisory.created", "advisory.dismissed", "advisory.state_changed"]
    assert entries(hub, advisory_id, "advisory.state_changed")[0]["metadata"] == {"narrated": True}
    assert notes(hub, advisory_id) == [("dismiss", "A duplicate.", False)]


@pytest.mark.invariant("INV-AUDIT-3")
@pytest.mark.invariant("INV-VERSION-1")
def test_a_dismissal_takes_down_request_review_and_reassignment(hub: Hub, draft: tuple[str, int]) -> None:
    advisory_id, member = draft
    do(hub, member, request_admin_reassignment, advisory_id, note="The proxy's.", suggested=hub.project())
    ask_for_a_number(hub, advisory_id)
    in_review(hub, advisory_id)
    before = hub.ledger(advisory_id)
    do(hub, member, dismiss_advisory, advisory_id, reason="A duplicate.")
    assert since(hub, advisory_id, before) == [
        "review.task_status_changed",
        "advisory.review_withdrawn",
        "cve.request_cancelled",
        "advisory.reassignment_request_cleared",
        "advisory.dismissed",
        "advisory.state_changed",
    ]
    (cleared,) = entries(hub, advisory_id, "advisory.reassignment_request_cleared")
    assert cleared["metadata"] == {"cause": "dismissed"}
    assert requests(hub) == [CVERequestStatus.CANCELLED]
    assert facts(
        hub,
        advisory_id,
        "review_status",
        "reassignment_requested_at",
        "reassignment_requested_by_id",
        "reassignment_suggested_id",
        "reassignment_note",
    ) == (ReviewStatus.NONE, None, None, None, "")
    assert len(versions(hub, advisory_id)) == 1


@pytest.mark.invariant("INV-VERSION-1")
def test_a_number_becomes_an_orphan_and_an_approval_ends_without_being_carried(
    hub: Hub, draft: tuple[str, int]
) -> None:
    advisory_id, member = draft
    admin = hub.admin()
    do(hub, admin, assign_cve, advisory_id, cve_id=NUMBER)
    in_review(hub, advisory_id, ReviewStatus.APPROVED)
    with pytest.raises(NotPermitted):
        do(hub, member, dismiss_advisory, advisory_id, reason="A duplicate.")
    before = hub.ledger(advisory_id)
    do(hub, admin, dismiss_advisory, advisory_id, reason="A duplicate.")
    assert since(hub, advisory_id, before) == [
        "advisory.review_withdrawn",
        "cve.unassigned",
        "advisory.dismissed",
        "advisory.state_changed",
    ]
    assert orphans(hub) == [(NUMBER, OrphanStatus.ORPHANED)]
    assert [payload["assigned_cve_id"] for payload in versions(hub, advisory_id)] == [None, NUMBER, None]
    with hub.system() as act:
        assert pinned(hub.row(act, advisory_id)) == versions(hub, advisory_id)[-1]


@pytest.mark.invariant("INV-CONCURRENCY-2")
def test_a_refused_dismissal_leaves_no_trace(hub: Hub, draft: tuple[str, int]) -> None:
    advisory_id, member = draft
    viewer, collaborator = hub.person(), hub.person()
    hub.grant(advisory_id, viewer)
    hub.grant(advisory_id, collaborator, "collaborator")
    ask_for_a_number(hub, advisory_id)
    before = hub.ledger(advisory_id)
    for who, reason, refusal in (
        (member, "", ReasonMissing),
        (viewer, "No.", NotPermitted),
        (collaborator, "No.", NotPermitted),
        (hub.person(), "No.", NotPermitted),
    ):
        with pytest.raises(refusal):
            do(hub, who, dismiss_advisory, advisory_id, reason=reason)
    assert hub.ledger(advisory_id) == before
    assert requests(hub) == [CVERequestStatus.QUEUED]
    assert notes(hub, advisory_id) == []


@pytest.mark.invariant("INV-LIFECYCLE-4")
@pytest.mark.parametrize("state", [State.TRIAGE, State.PUBLISHED, State.DISMISSED])
def test_only_a_draft_is_dismissed_as_one(hub: Hub, state: State) -> None:
    advisory_id = hub.in_state(hub.project(mature=True), state)
    before = hub.ledger(advisory_id)
    with pytest.raises(NotPermitted):
        do(hub, hub.admin(), dismiss_advisory, advisory_id, reason="No.")
    assert hub.ledger(advisory_id) == before


@pytest.mark.invariant("INV-LIFECYCLE-4")
@pytest.mark.invariant("INV-AUDIT-3")
def test_a_draft_is_reopened_with_its_request_and_without_a_review(hub: Hub, draft: tuple[str, int]) -> None:
    advisory_id, member = draft
    ask_for_a_number(hub, advisory_id)
    in_review(hub, advisory_id)
    do(hub, member, dismiss_advisory, advisory_id, reason="A duplicate.")
    before = hub.ledger(advisory_id)
    with heard(hub) as events:
        do(hub, member, reopen_advisory, advisory_id)
    assert events == ["StateChanged", "AdvisoryReopened"]
    assert facts(hub, advisory_id, "state", "dismissed_from_state", "dismissed_reason", "review_status") == (
        State.DRAFT,
        None,
        "",
        ReviewStatus.NONE,
    )
    assert requests(hub) == [CVERequestStatus.QUEUED]
    assert since(hub, advisory_id, before) == [
        "advisory.reopened",
        "advisory.state_changed",
        "cve.task_status_changed",
    ]
    assert entries(hub, advisory_id, "advisory.reopened")[0]["new"] == {"state": "draft"}


def reopened_with(hub: Hub, advisory_id: str, admin: int) -> list[str]:
    before = hub.ledger(advisory_id)
    do(hub, admin, reopen_advisory, advisory_id)
    return since(hub, advisory_id, before)


@pytest.fixture
def orphaned(hub: Hub, draft: tuple[str, int]) -> tuple[str, int]:
    """A dismissed draft whose number is an orphan, and an administrator."""
    advisory_id, _member = draft
    admin = hub.admin()
    do(hub, admin, assign_cve, advisory_id, cve_id=NUMBER)
    do(hub, admin, dismiss_advisory, advisory_id, reason="A duplicate.")
    return advisory_id, admin


def test_a_free_number_is_put_back(hub: Hub, orphaned: tuple[str, int]) -> None:
    advisory_id, admin = orphaned
    assert reopened_with(hub, advisory_id, admin) == [
        "advisory.reopened",
        "advisory.state_changed",
        "cve.reassigned_from_orphan",
    ]
    assert facts(hub, advisory_id, "assigned_cve_id", "current_version") == (NUMBER, 4)
    assert orphans(hub) == [(NUMBER, OrphanStatus.REASSIGNED)]
    with hub.system() as act:
        assert pinned(hub.row(act, advisory_id)) == versions(hub, advisory_id)[-1]


@pytest.mark.parametrize("why", ["held elsewhere", "rejected at cve.org"])
def test_a_number_that_is_gone_waits_for_an_administrator(
    hub: Hub, orphaned: tuple[str, int], why: str
) -> None:
    advisory_id, admin = orphaned
    if why == "held elsewhere":
        do(hub, admin, assign_cve, hub.draft(hub.project()), cve_id=NUMBER)
    else:
        with hub.system() as act:
            act.db.execute(text("UPDATE orphan_cves SET status = 'marked_rejected'"))
    told = ["advisory.reopened", "advisory.state_changed", "cve.orphan_reassignment_requested"]
    assert reopened_with(hub, advisory_id, admin) == told
    assert facts(hub, advisory_id, "assigned_cve_id", "state") == (None, State.DRAFT)
    # And once more: the wish that waits already is not doubled.
    do(hub, admin, dismiss_advisory, advisory_id, reason="A duplicate after all.")
    assert reopened_with(hub, advisory_id, admin) == told[:2]
    with hub.system() as act:
        assert act.db.query(OrphanReassignmentTask).count() == 1


def test_reopening_is_for_owners_and_for_what_is_dismissed(hub: Hub, draft: tuple[str, int]) -> None:
    advisory_id, member = draft
    with pytest.raises(NotPermitted):
        do(hub, member, reopen_advisory, advisory_id)
    do(hub, member, dismiss_advisory, advisory_id, reason="A duplicate.")
    collaborator = hub.person()
    hub.grant(advisory_id, collaborator, "collaborator")
    with pytest.raises(NotPermitted):
        do(hub, collaborator, reopen_advisory, advisory_id)
    assert facts(hub, advisory_id, "state") == (State.DISMISSED,)


@pytest.mark.invariant("INV-LIFECYCLE-1")
@pytest.mark.invariant("INV-LIFECYCLE-4")
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("target", [*State, "withdrawn"])
def test_the_database_knows_the_ways_too(hub: Hub, state: State, target: Any) -> None:
    """By plain SQL, each transition that lifecycle.md does not know is refused."""
    ways = {
        (State.TRIAGE, State.DRAFT),
        (State.TRIAGE, State.DISMISSED),
        (State.DRAFT, State.PUBLISHED),
        (State.DRAFT, State.DISMISSED),
        (State.PUBLISHED, State.DISMISSED),
        (State.DISMISSED, State.DRAFT),
        *((same, same) for same in State),
    }
    advisory_id = hub.in_state(hub.project(), state)
    origin = State.DRAFT if state is State.DISMISSED else state
    change = text(
        "UPDATE advisories SET state = :target, published_at = coalesce(published_at, now()),"
        " dismissed_from_state = :origin WHERE advisory_id = :id"
    )
    values = {
        "target": str(target),
        "origin": origin.value if target == "dismissed" else None,
        "id": advisory_id,
    }
    if (state, target) in ways:
        with hub.system() as act:
            act.db.execute(change, values)
        assert facts(hub, advisory_id, "state") == (target,)
        return
    with pytest.raises(DBAPIError, match=r"INV-LIFECYCLE-4|ck_advisories_state"), hub.system() as act:
        act.db.execute(change, values)
    assert facts(hub, advisory_id, "state") == (state,)


def test_the_origin_of_a_dismissal_cannot_be_rewritten(hub: Hub) -> None:
    advisory_id = hub.in_state(hub.project(), State.DISMISSED)
    with pytest.raises(DBAPIError, match="was dismissed from another state"), hub.system() as act:
        act.db.execute(text("UPDATE advisories SET dismissed_from_state = 'published'"))
    assert facts(hub, advisory_id, "dismissed_from_state") == (State.DRAFT,)


@pytest.mark.invariant("INV-CONCURRENCY-1")
@pytest.mark.invariant("INV-CONCURRENCY-2")
def test_of_a_dismissal_and_an_edit_at_once_nothing_is_half_done(hub: Hub, draft: tuple[str, int]) -> None:
    advisory_id, member = draft
    values = {"data": good_payload(summary="Edited"), "base_version": 1}
    outcomes = race(
        lambda: do(hub, member, dismiss_advisory, advisory_id, reason="A duplicate."),
        lambda: do(hub, member, edit_advisory, advisory_id, **values),
    )
    # The edit comes first, and what was edited is dismissed; or it comes too late, and is refused.
    state, version = facts(hub, advisory_id, "state", "current_version")
    assert (state, outcomes[0]) == (State.DISMISSED, "done")
    assert outcomes[1] in {"done", "NotPermitted"}
    edited = outcomes[1] == "done"
    assert version == (2 if edited else 1)
    assert hub.ledger(advisory_id) == [
        "advisory.created",
        *(["advisory.edited"] if edited else []),
        "advisory.dismissed",
        "advisory.state_changed",
    ]
    with pytest.raises((NotPermitted, StaleVersion)):
        do(hub, member, edit_advisory, advisory_id, **values)


@pytest.mark.invariant("INV-CONCURRENCY-1")
def test_of_two_dismissals_at_once_one_wins(hub: Hub, draft: tuple[str, int]) -> None:
    advisory_id, member = draft
    outcomes = race(
        *(lambda: do(hub, member, dismiss_advisory, advisory_id, reason="A duplicate.") for _ in range(2))
    )
    assert sorted(outcomes) == ["NotPermitted", "done"]
    assert hub.ledger(advisory_id).count("advisory.dismissed") == 1
    assert len(notes(hub, advisory_id)) == 1
