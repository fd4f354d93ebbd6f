"""What is decided about reports: who may, what is written, who hears of it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from advisoryhub_core.advisories.lifecycle import reopen_advisory, submit_triage_report
from advisoryhub_core.advisories.moving import SameProject
from advisoryhub_core.advisories.payloads import pinned
from advisoryhub_core.advisories.reasons import ReasonMissing
from advisoryhub_core.advisories.services import edit_advisory
from advisoryhub_core.advisories.states import State
from advisoryhub_core.advisories.triage import (
    ProjectMissing,
    clear_admin_routing_flag,
    dismiss_triage,
    flag_for_admin_routing,
    promote_triage_to_draft,
    reassign_triage_project,
)
from advisoryhub_core.comments.notes import insert_comment
from advisoryhub_core.errors import NotPermitted
from tests.support.hub import Hub, good_payload, team_of
from tests.support.lifecycle import (
    do,
    entries,
    facts,
    heard,
    notes,
    project_of,
    project_row,
    versions,
)

UNSORTED_LEDGER = ["advisory.triage_submitted"]


@pytest.mark.invariant("INV-INTAKE-3")
@pytest.mark.invariant("INV-INTAKE-4")
def test_a_report_is_heard_of_once_it_is_in(hub: Hub) -> None:
    reporter = hub.person()
    with heard(hub) as events:
        advisory_id = hub.report(reporter=reporter)
    assert events == ["GrantChanged", "AdvisoryCreated", "ReportSubmitted"]
    assert hub.ledger(advisory_id) == ["access.granted", "advisory.triage_submitted"]
    assert facts(hub, advisory_id, "routing_flagged_at") != (None,)


@pytest.mark.invariant("INV-LIFECYCLE-5")
@pytest.mark.invariant("INV-AUDIT-3")
def test_a_promotion_keeps_the_row_its_comments_and_its_grants(hub: Hub) -> None:
    project = hub.project()
    member, reporter = hub.member(project), hub.person()
    advisory_id = hub.report(project, reporter=reporter)
    with hub.system() as act:
        insert_comment(act, hub.row(act, advisory_id), "Thank you.", internal=False)
    before = facts(hub, advisory_id, "id", "advisory_id", "created_at", "created_by_id", "current_version")
    with heard(hub) as events:
        do(hub, member, promote_triage_to_draft, advisory_id)
    assert events == ["StateChanged", "ReportPromoted"]
    assert before == facts(
        hub, advisory_id, "id", "advisory_id", "created_at", "created_by_id", "current_version"
    )
    assert facts(hub, advisory_id, "state") == (State.DRAFT,)
    assert [body for _of, body, _internal in notes(hub, advisory_id)] == ["Thank you."]
    with hub.system() as act:
        held = act.db.scalars(text("SELECT user_id FROM grants")).all()
    assert held == [reporter]
    assert hub.ledger(advisory_id)[2:] == ["advisory.triage_promoted", "advisory.state_changed"]
    (promoted,) = entries(hub, advisory_id, "advisory.triage_promoted")
    assert (promoted["actor_id"], promoted["new"]) == (member, None)
    (changed,) = entries(hub, advisory_id, "advisory.state_changed")
    assert changed["metadata"] == {"narrated": True}
    assert (changed["previous"], changed["new"]) == ({"state": "triage"}, {"state": "draft"})


@pytest.mark.invariant("INV-VERSION-1")
def test_off_unsorted_a_promotion_needs_a_real_project_and_takes_a_version(hub: Hub) -> None:
    project, admin = hub.project(), hub.admin()
    advisory_id = hub.report()
    for target in (None, "unsorted"):
        with pytest.raises(ProjectMissing):
            do(hub, admin, promote_triage_to_draft, advisory_id, project=target)
    assert hub.ledger(advisory_id) == UNSORTED_LEDGER
    do(hub, admin, promote_triage_to_draft, advisory_id, project=project)
    assert project_of(hub, advisory_id) == project
    assert facts(hub, advisory_id, "routing_flagged_at", "current_version") == (None, 2)
    assert [payload["project_slug"] for payload in versions(hub, advisory_id)] == ["unsorted", project]
    with hub.system() as act:
        assert pinned(hub.row(act, advisory_id)) == versions(hub, advisory_id)[-1]
    assert hub.ledger(advisory_id) == [
        *UNSORTED_LEDGER,
        "advisory.triage_promoted",
        "advisory.state_changed",
    ]
    (promoted,) = entries(hub, advisory_id, "advisory.triage_promoted")
    assert (promoted["previous"], promoted["new"]) == ({"project": "unsorted"}, {"project": project})


def test_a_team_promotes_into_the_projects_of_its_own_only(hub: Hub) -> None:
    here, there, elsewhere = hub.project(), hub.project(), hub.project()
    both = hub.person(team_of(here), team_of(there))
    advisory_id = hub.report(here)
    with pytest.raises(NotPermitted):
        do(hub, both, promote_triage_to_draft, advisory_id, project=elsewhere)
    do(hub, both, promote_triage_to_draft, advisory_id, project=there)
    assert project_of(hub, advisory_id) == there


@pytest.mark.invariant("INV-AUTH-5")
@pytest.mark.parametrize("permission", ["viewer", "collaborator"])
def test_people_with_a_grant_decide_nothing(hub: Hub, permission: str) -> None:
    advisory_id = hub.report(hub.project())
    person = hub.person()
    hub.grant(advisory_id, person, permission)
    for service, values in (
        (promote_triage_to_draft, {}),
        (dismiss_triage, {"reason": "No."}),
        (flag_for_admin_routing, {"note": "Whose is it?"}),
        (reassign_triage_project, {"project": hub.project()}),
        (clear_admin_routing_flag, {}),
    ):
        with pytest.raises(NotPermitted):
            do(hub, person, service, advisory_id, **values)
    assert hub.ledger(advisory_id) == ["advisory.triage_submitted"]
    assert notes(hub, advisory_id) == []


@pytest.mark.invariant("INV-AUDIT-3")
def test_a_dismissed_report_carries_its_reason_as_a_public_note(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.report(project)
    with pytest.raises(ReasonMissing):
        do(hub, member, dismiss_triage, advisory_id, reason=" \n ")
    with heard(hub) as events:
        do(hub, member, dismiss_triage, advisory_id, reason="  Not ours. ")
    assert events == ["StateChanged", "ReportDismissed"]
    assert facts(hub, advisory_id, "state", "dismissed_from_state", "dismissed_reason") == (
        State.DISMISSED,
        State.TRIAGE,
        "Not ours.",
    )
    assert notes(hub, advisory_id) == [("dismiss", "Not ours.", False)]
    assert hub.ledger(advisory_id) == [
        "advisory.triage_submitted",
        "advisory.dismissed",
        "advisory.state_changed",
    ]
    assert "Not ours" not in str(entries(hub, advisory_id, "advisory.dismissed"))
    with pytest.raises(NotPermitted):
        do(hub, member, dismiss_triage, advisory_id, reason="Again.")


@pytest.mark.invariant("INV-LIFECYCLE-4")
@pytest.mark.invariant("INV-INTAKE-4")
def test_a_dismissed_report_is_reopened_as_a_report_with_its_flag(hub: Hub) -> None:
    admin = hub.admin()
    advisory_id = hub.report()
    do(hub, admin, dismiss_triage, advisory_id, reason="Spam.")
    with heard(hub) as events:
        do(hub, admin, reopen_advisory, advisory_id)
    assert events == ["StateChanged", "AdvisoryReopened"]
    state, origin, reason, flagged = facts(
        hub, advisory_id, "state", "dismissed_from_state", "dismissed_reason", "routing_flagged_at"
    )
    assert (state, origin, reason) == (State.TRIAGE, None, "")
    assert flagged is not None
    assert hub.ledger(advisory_id)[-2:] == ["advisory.reopened", "advisory.state_changed"]
    # It has no companion that tells the same, so it stays on the timeline.
    assert entries(hub, advisory_id, "advisory.state_changed")[-1]["metadata"] == {}


@pytest.mark.invariant("INV-AUTH-6")
@pytest.mark.invariant("INV-AUDIT-3")
def test_a_flagged_report_is_for_administrators_until_the_flag_is_cleared(hub: Hub) -> None:
    project = hub.project()
    member, admin = hub.member(project), hub.admin()
    advisory_id = hub.report(project)
    with pytest.raises(NotPermitted):
        do(hub, admin, flag_for_admin_routing, advisory_id, note="Administrators do not flag.")
    with pytest.raises(ReasonMissing):
        do(hub, member, flag_for_admin_routing, advisory_id, note="")
    with heard(hub) as events:
        do(hub, member, flag_for_admin_routing, advisory_id, note="Rather the proxy's.")
    assert events == ["RoutingFlagged"]
    assert notes(hub, advisory_id) == [("flag", "Rather the proxy's.", True)]
    for service, values in (
        (promote_triage_to_draft, {}),
        (dismiss_triage, {"reason": "No."}),
        (flag_for_admin_routing, {"note": "Again."}),
        (edit_advisory, {"data": good_payload(), "base_version": 1}),
        (reassign_triage_project, {"project": "unsorted"}),
    ):
        with pytest.raises(NotPermitted):
            do(hub, member, service, advisory_id, **values)
    with heard(hub) as events:
        do(hub, member, clear_admin_routing_flag, advisory_id)
    assert events == ["RoutingFlagCleared"]
    with pytest.raises(NotPermitted):
        do(hub, member, clear_admin_routing_flag, advisory_id)
    do(hub, member, promote_triage_to_draft, advisory_id)
    assert hub.ledger(advisory_id) == [
        "advisory.triage_submitted",
        "advisory.flagged_for_routing",
        "advisory.routing_flag_cleared",
        "advisory.triage_promoted",
        "advisory.state_changed",
    ]


@pytest.mark.invariant("INV-AUTH-6")
def test_an_administrator_decides_while_a_report_is_flagged(hub: Hub) -> None:
    project = hub.project()
    advisory_id = hub.report(project)
    do(hub, hub.member(project), flag_for_admin_routing, advisory_id, note="Please look.")
    do(hub, hub.admin(), promote_triage_to_draft, advisory_id)
    assert facts(hub, advisory_id, "state", "routing_flagged_at") == (State.DRAFT, None)


@pytest.mark.invariant("INV-INTAKE-4")
def test_on_unsorted_the_flag_stays(hub: Hub) -> None:
    advisory_id = hub.report()
    with pytest.raises(NotPermitted):
        do(hub, hub.admin(), clear_admin_routing_flag, advisory_id)
    assert facts(hub, advisory_id, "routing_flagged_at") != (None,)


@pytest.mark.invariant("INV-INTAKE-4")
@pytest.mark.invariant("INV-VERSION-1")
@pytest.mark.invariant("INV-AUDIT-3")
def test_an_administrators_move_clears_the_flag_and_a_move_to_unsorted_sets_it(hub: Hub) -> None:
    project, admin = hub.project(), hub.admin()
    advisory_id = hub.report()
    with pytest.raises(SameProject):
        do(hub, admin, reassign_triage_project, advisory_id, project="unsorted")
    with heard(hub) as events:
        do(hub, admin, reassign_triage_project, advisory_id, project=project)
    assert events == ["AdvisoryEdited", "ProjectChanged"]
    assert facts(hub, advisory_id, "routing_flagged_at", "state", "access_review_required_at") == (
        None,
        State.TRIAGE,
        None,
    )
    do(hub, admin, reassign_triage_project, advisory_id, project="unsorted")
    assert facts(hub, advisory_id, "routing_flagged_at") != (None,)
    assert [payload["project_slug"] for payload in versions(hub, advisory_id)] == [
        "unsorted",
        project,
        "unsorted",
    ]
    assert hub.ledger(advisory_id) == [
        *UNSORTED_LEDGER,
        "advisory.project_changed",
        "advisory.project_changed",
    ]
    moved = entries(hub, advisory_id, "advisory.project_changed")[0]
    assert (moved["actor_id"], moved["previous"], moved["new"], moved["metadata"]) == (
        admin,
        {"project": "unsorted"},
        {"project": project},
        {"version": 2},
    )


def test_a_team_moves_a_report_to_the_projects_of_its_own_only(hub: Hub) -> None:
    here, there, elsewhere = hub.project(), hub.project(), hub.project()
    both = hub.person(team_of(here), team_of(there))
    advisory_id = hub.report(here)
    for target in (elsewhere, "unsorted"):
        with pytest.raises(NotPermitted):
            do(hub, both, reassign_triage_project, advisory_id, project=target)
    do(hub, both, reassign_triage_project, advisory_id, project=there)
    assert project_of(hub, advisory_id) == there


def test_nothing_is_decided_twice(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.report(project)
    do(hub, member, promote_triage_to_draft, advisory_id)
    before = hub.ledger(advisory_id)
    for service, values in (
        (promote_triage_to_draft, {}),
        (dismiss_triage, {"reason": "No."}),
        (flag_for_admin_routing, {"note": "No."}),
        (reassign_triage_project, {"project": hub.project()}),
    ):
        with pytest.raises(NotPermitted):
            do(hub, member, service, advisory_id, **values)
    assert hub.ledger(advisory_id) == before


def test_a_stranger_learns_nothing(hub: Hub) -> None:
    advisory_id = hub.report(hub.project())
    with pytest.raises(NotPermitted):
        do(hub, hub.person(), promote_triage_to_draft, advisory_id)


@pytest.mark.invariant("INV-LIFECYCLE-2")
def test_only_the_forms_service_makes_a_native_report(hub: Hub) -> None:
    with hub.system() as act:
        report = submit_triage_report(
            act, project_row(act, "unsorted"), {"summary": "It leaks", "details": "A lot."}
        )
        assert report.state is State.TRIAGE
    member = hub.member(hub.project())
    with hub.acting_for(member) as act:
        assert act.db.scalar(text("SELECT count(*) FROM advisories")) == 0
