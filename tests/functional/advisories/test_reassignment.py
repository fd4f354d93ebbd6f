"""Changing the project, and asking for it: targets, versions, reviews, requests that never lock."""

from __future__ import annotations

import pytest

from advisoryhub_core.advisories.lifecycle import mark_published
from advisoryhub_core.advisories.moving import SameProject
from advisoryhub_core.advisories.payloads import pinned
from advisoryhub_core.advisories.queries import capabilities_on
from advisoryhub_core.advisories.reasons import ReasonMissing
from advisoryhub_core.advisories.reassignment import (
    NoAccessReview,
    NoReassignmentRequest,
    ReassignmentPending,
    TargetMissing,
    accept_reassignment_suggestion,
    change_project,
    dismiss_access_review,
    request_admin_reassignment,
    withdraw_admin_reassignment,
)
from advisoryhub_core.advisories.services import edit_advisory, lock
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.errors import NotPermitted
from tests.support.hub import Hub, good_payload, team_of
from tests.support.lifecycle import (
    do,
    entries,
    facts,
    heard,
    in_review,
    notes,
    project_of,
    versions,
)

REQUEST = ("reassignment_requested_at", "reassignment_requested_by_id", "reassignment_suggested_id")
NOTHING_ASKED = (None, None, None)


@pytest.mark.invariant("INV-VERSION-1")
@pytest.mark.invariant("INV-AUDIT-3")
def test_an_administrator_moves_a_draft_to_any_project(hub: Hub) -> None:
    here, there = hub.project(), hub.project()
    member, admin = hub.member(here), hub.admin()
    advisory_id = hub.draft(here, by=member)
    with heard(hub) as events:
        do(hub, admin, change_project, advisory_id, project=there)
    assert events == ["AdvisoryEdited", "ProjectChanged"]
    assert project_of(hub, advisory_id) == there
    assert facts(hub, advisory_id, "access_review_required_at", "republish_required")[0] is not None
    assert [payload["project_slug"] for payload in versions(hub, advisory_id)] == [here, there]
    with hub.system() as act:
        assert pinned(hub.row(act, advisory_id)) == versions(hub, advisory_id)[-1]
    assert hub.ledger(advisory_id) == ["advisory.created", "advisory.project_changed"]
    (moved,) = entries(hub, advisory_id, "advisory.project_changed")
    assert (moved["actor_id"], moved["previous"], moved["new"]) == (
        admin,
        {"project": here},
        {"project": there},
    )
    with pytest.raises(NotPermitted):
        do(hub, member, edit_advisory, advisory_id, data=good_payload(), base_version=2)
    with pytest.raises(SameProject):
        do(hub, admin, change_project, advisory_id, project=there)


def test_a_team_moves_to_the_projects_of_its_own_only(hub: Hub) -> None:
    here, there, elsewhere = hub.project(), hub.project(), hub.project()
    both = hub.person(team_of(here), team_of(there))
    advisory_id = hub.draft(here, by=both)
    with pytest.raises(NotPermitted):
        do(hub, both, change_project, advisory_id, project=elsewhere)
    do(hub, both, change_project, advisory_id, project=there)
    assert project_of(hub, advisory_id) == there
    collaborator = hub.person(team_of(here), team_of(elsewhere))
    hub.grant(advisory_id, collaborator, "collaborator")
    with pytest.raises(NotPermitted):
        do(hub, collaborator, change_project, advisory_id, project=elsewhere)


@pytest.mark.invariant("INV-REVIEW-4")
@pytest.mark.parametrize("who", ["team", "admin"])
def test_a_move_is_an_edit_to_an_approval(hub: Hub, who: str) -> None:
    here, there = hub.project(), hub.project()
    both = hub.person(team_of(here), team_of(there))
    advisory_id = hub.draft(here, by=both)
    in_review(hub, advisory_id, ReviewStatus.APPROVED)
    do(hub, both if who == "team" else hub.admin(), change_project, advisory_id, project=there)
    review = facts(hub, advisory_id, "review_status", "approved_version")
    told = "advisory.review_approval_invalidated" if who == "team" else "advisory.review_approval_carried"
    assert review == ((ReviewStatus.NONE, None) if who == "team" else (ReviewStatus.APPROVED, 2))
    assert hub.ledger(advisory_id) == ["advisory.created", told, "advisory.project_changed"]


@pytest.mark.invariant("INV-REVIEW-5")
def test_where_administrators_need_a_review_their_move_voids_an_approval_too(hub: Hub) -> None:
    advisory_id = hub.draft(hub.project())
    in_review(hub, advisory_id, ReviewStatus.APPROVED)
    hub.set_settings(**{"review.admins_need_review": True})
    try:
        do(hub, hub.admin(), change_project, advisory_id, project=hub.project())
    finally:
        hub.set_settings(**{"review.admins_need_review": False})
    assert facts(hub, advisory_id, "review_status", "approved_version") == (ReviewStatus.NONE, None)


def test_while_a_review_is_submitted_only_administrators_move(hub: Hub) -> None:
    here, there = hub.project(), hub.project()
    both = hub.person(team_of(here), team_of(there))
    advisory_id = hub.draft(here, by=both)
    in_review(hub, advisory_id)
    with pytest.raises(NotPermitted):
        do(hub, both, change_project, advisory_id, project=there)
    do(hub, hub.admin(), change_project, advisory_id, project=there)
    assert facts(hub, advisory_id, "review_status") == (ReviewStatus.SUBMITTED,)


def test_a_published_one_that_moves_waits_for_publication(hub: Hub) -> None:
    advisory_id = hub.in_state(hub.project(), State.PUBLISHED)
    do(hub, hub.admin(), change_project, advisory_id, project=hub.project())
    assert facts(hub, advisory_id, "republish_required", "state") == (True, State.PUBLISHED)


@pytest.mark.parametrize("state", [State.TRIAGE, State.DISMISSED])
def test_what_is_not_open_is_not_moved_so(hub: Hub, state: State) -> None:
    advisory_id = hub.in_state(hub.project(), state)
    with pytest.raises(NotPermitted):
        do(hub, hub.admin(), change_project, advisory_id, project=hub.project())


@pytest.mark.invariant("INV-AUDIT-3")
def test_the_reminder_to_review_access_is_dismissed_once_and_by_owners(hub: Hub) -> None:
    here, there = hub.project(), hub.project()
    advisory_id = hub.draft(here)
    member, collaborator = hub.member(there), hub.person()
    do(hub, hub.admin(), change_project, advisory_id, project=there)
    hub.grant(advisory_id, collaborator, "collaborator")
    with pytest.raises(NotPermitted):
        do(hub, collaborator, dismiss_access_review, advisory_id)
    do(hub, member, dismiss_access_review, advisory_id)
    assert facts(hub, advisory_id, "access_review_required_at") == (None,)
    with pytest.raises(NoAccessReview):
        do(hub, member, dismiss_access_review, advisory_id)
    assert hub.ledger(advisory_id)[1:] == ["advisory.project_changed", "advisory.access_review_dismissed"]


@pytest.mark.invariant("INV-AUTH-9")
@pytest.mark.invariant("INV-AUDIT-3")
def test_a_request_takes_nothing_away_and_is_made_one_at_a_time(hub: Hub) -> None:
    here, there = hub.project(mature=True), hub.project()
    member = hub.member(here)
    advisory_id = hub.draft(here, by=member)

    def held() -> set[str]:
        with hub.acting_for(member) as act:
            row = hub.row(act, advisory_id)
            return {cap.value for cap in capabilities_on(act.db, act.registry, act.identity, row)}

    before = held()
    with pytest.raises(ReasonMissing):
        do(hub, member, request_admin_reassignment, advisory_id, note=" ")
    with pytest.raises(SameProject):
        do(hub, member, request_admin_reassignment, advisory_id, note="Here?", suggested=here)
    do(hub, member, request_admin_reassignment, advisory_id, note="The proxy's.", suggested=there)
    assert held() == before
    with pytest.raises(ReassignmentPending):
        do(hub, member, request_admin_reassignment, advisory_id, note="Again.")
    do(hub, member, edit_advisory, advisory_id, data=good_payload(summary="Goes on"), base_version=1)
    assert notes(hub, advisory_id) == [("request-reassignment", "The proxy's.", True)]
    assert hub.ledger(advisory_id)[1:] == ["advisory.reassignment_requested", "advisory.edited"]
    (asked,) = entries(hub, advisory_id, "advisory.reassignment_requested")
    assert (asked["actor_id"], asked["new"], asked["metadata"]) == (member, {"suggested": there}, {})


def test_administrators_do_not_ask_themselves(hub: Hub) -> None:
    advisory_id = hub.draft(hub.project())
    with pytest.raises(NotPermitted):
        do(hub, hub.admin(), request_admin_reassignment, advisory_id, note="Me?")


@pytest.mark.invariant("INV-AUDIT-3")
@pytest.mark.parametrize("who", ["team", "admin"])
def test_a_request_is_taken_back_or_turned_down(hub: Hub, who: str) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    person = member if who == "team" else hub.admin()
    with pytest.raises(NoReassignmentRequest):
        do(hub, person, withdraw_admin_reassignment, advisory_id)
    do(hub, member, request_admin_reassignment, advisory_id, note="Elsewhere.")
    do(hub, person, withdraw_admin_reassignment, advisory_id)
    assert facts(hub, advisory_id, *REQUEST) == NOTHING_ASKED
    (cleared,) = entries(hub, advisory_id, "advisory.reassignment_request_cleared")
    assert (cleared["actor_id"], cleared["metadata"]) == (person, {"cause": "withdrawn"})


def test_the_suggested_team_accepts_unless_it_asked_itself(hub: Hub) -> None:
    here, there = hub.project(), hub.project()
    asker, other, stranger = (
        hub.person(team_of(here), team_of(there)),
        hub.member(there),
        hub.member(hub.project()),
    )
    advisory_id = hub.draft(here, by=asker)
    for person in (other, stranger):
        hub.grant(advisory_id, person, "viewer")
    with pytest.raises(NotPermitted):
        do(hub, other, accept_reassignment_suggestion, advisory_id)
    do(hub, asker, request_admin_reassignment, advisory_id, note="Theirs.", suggested=there)
    for person in (asker, stranger):
        with pytest.raises(NotPermitted):
            do(hub, person, accept_reassignment_suggestion, advisory_id)
    with pytest.raises(NotPermitted):
        do(hub, other, accept_reassignment_suggestion, advisory_id, project=hub.project())
    before = hub.ledger(advisory_id)
    with heard(hub) as events:
        do(hub, other, accept_reassignment_suggestion, advisory_id)
    assert events == ["AdvisoryEdited", "ProjectChanged"]
    assert project_of(hub, advisory_id) == there
    assert facts(hub, advisory_id, *REQUEST) == NOTHING_ASKED
    assert facts(hub, advisory_id, "access_review_required_at") != (None,)
    assert hub.ledger(advisory_id) == [*before, "advisory.project_changed"]
    assert entries(hub, advisory_id, "advisory.project_changed")[0]["metadata"] == {
        "version": 2,
        "fulfils_request": True,
    }


def test_while_a_review_is_submitted_the_suggested_team_waits(hub: Hub) -> None:
    here, there = hub.project(), hub.project()
    other = hub.member(there)
    advisory_id = hub.draft(here)
    hub.grant(advisory_id, other, "viewer")
    do(hub, hub.member(here), request_admin_reassignment, advisory_id, note="Theirs.", suggested=there)
    in_review(hub, advisory_id)
    with pytest.raises(NotPermitted):
        do(hub, other, accept_reassignment_suggestion, advisory_id)
    do(hub, hub.admin(), accept_reassignment_suggestion, advisory_id)
    assert project_of(hub, advisory_id) == there


def test_an_administrator_accepts_for_any_project(hub: Hub) -> None:
    here, elsewhere = hub.project(), hub.project()
    admin = hub.admin()
    advisory_id = hub.draft(here)
    with pytest.raises(NoReassignmentRequest):
        do(hub, admin, accept_reassignment_suggestion, advisory_id, project=elsewhere)
    do(hub, hub.member(here), request_admin_reassignment, advisory_id, note="Not ours.")
    with pytest.raises(TargetMissing):
        do(hub, admin, accept_reassignment_suggestion, advisory_id)
    do(hub, admin, accept_reassignment_suggestion, advisory_id, project=elsewhere)
    assert project_of(hub, advisory_id) == elsewhere


def test_a_move_by_hand_fulfils_a_request(hub: Hub) -> None:
    here, there = hub.project(), hub.project()
    advisory_id = hub.draft(here)
    do(hub, hub.member(here), request_admin_reassignment, advisory_id, note="Not ours.")
    do(hub, hub.admin(), change_project, advisory_id, project=there)
    assert facts(hub, advisory_id, *REQUEST) == NOTHING_ASKED
    assert entries(hub, advisory_id, "advisory.project_changed")[0]["metadata"]["fulfils_request"] is True


def test_publication_ends_a_request(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    do(hub, member, request_admin_reassignment, advisory_id, note="Not ours.")
    with hub.system() as act:
        row = lock(act, hub.row(act, advisory_id).id).advisory
        mark_published(act, row, version=1, at=act.now(), actor_id=member)
    assert facts(hub, advisory_id, *REQUEST) == NOTHING_ASKED
    (cleared,) = entries(hub, advisory_id, "advisory.reassignment_request_cleared")
    assert (cleared["actor_id"], cleared["metadata"]) == (member, {"cause": "published"})
