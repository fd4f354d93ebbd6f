"""CVE requests: asking, reserving, rejecting, banning, taking off."""

from __future__ import annotations

from typing import Any

import pytest

from advisoryhub_core.advisories.lifecycle import ReasonMissing
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.errors import NotPermitted
from advisoryhub_core.workflows.cves import (
    CVERequestOpen,
    CVERequestsBanned,
    NoCVERequest,
    NotBanned,
    assign_cve,
    reject_cve_request,
    request_cve,
    reserve_cve,
    unassign_cve,
    unban_cve_requests,
)
from advisoryhub_core.workflows.holding import CVEHeldAlready, CVEHeldElsewhere, NotACVEId
from advisoryhub_core.workflows.models import CVERequestStatus, OrphanStatus
from tests.support.hub import Hub
from tests.support.workflows import NUMBER, OTHER, Scene

REASON = "It is a configuration mistake and no vulnerability."


def newest_request(scene: Scene) -> dict[str, Any]:
    with scene.reading() as workflow:
        task = workflow.cve_request
        assert task is not None
        return {
            "status": task.status,
            "cve": task.cve_id,
            "by": task.requested_by_id,
            "assignee": task.assignee_id,
            "notes": task.notes,
        }


@pytest.mark.invariant("INV-AUDIT-3")
@pytest.mark.parametrize("state", [State.DRAFT, State.PUBLISHED])
@pytest.mark.parametrize("by", ["member", "admin"])
def test_owners_ask_for_a_number(hub: Hub, state: State, by: str) -> None:
    scene = Scene.set(hub, state=state)
    with scene.written() as actions:
        scene.do(getattr(scene, by), request_cve)
    assert actions == ["cve.requested"]
    request = newest_request(scene)
    assert (request["status"], request["by"]) == (CVERequestStatus.QUEUED, getattr(scene, by))
    assert scene.now("current_version", "republish_required") == (1, False)


@pytest.mark.parametrize("state", [State.TRIAGE, State.DISMISSED])
def test_only_drafts_and_published_advisories_get_a_number(hub: Hub, state: State) -> None:
    scene = Scene.set(hub, state=state)
    for act, arguments in ((request_cve, ()), (reserve_cve, (NUMBER,)), (assign_cve, (NUMBER,))):
        with pytest.raises(NotPermitted):
            scene.do(scene.admin, act, *arguments)


def test_grantees_do_not_ask(hub: Hub, scene: Scene) -> None:
    for role in ("viewer", "collaborator"):
        person = hub.person()
        hub.grant(scene.advisory_id, person, role)
        with pytest.raises(NotPermitted):
            scene.do(person, request_cve)


@pytest.mark.invariant("INV-CVE-1")
def test_one_request_waits_at_a_time(scene: Scene) -> None:
    scene.do(scene.member, request_cve)
    with pytest.raises(CVERequestOpen):
        scene.do(scene.admin, request_cve)
    scene.do(scene.admin, reserve_cve, NUMBER)
    with pytest.raises(CVEHeldAlready):
        scene.do(scene.member, request_cve)


@pytest.mark.invariant("INV-AUDIT-3")
def test_a_reserved_number_is_a_new_version_and_answers_the_request(scene: Scene) -> None:
    scene.do(scene.member, request_cve)
    with scene.written() as actions:
        scene.do(scene.admin, reserve_cve, " cve-2026-9900001 ")
    assert actions == ["cve.task_status_changed"]
    entry = scene.entries()[-1]
    assert (entry.actor_id, entry.previous, entry.new) == (
        scene.admin,
        {"status": "queued"},
        {"status": "reserved", "cve": NUMBER},
    )
    assert scene.told() == ["AdvisoryEdited", "CVEReserved"]
    request = newest_request(scene)
    assert (request["status"], request["cve"], request["assignee"]) == (
        CVERequestStatus.RESERVED,
        NUMBER,
        scene.admin,
    )
    assert scene.now("assigned_cve_id", "current_version", "republish_required") == (NUMBER, 2, False)
    assert scene.pinned(1)["assigned_cve_id"] is None
    assert scene.pinned(2)["assigned_cve_id"] == NUMBER


def test_a_published_advisory_with_a_new_number_waits_for_its_next_publication(hub: Hub) -> None:
    scene = Scene.set(hub, state=State.PUBLISHED)
    scene.do(scene.member, request_cve)
    assert not scene.now("republish_required")
    scene.do(scene.admin, reserve_cve, NUMBER)
    assert scene.now("republish_required")


def test_a_linked_advisory_gets_a_number_and_its_content_stays(scene: Scene) -> None:
    scene.linked()
    scene.do(scene.member, request_cve)
    scene.do(scene.admin, reserve_cve, NUMBER)
    assert scene.now("assigned_cve_id") == NUMBER
    assert scene.told()[-1] == "CVEReserved"


@pytest.mark.invariant("INV-REVIEW-2")
def test_a_number_during_a_review_does_not_move_the_pin(scene: Scene) -> None:
    scene.in_review(ReviewStatus.SUBMITTED)
    scene.do(scene.admin, assign_cve, NUMBER)
    with scene.reading() as workflow:
        assert workflow.open_review is not None
        assert workflow.open_review.version == 1
    assert scene.now("current_version", "review_status") == (2, ReviewStatus.SUBMITTED)


def test_without_a_request_there_is_nothing_to_answer(scene: Scene) -> None:
    with pytest.raises(NoCVERequest):
        scene.do(scene.admin, reserve_cve, NUMBER)
    with pytest.raises(NoCVERequest):
        scene.do(scene.admin, reject_cve_request, reason=REASON)


@pytest.mark.invariant("INV-AUDIT-3")
def test_an_administrator_who_gives_a_number_unasked_asks_for_it(scene: Scene) -> None:
    with scene.written() as actions:
        scene.do(scene.admin, assign_cve, NUMBER)
    assert actions == ["cve.requested", "cve.task_status_changed"]
    assert newest_request(scene)["by"] == scene.admin


def test_an_administrator_who_gives_a_number_answers_the_request_there_is(scene: Scene) -> None:
    scene.do(scene.member, request_cve)
    with scene.written() as actions:
        scene.do(scene.admin, assign_cve, NUMBER)
    assert actions == ["cve.task_status_changed"]
    assert newest_request(scene)["by"] == scene.member


@pytest.mark.invariant("INV-CVE-3")
def test_a_team_decides_nothing(hub: Hub) -> None:
    scene = Scene.set(hub, mature=True)
    scene.do(scene.member, request_cve)
    for act, arguments, named in (
        (reserve_cve, (NUMBER,), {}),
        (assign_cve, (NUMBER,), {}),
        (reject_cve_request, (), {"reason": REASON, "ban": True}),
        (unban_cve_requests, (), {}),
        (unassign_cve, (), {"reason": REASON}),
    ):
        with pytest.raises(NotPermitted):
            scene.do(scene.member, act, *arguments, **named)
    assert not scene.now("cve_requests_banned")


@pytest.mark.invariant("INV-ID-3")
@pytest.mark.parametrize("number", ["", "CVE-2026-1", "GHSA-2c3f-4g5h-6j7m", f"{NUMBER}\nCVE-2026-9900002"])
def test_what_is_no_cve_number_is_refused(scene: Scene, number: str) -> None:
    scene.do(scene.member, request_cve)
    for act in (reserve_cve, assign_cve):
        with pytest.raises(NotACVEId):
            scene.do(scene.admin, act, number)


@pytest.mark.invariant("INV-CVE-2")
def test_a_number_is_held_by_one_advisory_and_written_once(hub: Hub, scene: Scene) -> None:
    scene.do(scene.admin, assign_cve, NUMBER)
    other = Scene.set(hub)
    other.do(other.member, request_cve)
    before = len(other.entries())
    with pytest.raises(CVEHeldElsewhere) as refused:
        other.do(other.admin, reserve_cve, NUMBER)
    assert refused.value.status == 409
    assert scene.advisory_id not in refused.value.message
    assert (newest_request(other)["status"], len(other.entries())) == (CVERequestStatus.QUEUED, before)
    with pytest.raises(CVEHeldAlready):
        scene.do(scene.admin, assign_cve, OTHER)
    assert scene.now("assigned_cve_id") == NUMBER


@pytest.mark.invariant("INV-AUDIT-3")
def test_a_request_is_rejected_with_a_public_reason(scene: Scene) -> None:
    scene.do(scene.member, request_cve)
    with pytest.raises(ReasonMissing):
        scene.do(scene.admin, reject_cve_request, reason=" ")
    with scene.written() as actions:
        scene.do(scene.admin, reject_cve_request, reason=REASON)
    assert actions == ["cve.task_status_changed"]
    assert scene.entries()[-1].new == {"status": "rejected"}
    assert REASON not in str(scene.entries())
    assert scene.told() == ["CVERejected"]
    assert scene.notes() == [("reject-cve", REASON, False, scene.admin)]
    request = newest_request(scene)
    assert (request["status"], request["cve"], request["notes"]) == (CVERequestStatus.REJECTED, None, REASON)
    # It may be asked for again.
    scene.do(scene.member, request_cve)
    assert newest_request(scene)["status"] is CVERequestStatus.QUEUED


@pytest.mark.invariant("INV-CVE-3")
@pytest.mark.invariant("INV-AUDIT-3")
def test_a_ban_stops_requests_until_an_administrator_lifts_it(scene: Scene) -> None:
    scene.do(scene.member, request_cve)
    with scene.written() as actions:
        scene.do(scene.admin, reject_cve_request, reason=REASON, ban=True)
    assert actions == ["cve.task_status_changed", "cve.request_banned"]
    for person, act, arguments in (
        (scene.member, request_cve, ()),
        (scene.admin, request_cve, ()),
        (scene.admin, assign_cve, (NUMBER,)),
    ):
        with pytest.raises(CVERequestsBanned):
            scene.do(person, act, *arguments)
    with pytest.raises(NotPermitted):
        scene.do(scene.member, unban_cve_requests)
    with scene.written() as actions:
        scene.do(scene.admin, unban_cve_requests)
    assert actions == ["cve.request_unbanned"]
    with pytest.raises(NotBanned):
        scene.do(scene.admin, unban_cve_requests)
    scene.do(scene.member, request_cve)


@pytest.mark.invariant("INV-AUDIT-3")
@pytest.mark.parametrize("state", [State.DRAFT, State.PUBLISHED])
def test_a_number_is_taken_off_and_left_over(hub: Hub, state: State) -> None:
    scene = Scene.set(hub, state=state)
    scene.do(scene.admin, assign_cve, NUMBER)
    with pytest.raises(ReasonMissing):
        scene.do(scene.admin, unassign_cve, reason="")
    with scene.written() as actions:
        scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    assert actions == ["cve.unassigned"]
    assert scene.entries()[-1].previous == {"cve": NUMBER}
    assert scene.notes() == [("unassign-cve", "Wrong advisory.", True, scene.admin)]
    assert scene.now("assigned_cve_id", "current_version") == (None, 3)
    assert scene.now("republish_required") is (state is State.PUBLISHED)
    assert scene.pinned(3)["assigned_cve_id"] is None
    with scene.reading() as workflow:
        assert [(orphan.cve_id, orphan.status) for orphan in workflow.orphans] == [
            (NUMBER, OrphanStatus.ORPHANED)
        ]
    with pytest.raises(NotPermitted):
        scene.do(scene.admin, unassign_cve, reason="Twice.")


@pytest.mark.invariant("INV-REVIEW-5")
def test_taking_a_number_off_carries_an_approval(scene: Scene) -> None:
    scene.do(scene.admin, assign_cve, NUMBER)
    scene.in_review(ReviewStatus.APPROVED)
    scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    assert scene.now("review_status", "approved_version") == (ReviewStatus.APPROVED, 3)


def test_a_number_that_was_taken_off_may_come_back_and_go_again(scene: Scene) -> None:
    scene.do(scene.admin, assign_cve, NUMBER)
    scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    scene.do(scene.admin, assign_cve, NUMBER)
    with scene.reading() as workflow:
        assert workflow.orphans == ()
    scene.do(scene.admin, unassign_cve, reason="Wrong advisory after all.")
    with scene.reading() as workflow:
        assert [orphan.cve_id for orphan in workflow.orphans] == [NUMBER]


def test_a_number_that_was_taken_off_may_go_to_another_advisory(hub: Hub, scene: Scene) -> None:
    scene.do(scene.admin, assign_cve, NUMBER)
    scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    other = Scene.set(hub)
    other.do(other.admin, assign_cve, NUMBER)
    assert other.now("assigned_cve_id") == NUMBER
