"""Asking for a withdrawal, and what the acts write before any push; nothing is pushed here."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.lifecycle import reopen_advisory
from advisoryhub_core.advisories.payloads import pinned
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.queries import capabilities_on
from advisoryhub_core.advisories.reasons import ReasonMissing
from advisoryhub_core.advisories.services import edit_advisory, lock
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.advisories.withdrawal import (
    NoWithdrawalRequest,
    WithdrawalPending,
    approve_withdrawal,
    cancel_withdrawal_request,
    mark_withdrawn,
    request_withdrawal,
    withdraw_advisory,
)
from advisoryhub_core.errors import NotPermitted, StepUpRequired
from tests.support.hub import Hub, good_payload
from tests.support.lifecycle import (
    do,
    entries,
    facts,
    heard,
    in_review,
    notes,
    versions,
)

REQUEST = ("withdrawal_requested_at", "withdrawal_requested_by_id", "withdrawal_note")
NOTHING_ASKED = (None, None, "")


@pytest.fixture
def published(hub: Hub) -> tuple[str, int]:
    """A published advisory of a project that is not mature, and a member of its team."""
    project = hub.project()
    advisory_id = hub.in_state(project, State.PUBLISHED)
    return advisory_id, hub.member(project)


@pytest.fixture
def mature(hub: Hub) -> tuple[str, int]:
    """A published advisory of a mature project, and a member of its team."""
    project = hub.project(mature=True)
    advisory_id = hub.in_state(project, State.PUBLISHED)
    return advisory_id, hub.member(project)


@pytest.mark.invariant("INV-AUDIT-3")
def test_a_team_that_is_not_mature_asks_one_at_a_time(hub: Hub, published: tuple[str, int]) -> None:
    advisory_id, member = published
    before = hub.ledger(advisory_id)
    with pytest.raises(ReasonMissing):
        do(hub, member, request_withdrawal, advisory_id, note=" ")
    with heard(hub) as events:
        do(hub, member, request_withdrawal, advisory_id, note="No vulnerability.")
    assert events == ["WithdrawalRequested"]
    with pytest.raises(WithdrawalPending):
        do(hub, member, request_withdrawal, advisory_id, note="Again.")
    assert facts(hub, advisory_id, *REQUEST)[1:] == (member, "No vulnerability.")
    assert facts(hub, advisory_id, "state", "withdrawn_reason", "current_version") == (State.PUBLISHED, "", 1)
    assert notes(hub, advisory_id) == [("request-withdrawal", "No vulnerability.", True)]
    assert hub.ledger(advisory_id) == [*before, "advisory.withdrawal_requested"]
    assert "vulnerability" not in str(entries(hub, advisory_id, "advisory.withdrawal_requested"))


@pytest.mark.invariant("INV-PERM-2")
def test_who_withdraws_asks_and_approves_follows_the_projects_maturity(
    hub: Hub, published: tuple[str, int], mature: tuple[str, int]
) -> None:
    admin = hub.admin()
    for advisory_id, member in (published, mature):
        collaborator = hub.person()
        hub.grant(advisory_id, collaborator, "collaborator")
        for who, service, values in (
            (admin, request_withdrawal, {"note": "No."}),
            (member, approve_withdrawal, {}),
            (collaborator, withdraw_advisory, {"reason": "No."}),
            (collaborator, request_withdrawal, {"note": "No."}),
            (collaborator, cancel_withdrawal_request, {}),
        ):
            with pytest.raises(NotPermitted):
                do(hub, who, service, advisory_id, **values)
    with pytest.raises(NotPermitted):
        do(hub, published[1], withdraw_advisory, published[0], reason="No.")
    with pytest.raises(NotPermitted):
        do(hub, mature[1], request_withdrawal, mature[0], note="No.")


@pytest.mark.invariant("INV-AUDIT-3")
@pytest.mark.parametrize("who", ["team", "admin"])
def test_a_request_is_closed_with_an_internal_note(hub: Hub, published: tuple[str, int], who: str) -> None:
    advisory_id, member = published
    person = member if who == "team" else hub.admin()
    with pytest.raises(NoWithdrawalRequest):
        do(hub, person, cancel_withdrawal_request, advisory_id)
    do(hub, member, request_withdrawal, advisory_id, note="No vulnerability.")
    do(hub, person, cancel_withdrawal_request, advisory_id, note="It is one after all.")
    assert facts(hub, advisory_id, *REQUEST) == NOTHING_ASKED
    assert notes(hub, advisory_id)[1:] == [("cancel-withdrawal-request", "It is one after all.", True)]
    (cleared,) = entries(hub, advisory_id, "advisory.withdrawal_request_cleared")
    assert (cleared["actor_id"], cleared["metadata"]) == (person, {"cause": "cancelled"})


@pytest.mark.invariant("INV-WITHDRAW")
@pytest.mark.invariant("INV-VERSION-1")
@pytest.mark.invariant("INV-AUDIT-3")
def test_a_withdrawal_is_a_version_that_waits_for_its_push(hub: Hub, mature: tuple[str, int]) -> None:
    advisory_id, member = mature
    before = hub.ledger(advisory_id)
    with pytest.raises(ReasonMissing):
        do(hub, member, withdraw_advisory, advisory_id, reason="")
    with heard(hub) as events:
        do(hub, member, withdraw_advisory, advisory_id, reason=" Not a flaw. ")
    assert events == ["AdvisoryEdited", "ExportRequested", "PublishRequested"]
    assert facts(
        hub, advisory_id, "state", "dismissed_from_state", "withdrawn_reason", "dismissed_reason"
    ) == (
        State.PUBLISHED,
        None,
        "Not a flaw.",
        "",
    )
    assert [payload["withdrawn_reason"] for payload in versions(hub, advisory_id)] == ["", "Not a flaw."]
    with hub.system() as act:
        assert pinned(hub.row(act, advisory_id)) == versions(hub, advisory_id)[-1]
    assert notes(hub, advisory_id) == [("withdraw", "Not a flaw.", False)]
    assert hub.ledger(advisory_id) == [*before, "publication.requested"]


def test_while_a_withdrawal_is_under_way_nothing_else_changes_the_content(
    hub: Hub, mature: tuple[str, int]
) -> None:
    advisory_id, member = mature
    do(hub, member, withdraw_advisory, advisory_id, reason="Not a flaw.")
    for service, values in (
        (edit_advisory, {"data": good_payload(summary="Later"), "base_version": 2}),
        (withdraw_advisory, {"reason": "Again."}),
        (reopen_advisory, {}),
    ):
        with pytest.raises(NotPermitted):
            do(hub, member, service, advisory_id, **values)
    with hub.acting_for(member) as act:
        held = capabilities_on(act.db, act.registry, act.identity, hub.row(act, advisory_id))
    assert Cap.PUBLISH in held
    assert Cap.EDIT not in held


@pytest.mark.parametrize("status", [ReviewStatus.SUBMITTED, ReviewStatus.APPROVED])
def test_a_withdrawal_ends_an_open_review_and_leaves_another_status(
    hub: Hub, mature: tuple[str, int], status: ReviewStatus
) -> None:
    advisory_id, member = mature
    in_review(hub, advisory_id, status)
    before = hub.ledger(advisory_id)
    do(hub, member, withdraw_advisory, advisory_id, reason="Not a flaw.")
    told = hub.ledger(advisory_id)[len(before) :]
    if status is ReviewStatus.SUBMITTED:
        assert told == [
            "review.task_status_changed",
            "advisory.review_withdrawn",
            "publication.requested",
        ]
        assert facts(hub, advisory_id, "review_status") == (ReviewStatus.NONE,)
    else:
        assert told == ["publication.requested"]
        assert facts(hub, advisory_id, "review_status", "approved_version") == (ReviewStatus.APPROVED, 1)


@pytest.mark.invariant("INV-AUDIT-3")
def test_an_approval_withdraws_with_the_teams_note(hub: Hub, published: tuple[str, int]) -> None:
    advisory_id, member = published
    admin = hub.admin()
    with pytest.raises(NoWithdrawalRequest):
        do(hub, admin, approve_withdrawal, advisory_id)
    do(hub, member, request_withdrawal, advisory_id, note="Not a flaw.")
    before = hub.ledger(advisory_id)
    do(hub, admin, approve_withdrawal, advisory_id)
    assert facts(hub, advisory_id, *REQUEST) == NOTHING_ASKED
    assert facts(hub, advisory_id, "withdrawn_reason", "state") == ("Not a flaw.", State.PUBLISHED)
    assert hub.ledger(advisory_id) == [
        *before,
        "advisory.withdrawal_request_cleared",
        "publication.requested",
    ]
    (cleared,) = entries(hub, advisory_id, "advisory.withdrawal_request_cleared")
    assert (cleared["actor_id"], cleared["metadata"]) == (admin, {"cause": "approved"})
    # The administrator typed nothing, so nothing is said in their name.
    assert [of for of, _body, _internal in notes(hub, advisory_id)] == ["request-withdrawal"]


def test_a_withdrawal_by_an_administrator_answers_a_request(hub: Hub, published: tuple[str, int]) -> None:
    advisory_id, member = published
    do(hub, member, request_withdrawal, advisory_id, note="Not a flaw.")
    do(hub, hub.admin(), withdraw_advisory, advisory_id, reason="A duplicate.")
    assert facts(hub, advisory_id, *REQUEST) == NOTHING_ASKED
    assert facts(hub, advisory_id, "withdrawn_reason") == ("A duplicate.",)
    (cleared,) = entries(hub, advisory_id, "advisory.withdrawal_request_cleared")
    assert cleared["metadata"] == {"cause": "withdrawn"}


@pytest.mark.parametrize("state", [State.TRIAGE, State.DRAFT, State.DISMISSED])
def test_only_what_is_published_is_withdrawn(hub: Hub, state: State) -> None:
    advisory_id = hub.in_state(hub.project(mature=True), state)
    for service, values in ((withdraw_advisory, {"reason": "No."}), (approve_withdrawal, {})):
        with pytest.raises(NotPermitted):
            do(hub, hub.admin(), service, advisory_id, **values)
    assert facts(hub, advisory_id, "withdrawn_reason") == ("",)


def from_the_web(act: Act, *, minutes: int) -> Act:
    """The same act, asked for in a browser by somebody who signed in that long ago."""
    then = act.now() - dt.timedelta(minutes=minutes)
    return dataclasses.replace(act, from_web=True, identity=dataclasses.replace(act.identity, auth_time=then))


def test_each_of_these_takes_a_fresh_sign_in_whichever_view_asks(
    hub: Hub, published: tuple[str, int]
) -> None:
    advisory_id, member = published
    admin = hub.admin()
    do(hub, member, request_withdrawal, advisory_id, note="Not a flaw.")
    pk = hub.pk(advisory_id)
    with hub.acting_for(admin) as act:
        stale = from_the_web(act, minutes=10)
        with pytest.raises(StepUpRequired):
            withdraw_advisory(stale, pk, reason="Not a flaw.")
        with pytest.raises(StepUpRequired):
            approve_withdrawal(stale, pk)
    with hub.system() as act:
        row = lock(act, pk).advisory
        row.withdrawn_reason = "Not a flaw."
        mark_withdrawn(act, row, version=1, reason="Not a flaw.", actor_id=admin)
    with hub.acting_for(admin) as act, pytest.raises(StepUpRequired):
        reopen_advisory(from_the_web(act, minutes=10), pk)
    assert facts(hub, advisory_id, "state", "withdrawn_reason") == (State.DISMISSED, "Not a flaw.")
    with hub.acting_for(admin) as act:
        reopen_advisory(from_the_web(act, minutes=1), pk)
    assert facts(hub, advisory_id, "withdrawn_reason") == ("",)


def test_a_plain_dismissal_is_reopened_without(hub: Hub) -> None:
    project = hub.project()
    advisory_id = hub.in_state(project, State.DISMISSED)
    pk = hub.pk(advisory_id)
    with hub.acting_for(hub.member(project)) as act:
        reopen_advisory(from_the_web(act, minutes=10), pk)
    assert facts(hub, advisory_id, "state") == (State.DRAFT,)
