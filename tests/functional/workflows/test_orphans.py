"""Numbers that were taken off: rejected at cve.org, put back, or replaced."""

from __future__ import annotations

import pytest

from advisoryhub_core.advisories.states import ReviewStatus
from advisoryhub_core.errors import NotPermitted
from advisoryhub_core.workflows.cves import assign_cve, request_cve, unassign_cve
from advisoryhub_core.workflows.holding import CVEHeldAlready, CVEHeldElsewhere, NotACVEId
from advisoryhub_core.workflows.models import CVERequestStatus, OrphanStatus, ReassignmentStatus
from advisoryhub_core.workflows.orphans import (
    NoReassignment,
    NoSuchOrphan,
    NotOpenForNumbers,
    OrphanInUse,
    mark_orphan_rejected,
    resolve_reassignment,
)
from tests.support.hub import Hub
from tests.support.workflows import NUMBER, OTHER, Scene, dismiss, reopen

BACK, REPLACED = ReassignmentStatus.REASSIGNED, ReassignmentStatus.REPLACED


def orphans_of(scene: Scene) -> list[tuple[str, OrphanStatus]]:
    with scene.reading() as workflow:
        return [(orphan.cve_id, orphan.status) for orphan in workflow.orphans]


@pytest.fixture
def left_over(scene: Scene) -> Scene:
    """A draft whose number was taken off."""
    scene.do(scene.admin, assign_cve, NUMBER)
    scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    return scene


@pytest.fixture
def waiting(left_over: Scene) -> Scene:
    """A draft that was dismissed and reopened after its number had been rejected at cve.org."""
    left_over.do(left_over.admin, mark_orphan_rejected, NUMBER)
    dismiss(left_over)
    reopen(left_over)
    return left_over


@pytest.mark.invariant("INV-AUDIT-3")
def test_a_rejected_number_is_noted_once(hub: Hub, left_over: Scene) -> None:
    with pytest.raises(NotPermitted):
        left_over.do(left_over.member, mark_orphan_rejected, NUMBER)
    with left_over.written() as actions:
        left_over.do(left_over.admin, mark_orphan_rejected, NUMBER.lower())
    assert actions == ["cve.marked_rejected_at_cve_org"]
    assert left_over.entries()[-1].new == {"cve": NUMBER}
    assert orphans_of(left_over) == [(NUMBER, OrphanStatus.MARKED_REJECTED)]
    with pytest.raises(NoSuchOrphan):
        left_over.do(left_over.admin, mark_orphan_rejected, NUMBER)
    other = Scene.set(hub)
    with pytest.raises(NoSuchOrphan):
        other.do(other.admin, mark_orphan_rejected, NUMBER)


def test_a_number_in_use_elsewhere_is_not_noted_as_rejected(hub: Hub, left_over: Scene) -> None:
    other = Scene.set(hub)
    other.do(other.admin, assign_cve, NUMBER)
    with pytest.raises(OrphanInUse):
        left_over.do(left_over.admin, mark_orphan_rejected, NUMBER)
    assert orphans_of(left_over) == [(NUMBER, OrphanStatus.ORPHANED)]


def test_a_free_number_comes_back_on_reopening(left_over: Scene) -> None:
    dismiss(left_over)
    with left_over.written() as actions:
        reopen(left_over)
    assert actions == ["advisory.state_changed", "cve.reassigned_from_orphan"]
    assert left_over.told() == ["StateChanged", "AdvisoryEdited", "CVEReserved"]
    assert left_over.now("assigned_cve_id") == NUMBER
    assert orphans_of(left_over) == []


def test_an_advisory_that_gets_its_number_back_asks_for_none(left_over: Scene) -> None:
    left_over.do(left_over.member, request_cve)
    dismiss(left_over)
    reopen(left_over)
    with left_over.reading() as workflow:
        assert workflow.open_cve_request is None
    assert left_over.now("assigned_cve_id") == NUMBER


@pytest.mark.invariant("INV-CVE-2")
def test_a_number_that_is_elsewhere_has_to_be_decided(hub: Hub, left_over: Scene) -> None:
    other = Scene.set(hub)
    other.do(other.admin, assign_cve, NUMBER)
    dismiss(left_over)
    with left_over.written() as actions:
        reopen(left_over)
    assert actions == ["advisory.state_changed", "cve.orphan_reassignment_requested"]
    with pytest.raises(CVEHeldElsewhere):
        left_over.do(left_over.admin, resolve_reassignment, decision=BACK)
    with left_over.reading() as workflow:
        assert workflow.reassignment is not None
        assert workflow.reassignment.requested_by_id == left_over.member
    # Reopened once more: it was asked for already.
    dismiss(left_over)
    with left_over.written() as actions:
        reopen(left_over)
    assert actions == ["advisory.state_changed"]


@pytest.mark.invariant("INV-AUDIT-3")
def test_a_number_is_put_back(waiting: Scene) -> None:
    with pytest.raises(NotPermitted):
        waiting.do(waiting.member, resolve_reassignment, decision=BACK)
    version = waiting.now("current_version")
    with waiting.written() as actions:
        waiting.do(waiting.admin, resolve_reassignment, decision=BACK)
    assert actions == ["cve.orphan_reassignment_resolved"]
    entry = waiting.entries()[-1]
    assert (entry.previous, entry.new) == ({"cve": NUMBER}, {"decision": "reassigned", "cve": NUMBER})
    assert waiting.told() == ["AdvisoryEdited", "CVEReserved"]
    assert waiting.now("assigned_cve_id", "current_version") == (NUMBER, version + 1)
    assert waiting.pinned(version + 1)["assigned_cve_id"] == NUMBER
    assert orphans_of(waiting) == []
    with pytest.raises(NoReassignment):
        waiting.do(waiting.admin, resolve_reassignment, decision=BACK)


@pytest.mark.invariant("INV-AUDIT-3")
def test_a_number_is_replaced_with_a_reserved_request(waiting: Scene) -> None:
    with pytest.raises(NotACVEId):
        waiting.do(waiting.admin, resolve_reassignment, decision=REPLACED)
    version = waiting.now("current_version")
    with waiting.written() as actions:
        waiting.do(waiting.admin, resolve_reassignment, decision=REPLACED, cve_id=OTHER)
    assert actions == ["cve.orphan_reassignment_resolved"]
    assert waiting.entries()[-1].new == {"decision": "replaced", "cve": OTHER}
    assert waiting.now("assigned_cve_id", "current_version") == (OTHER, version + 1)
    with waiting.reading() as workflow:
        task = workflow.cve_request
        assert task is not None
        assert (task.status, task.cve_id) == (CVERequestStatus.RESERVED, OTHER)
        assert (task.requested_by_id, task.assignee_id) == (waiting.admin, waiting.admin)
        assert workflow.reassignment is None
    assert orphans_of(waiting) == [(NUMBER, OrphanStatus.MARKED_REJECTED)]


@pytest.mark.parametrize(("decision", "number"), [(BACK, NUMBER), (REPLACED, OTHER)])
def test_an_open_request_is_answered_with_the_number(
    waiting: Scene, decision: ReassignmentStatus, number: str
) -> None:
    waiting.do(waiting.member, request_cve)
    with waiting.written() as actions:
        waiting.do(waiting.admin, resolve_reassignment, decision=decision, cve_id=number)
    assert sorted(actions) == ["cve.orphan_reassignment_resolved", "cve.task_status_changed"]
    with waiting.reading() as workflow:
        task = workflow.cve_request
        assert task is not None
        assert (task.status, task.cve_id, task.requested_by_id) == (
            CVERequestStatus.RESERVED,
            number,
            waiting.member,
        )


@pytest.mark.invariant("INV-CVE-2")
def test_a_number_that_it_got_meanwhile_counts_as_the_replacement(waiting: Scene) -> None:
    waiting.do(waiting.admin, assign_cve, OTHER)
    version = waiting.now("current_version")
    for decision, number in ((BACK, None), (REPLACED, "CVE-2026-9900003")):
        with pytest.raises(CVEHeldAlready):
            waiting.do(waiting.admin, resolve_reassignment, decision=decision, cve_id=number)
    waiting.do(waiting.admin, resolve_reassignment, decision=REPLACED, cve_id=OTHER)
    assert waiting.now("assigned_cve_id", "current_version") == (OTHER, version)


@pytest.mark.invariant("INV-AUDIT-3")
def test_reserving_the_very_number_fulfils_the_wish(waiting: Scene) -> None:
    waiting.do(waiting.member, request_cve)
    with waiting.written() as actions:
        waiting.do(waiting.admin, assign_cve, NUMBER)
    assert sorted(actions) == ["cve.orphan_reassignment_resolved", "cve.task_status_changed"]
    with waiting.reading() as workflow:
        assert (workflow.reassignment, workflow.orphans) == (None, ())


def test_a_newer_number_takes_the_place_of_the_one_that_was_wanted(waiting: Scene) -> None:
    waiting.do(waiting.admin, assign_cve, OTHER)
    waiting.do(waiting.admin, unassign_cve, reason="Not this one either.")
    waiting.do(waiting.admin, mark_orphan_rejected, OTHER)
    dismiss(waiting)
    reopen(waiting)
    with waiting.reading() as workflow:
        assert workflow.reassignment is not None
        assert workflow.reassignment.orphan.cve_id == OTHER


def test_a_dismissed_advisory_takes_no_number(waiting: Scene) -> None:
    dismiss(waiting)
    for decision in (BACK, REPLACED):
        with pytest.raises(NotOpenForNumbers):
            waiting.do(waiting.admin, resolve_reassignment, decision=decision, cve_id=OTHER)


def test_there_is_no_third_decision(waiting: Scene) -> None:
    with pytest.raises(ValueError, match="queued"):
        waiting.do(waiting.admin, resolve_reassignment, decision=ReassignmentStatus.QUEUED)


@pytest.mark.invariant("INV-REVIEW-5")
def test_putting_a_number_back_carries_an_approval(waiting: Scene) -> None:
    waiting.in_review(ReviewStatus.APPROVED)
    waiting.do(waiting.admin, resolve_reassignment, decision=BACK)
    assert waiting.now("approved_version") == waiting.now("current_version")
