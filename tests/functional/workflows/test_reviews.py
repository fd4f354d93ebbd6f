"""Every transition of a review: who, when, what is on the ledger, what is told, what may be published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from advisoryhub_core.advisories.lifecycle import ReasonMissing
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.errors import NotPermitted
from advisoryhub_core.events import ReviewDecided, ReviewSubmitted
from advisoryhub_core.workflows.cves import assign_cve
from advisoryhub_core.workflows.models import ReviewTaskStatus
from advisoryhub_core.workflows.reviews import (
    NothingToDecide,
    VersionNotInReview,
    approve_review,
    reopen_review,
    request_changes,
    revoke_approval,
    submit_for_review,
    withdraw_review,
)
from advisoryhub_publishing.services import publish
from tests.support.hub import Hub
from tests.support.workflows import NOTES, NUMBER, Scene

NONE, SUBMITTED = ReviewStatus.NONE, ReviewStatus.SUBMITTED
CHANGES, APPROVED = ReviewStatus.CHANGES_REQUESTED, ReviewStatus.APPROVED


def approve_first(act: Any, key: int) -> None:
    approve_review(act, key, version=1)


def send_back(act: Any, key: int) -> None:
    request_changes(act, key, notes=NOTES)


# From which statuses, and by whom: lifecycle.md, "Review".
TRANSITIONS: dict[Callable[..., Any], tuple[set[ReviewStatus], set[str]]] = {
    submit_for_review: ({NONE, CHANGES, APPROVED}, {"team"}),
    withdraw_review: ({SUBMITTED}, {"team"}),
    approve_first: ({SUBMITTED}, {"admin"}),
    send_back: ({SUBMITTED}, {"admin"}),
    reopen_review: ({CHANGES}, {"team", "admin"}),
    revoke_approval: ({APPROVED}, {"admin"}),
}


def statuses(scene: Scene) -> tuple[ReviewStatus, int | None]:
    found: tuple[ReviewStatus, int | None] = scene.now("review_status", "approved_version")
    return found


@pytest.fixture
def second_person(hub: Hub) -> Iterator[None]:
    hub.set_settings(**{"review.admins_need_review": True})
    yield
    hub.set_settings(**{"review.admins_need_review": False})


@pytest.mark.invariant("INV-REVIEW-3")
@pytest.mark.parametrize("status", ReviewStatus)
def test_each_act_is_for_its_people_in_its_statuses(hub: Hub, scene: Scene, status: ReviewStatus) -> None:
    people = {
        "viewer": hub.person(),
        "collaborator": hub.person(),
        "team": scene.member,
        "admin": scene.admin,
    }
    for act, (allowed_from, allowed_for) in TRANSITIONS.items():
        for role, person in people.items():
            other = Scene(hub, scene.slug, scene.member, scene.admin, hub.draft(scene.slug, by=scene.member))
            if role in {"viewer", "collaborator"}:
                hub.grant(other.advisory_id, person, role)
            other.in_review(status)
            before = (statuses(other), len(other.entries()))
            if status in allowed_from and role in allowed_for:
                other.do(person, act)
                continue
            with pytest.raises(NotPermitted):
                other.do(person, act)
            assert (statuses(other), len(other.entries())) == before, (act, role)


@pytest.mark.invariant("INV-REVIEW-1")
@pytest.mark.invariant("INV-AUDIT-3")
def test_submitting_opens_a_task_for_the_newest_version_and_changes_no_state(scene: Scene) -> None:
    scene.edit(scene.member, summary="Another summary")
    with scene.written() as actions:
        scene.do(scene.member, submit_for_review)
    assert actions == ["advisory.submitted_for_review"]
    entry = scene.entries()[-1]
    assert (entry.actor_id, entry.previous, entry.new) == (
        scene.member,
        {"review": "none"},
        {"review": "submitted"},
    )
    assert entry.metadata["version"] == 2
    assert [(type(event), event.version) for event in scene.events] == [(ReviewSubmitted, 2)]
    assert scene.now("state", "review_status", "current_version") == (State.DRAFT, SUBMITTED, 2)
    with scene.reading() as workflow:
        task = workflow.open_review
        assert task is not None
        assert (task.version, task.submitted_by_id, task.decided_version) == (2, scene.member, None)


@pytest.mark.invariant("INV-REVIEW-5")
@pytest.mark.invariant("INV-AUDIT-3")
def test_an_approval_is_of_a_version_and_lets_the_team_publish_it(scene: Scene) -> None:
    with pytest.raises(NotPermitted):
        scene.do(scene.member, publish)
    scene.in_review(SUBMITTED)
    with scene.written() as actions:
        scene.do(scene.admin, approve_review, version=1, notes="  Well written.\n")
    assert actions == ["review.task_status_changed", "advisory.review_approved"]
    assert [entry.actor_id for entry in scene.entries()[-2:]] == [scene.admin, scene.admin]
    assert scene.entries()[-1].new == {"review": "approved", "version": 1}
    assert statuses(scene) == (APPROVED, 1)
    assert scene.notes() == [("review", "  Well written.".strip(), False, scene.admin)]
    assert [(event.decision, event.version) for event in scene.events] == [("approved", 1)]
    with scene.reading() as workflow:
        task = workflow.review
        assert task is not None
        assert (task.status, task.decided_version) == (ReviewTaskStatus.APPROVED, 1)
        assert (task.reviewer_id, task.notes) == (scene.admin, "Well written.")
        assert task.decided_at is not None
    scene.do(scene.member, publish)


def test_an_approval_without_notes_posts_nothing(scene: Scene) -> None:
    scene.in_review(APPROVED)
    assert scene.notes() == []


@pytest.mark.invariant("INV-AUDIT-3")
def test_changes_are_requested_with_notes_that_everybody_reads(scene: Scene) -> None:
    scene.in_review(SUBMITTED)
    with pytest.raises(ReasonMissing):
        scene.do(scene.admin, request_changes, notes=" \n")
    with scene.written() as actions:
        scene.do(scene.admin, request_changes, notes=NOTES)
    assert actions == ["review.task_status_changed", "advisory.review_changes_requested"]
    assert NOTES not in str(scene.entries())
    assert statuses(scene) == (CHANGES, None)
    assert scene.notes() == [("review", NOTES, False, scene.admin)]
    assert [(event.decision, event.version) for event in scene.events] == [("changes_requested", 1)]


@pytest.mark.invariant("INV-AUDIT-3")
def test_a_team_takes_a_review_back_and_edits_again(scene: Scene) -> None:
    scene.in_review(SUBMITTED)
    with pytest.raises(NotPermitted):
        scene.edit(scene.member, summary="While it is reviewed")
    with scene.written() as actions:
        scene.do(scene.member, withdraw_review)
    assert sorted(actions) == ["advisory.review_withdrawn", "review.task_status_changed"]
    assert [(event.decision, event.version) for event in scene.events] == [("withdrawn", 1)]
    assert statuses(scene) == (NONE, None)
    scene.edit(scene.member, summary="Afterwards")
    with scene.reading() as workflow:
        assert workflow.review is not None
        assert workflow.review.status is ReviewTaskStatus.WITHDRAWN


@pytest.mark.invariant("INV-AUDIT-3")
@pytest.mark.parametrize("by", ["member", "admin"])
def test_requested_changes_are_put_aside(scene: Scene, by: str) -> None:
    scene.in_review(CHANGES)
    with scene.written() as actions:
        scene.do(getattr(scene, by), reopen_review)
    assert actions == ["advisory.state_changed"]
    entry = scene.entries()[-1]
    assert (entry.previous, entry.new) == (
        {"review_status": "changes_requested"},
        {"review_status": "none"},
    )
    # Nothing else tells of it, so it stays on the timeline.
    assert entry.metadata == {"field": "review_status"}
    assert (statuses(scene), scene.told()) == ((NONE, None), [])


@pytest.mark.invariant("INV-AUDIT-3")
def test_an_approval_is_revoked_with_a_reason_for_the_team_only(scene: Scene) -> None:
    scene.in_review(APPROVED)
    with scene.written() as actions:
        scene.do(scene.admin, revoke_approval, reason="The fix is incomplete.")
    assert actions == ["advisory.review_approval_revoked"]
    assert scene.entries()[-1].previous == {"version": 1}
    assert statuses(scene) == (NONE, None)
    assert scene.notes() == [("revoke-approval", "The fix is incomplete.", True, scene.admin)]
    with pytest.raises(NotPermitted):
        scene.do(scene.member, publish)


@pytest.mark.invariant("INV-REVIEW-2")
@pytest.mark.invariant("INV-REVIEW-5")
def test_the_pin_stays_and_approving_it_does_not_let_the_newer_version_out(scene: Scene) -> None:
    scene.in_review(SUBMITTED)
    scene.edit(scene.admin, summary="An administrator's words")
    with scene.reading() as workflow:
        assert workflow.open_review is not None
        assert workflow.open_review.version == 1
    scene.do(scene.admin, approve_review, version=1)
    assert statuses(scene) == (APPROVED, 1)
    assert scene.now("current_version") == 2
    with pytest.raises(NotPermitted):
        scene.do(scene.member, publish)
    # A later change by an administrator must not carry an approval of something else along.
    scene.edit(scene.admin, summary="More of an administrator's words")
    assert statuses(scene) == (APPROVED, 1)
    with pytest.raises(NotPermitted):
        scene.do(scene.member, publish)
    # The way out is another review.
    scene.do(scene.member, submit_for_review)
    scene.do(scene.admin, approve_review, version=3)
    scene.do(scene.member, publish)


@pytest.mark.invariant("INV-REVIEW-5")
def test_the_newest_version_is_approved_knowingly_and_no_other_one(scene: Scene) -> None:
    scene.edit(scene.member, summary="Two")
    scene.in_review(SUBMITTED)
    scene.edit(scene.admin, summary="Three")
    for version in (0, 1, 4):
        with pytest.raises(VersionNotInReview, match=r"Version 2 was submitted, and version 3 is") as refused:
            scene.do(scene.admin, approve_review, version=version)
        assert (refused.value.pinned, refused.value.newest) == (2, 3)
    assert statuses(scene) == (SUBMITTED, None)
    scene.do(scene.admin, approve_review, version=3)
    assert statuses(scene) == (APPROVED, 3)
    with scene.reading() as workflow:
        assert workflow.review is not None
        assert (workflow.review.version, workflow.review.decided_version) == (2, 3)
    scene.do(scene.member, publish)


@pytest.mark.invariant("INV-REVIEW-5")
def test_an_administrators_edit_and_a_number_carry_the_approval(scene: Scene) -> None:
    scene.in_review(APPROVED)
    scene.edit(scene.admin, summary="An administrator's words")
    assert statuses(scene) == (APPROVED, 2)
    with scene.written() as actions:
        scene.do(scene.admin, assign_cve, NUMBER)
    assert statuses(scene) == (APPROVED, 3)
    assert actions.count("advisory.review_approval_carried") == 1
    scene.do(scene.member, publish)


@pytest.mark.invariant("INV-REVIEW-4")
def test_a_teams_edit_voids_the_approval(scene: Scene) -> None:
    scene.in_review(APPROVED)
    with scene.written() as actions:
        scene.edit(scene.member, summary="Changed after all")
    assert actions == ["advisory.review_approval_invalidated", "advisory.edited"]
    assert statuses(scene) == (NONE, None)
    with pytest.raises(NotPermitted):
        scene.do(scene.member, publish)


@pytest.mark.invariant("INV-PERM-3")
def test_nobody_publishes_while_a_review_is_submitted(hub: Hub) -> None:
    scene = Scene.set(hub, mature=True).in_review(SUBMITTED)
    for person in (scene.member, scene.admin):
        with pytest.raises(NotPermitted):
            scene.do(person, publish)
    scene.do(scene.admin, approve_review, version=1)
    scene.do(scene.admin, publish)


@pytest.mark.invariant("INV-REVIEW-4")
def test_a_linked_advisory_has_no_review(scene: Scene) -> None:
    scene.linked()
    for act in TRANSITIONS:
        for person in (scene.member, scene.admin):
            with pytest.raises(NotPermitted):
                scene.do(person, act)


@pytest.mark.parametrize("state", [State.TRIAGE, State.DISMISSED, State.PUBLISHED])
def test_only_what_waits_for_a_publication_is_submitted(hub: Hub, state: State) -> None:
    scene = Scene.set(hub, state=state)
    with pytest.raises(NotPermitted):
        scene.do(scene.member, submit_for_review)


@pytest.mark.invariant("INV-REVIEW-1")
def test_an_edited_published_advisory_is_reviewed_and_published_again(hub: Hub) -> None:
    scene = Scene.set(hub, state=State.PUBLISHED)
    scene.edit(scene.member, summary="Corrected")
    with pytest.raises(NotPermitted):
        scene.do(scene.member, publish)
    scene.in_review(APPROVED)
    assert scene.now("state", "approved_version", "republish_required") == (State.PUBLISHED, 2, True)
    scene.do(scene.member, publish)


def test_approving_again_after_the_task_is_gone_is_refused(scene: Scene) -> None:
    """Somebody tampered with the rows: the status says submitted and no task is open."""
    scene.in_review(SUBMITTED).do(scene.member, withdraw_review)
    with scene.hub.system() as act:
        scene.hub.row(act, scene.advisory_id).review_status = SUBMITTED
    for act in (approve_first, send_back):
        with pytest.raises(NothingToDecide):
            scene.do(scene.admin, act)


@pytest.mark.invariant("INV-REVIEW-5")
@pytest.mark.usefixtures("second_person")
def test_where_administrators_need_a_review_nobody_approves_their_own_edit(hub: Hub, scene: Scene) -> None:
    first, second = scene.admin, hub.admin()
    with pytest.raises(NotPermitted):
        scene.do(first, publish)
    scene.edit(first, summary="The first administrator's words")
    scene.in_review(SUBMITTED)
    with pytest.raises(NotPermitted):
        scene.do(first, approve_review, version=2)
    scene.edit(second, summary="The second administrator's words")
    # The newest is the second's, and the submitted one the first's: neither approves their own.
    with pytest.raises(NotPermitted, match="your own edit"):
        scene.do(first, approve_review, version=2)
    scene.do(first, approve_review, version=3)
    scene.do(second, publish)


@pytest.mark.invariant("INV-REVIEW-5")
@pytest.mark.usefixtures("second_person")
def test_where_administrators_need_a_review_their_edit_ends_an_approval(scene: Scene) -> None:
    scene.in_review(APPROVED)
    scene.do(scene.admin, assign_cve, NUMBER)
    assert statuses(scene) == (APPROVED, 2)
    scene.edit(scene.admin, summary="Slipped in afterwards")
    assert statuses(scene) == (NONE, None)
    with pytest.raises(NotPermitted):
        scene.do(scene.admin, publish)


def test_decisions_are_events_of_one_kind(scene: Scene) -> None:
    scene.in_review(CHANGES)
    assert [type(event) for event in scene.events] == [ReviewSubmitted, ReviewDecided]
