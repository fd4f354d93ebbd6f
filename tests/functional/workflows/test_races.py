"""Two people at once, each on a connection of their own: the second waits, looks again, and is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from advisoryhub_core.advisories.reassignment import change_project
from advisoryhub_core.advisories.services import edit_advisory, lock
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.comments.services import post_comment
from advisoryhub_core.errors import NotPermitted
from advisoryhub_core.projects.services import project_called
from advisoryhub_core.workflows.cves import CVERequestOpen, assign_cve, request_cve, reserve_cve, unassign_cve
from advisoryhub_core.workflows.holding import CVEHeldElsewhere
from advisoryhub_core.workflows.models import CVERequestTask, ReviewTask
from advisoryhub_core.workflows.reviews import approve_review, request_changes, submit_for_review
from advisoryhub_core.workflows.teardown import restore_cve
from advisoryhub_publishing.services import publish
from tests.support.hub import Hub, good_payload
from tests.support.workflows import NOTES, NUMBER, Scene, in_a_thread

Work = Callable[[Any, int], Any]


def meet(first: tuple[Scene, int, Work], second: tuple[Scene, int, Work]) -> BaseException | None:
    """Let the second act begin before the first commits; return what became of the second."""
    scene, person, work = first
    other, other_person, other_work = second
    key = scene.key
    with scene.hub.acting_for(person) as act:
        work(act, key)
        act.db.flush()
        thread, outcome = in_a_thread(lambda: other.do(other_person, other_work))
        thread.join(timeout=1)
        assert thread.is_alive(), f"did not wait: {outcome}"
    thread.join(timeout=20)
    return outcome[0]


def rows(scene: Scene, table: type[Any]) -> int:
    with scene.hub.system() as act:
        return int(act.db.query(table).count())


@pytest.mark.invariant("INV-CVE-2")
def test_of_two_reservations_of_one_number_one_gets_it(hub: Hub, scene: Scene) -> None:
    other = Scene.set(hub)
    for each in (scene, other):
        each.do(each.member, request_cve)
    before = len(other.entries())

    def reserve(act: Any, key: int) -> None:
        reserve_cve(act, key, NUMBER)

    refused = meet((scene, scene.admin, reserve), (other, other.admin, reserve))
    assert isinstance(refused, CVEHeldElsewhere)
    assert scene.now("assigned_cve_id") == NUMBER
    assert other.now("assigned_cve_id", "current_version") == (None, 1)
    assert len(other.entries()) == before
    # The one who lost still has an open request.
    other.do(other.admin, reserve_cve, "CVE-2026-9900002")


@pytest.mark.invariant("INV-CVE-2")
def test_a_number_that_goes_elsewhere_while_it_is_put_back_has_to_be_decided(hub: Hub, scene: Scene) -> None:
    scene.do(scene.admin, assign_cve, NUMBER)
    scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    other = Scene.set(hub)

    def restore(act: Any, key: int) -> None:
        restore_cve(act, lock(act, key).advisory, State.DRAFT)

    def reserve(act: Any, key: int) -> None:
        assign_cve(act, key, NUMBER)

    assert meet((other, other.admin, reserve), (scene, scene.member, restore)) is None
    assert scene.now("assigned_cve_id") is None
    with scene.reading() as workflow:
        assert workflow.reassignment is not None


@pytest.mark.invariant("INV-CVE-1")
def test_of_two_requests_one_waits(scene: Scene) -> None:
    refused = meet((scene, scene.member, request_cve), (scene, scene.admin, request_cve))
    assert isinstance(refused, CVERequestOpen)
    assert rows(scene, CVERequestTask) == 1
    assert [entry.action for entry in scene.entries()].count("cve.requested") == 1


@pytest.mark.invariant("INV-REVIEW-2")
def test_of_two_submissions_one_counts(hub: Hub, scene: Scene) -> None:
    colleague = hub.member(scene.slug)
    refused = meet((scene, scene.member, submit_for_review), (scene, colleague, submit_for_review))
    assert isinstance(refused, NotPermitted)
    assert rows(scene, ReviewTask) == 1


def edit(act: Any, key: int) -> None:
    edit_advisory(act, key, good_payload(summary="Edited meanwhile"), base_version=1)


def approve(act: Any, key: int) -> None:
    approve_review(act, key, version=1)


def send_back(act: Any, key: int) -> None:
    request_changes(act, key, notes=NOTES)


@pytest.mark.invariant("INV-REVIEW-5")
def test_an_approval_that_waits_for_an_edit_is_of_what_was_submitted(hub: Hub, scene: Scene) -> None:
    scene.in_review(ReviewStatus.SUBMITTED)
    assert meet((scene, hub.admin(), edit), (scene, scene.admin, approve)) is None
    assert scene.now("approved_version", "current_version") == (1, 2)
    with pytest.raises(NotPermitted):
        scene.do(scene.member, publish)


@pytest.mark.invariant("INV-REVIEW-4")
def test_an_edit_that_waits_for_an_approval_follows_it(hub: Hub, scene: Scene) -> None:
    scene.in_review(ReviewStatus.SUBMITTED)
    assert meet((scene, scene.admin, approve), (scene, hub.admin(), edit)) is None
    assert scene.now("approved_version", "current_version") == (2, 2)
    # A colleague's edit, which had to wait for the end of the review, ends the approval.
    other = Scene.set(hub).in_review(ReviewStatus.SUBMITTED)
    assert meet((other, other.admin, approve), (other, other.member, edit)) is None
    assert other.now("approved_version", "review_status") == (None, ReviewStatus.NONE)


@pytest.mark.invariant("INV-AUTH-1")
def test_of_two_decisions_one_counts(hub: Hub, scene: Scene) -> None:
    scene.in_review(ReviewStatus.SUBMITTED)
    refused = meet((scene, scene.admin, approve), (scene, hub.admin(), send_back))
    assert isinstance(refused, NotPermitted)
    assert scene.now("review_status") is ReviewStatus.APPROVED
    assert scene.notes() == []


@pytest.mark.invariant("INV-CONCURRENCY-1")
def test_an_act_that_waits_for_a_move_is_judged_by_the_new_project(hub: Hub, scene: Scene) -> None:
    elsewhere = hub.project()

    def move(act: Any, key: int, slug: str = elsewhere) -> None:
        change_project(act, key, project_called(act, slug))

    def comment(act: Any, key: int) -> None:
        post_comment(act, key, "Still here.")
        assert hub.row(act, scene.advisory_id).project.slug == elsewhere

    assert meet((scene, scene.admin, move), (scene, hub.admin(), comment)) is None
    scene.do(scene.admin, move, scene.slug)
    assert isinstance(meet((scene, scene.admin, move), (scene, scene.member, comment)), NotPermitted)
