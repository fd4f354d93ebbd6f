"""The permission table of the specification, role by role and state by state."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisoryhub_core.advisories.permissions import (
    Cap,
    Facts,
    Role,
    capabilities,
    derive_role,
)
from advisoryhub_core.advisories.states import Kind, ReviewStatus, State

EVERYBODY = (Role.VIEWER, Role.COLLABORATOR, Role.TEAM, Role.ADMIN)
CONTRIBUTORS = (Role.COLLABORATOR, Role.TEAM, Role.ADMIN)
OWNERS = (Role.TEAM, Role.ADMIN)
TEAM = (Role.TEAM,)
ADMIN = (Role.ADMIN,)

UNLOCKED_DRAFT = {
    Cap.VIEW: EVERYBODY,
    Cap.COMMENT: EVERYBODY,
    Cap.SEE_INTERNAL: CONTRIBUTORS,
    Cap.POST_INTERNAL: CONTRIBUTORS,
    Cap.EDIT_COMMENT: EVERYBODY,
    Cap.REDACT_COMMENT: EVERYBODY,
    Cap.SEE_WORK: CONTRIBUTORS,
    Cap.SEE_ROUTING: OWNERS,
    Cap.EDIT: CONTRIBUTORS,
    Cap.SEE_EXPORT: CONTRIBUTORS,
    Cap.LOCK_COMMENTS: OWNERS,
    Cap.SEE_EMAILS: OWNERS,
    Cap.MANAGE_ACCESS: OWNERS,
    Cap.SIMILARITY: OWNERS,
    Cap.CHANGE_PROJECT: OWNERS,
    Cap.REQUEST_REASSIGNMENT: TEAM,
    Cap.WITHDRAW_REASSIGNMENT: OWNERS,
    Cap.ACCEPT_REASSIGNMENT: ADMIN,
    Cap.DISMISS: OWNERS,
    Cap.REQUEST_CVE: OWNERS,
    Cap.DECIDE_CVE: ADMIN,
    Cap.UNBAN_CVE: ADMIN,
    Cap.ORPHANS: ADMIN,
    Cap.SUBMIT_REVIEW: TEAM,
    Cap.PUBLISH: ADMIN,
    Cap.MOVE_TO_GHSA: OWNERS,
}

facts = st.builds(
    Facts,
    role=st.sampled_from(Role),
    state=st.sampled_from(State),
    kind=st.sampled_from(Kind),
    review=st.sampled_from(ReviewStatus),
    flagged=st.booleans(),
    unsorted=st.booleans(),
    mature=st.booleans(),
    cve_assigned=st.booleans(),
    republish_required=st.booleans(),
    comments_locked=st.booleans(),
    newest_is_approved=st.booleans(),
    dismissed_from=st.none() | st.sampled_from(State),
    on_suggested_team=st.booleans(),
    admins_need_review=st.booleans(),
    last_editor=st.booleans(),
    withdrawing=st.booleans(),
    restoring=st.booleans(),
)


def holders(cap: Cap, **changes: object) -> set[Role]:
    """The roles that hold `cap` under the given facts."""
    base = {"state": State.DRAFT, **changes}
    return {role for role in Role if cap in capabilities(Facts(role=role, **base))}  # type: ignore[arg-type]


@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.invariant("INV-AUTH-2")
@pytest.mark.parametrize("cap", list(Cap))
def test_an_unlocked_draft_grants_what_the_table_says(cap: Cap) -> None:
    assert holders(cap) == set(UNLOCKED_DRAFT.get(cap, ()))


@given(facts)
def test_nobody_without_a_role_may_do_anything(about: Facts) -> None:
    if about.role is Role.NONE:
        assert capabilities(about) == frozenset()


@given(facts)
def test_whoever_may_do_anything_may_view(about: Facts) -> None:
    granted = capabilities(about)
    assert not granted or Cap.VIEW in granted


@pytest.mark.invariant("INV-AUTH-4")
@pytest.mark.parametrize(
    ("admin", "on_team", "grants", "role"),
    [
        (True, True, ["viewer"], Role.ADMIN),
        (False, True, ["collaborator"], Role.TEAM),
        (False, False, ["viewer", "collaborator", "viewer"], Role.COLLABORATOR),
        (False, False, ["viewer"], Role.VIEWER),
        (False, False, [], Role.NONE),
    ],
)
def test_the_highest_role_wins(admin: bool, on_team: bool, grants: list[str], role: Role) -> None:
    assert derive_role(admin=admin, on_team=on_team, grants=grants) is role


@pytest.mark.invariant("INV-AUTH-5")
@given(facts)
def test_in_triage_people_with_a_grant_read_and_comment_only(about: Facts) -> None:
    if about.state is State.TRIAGE and about.role in {Role.VIEWER, Role.COLLABORATOR}:
        assert capabilities(about) <= {Cap.VIEW, Cap.COMMENT, Cap.EDIT_COMMENT, Cap.REDACT_COMMENT}


@given(facts)
def test_in_triage_nobody_submits_publishes_or_asks_for_a_number(about: Facts) -> None:
    if about.state is State.TRIAGE:
        assert capabilities(about).isdisjoint({Cap.SUBMIT_REVIEW, Cap.PUBLISH, Cap.REQUEST_CVE})


@pytest.mark.invariant("INV-AUTH-6")
@pytest.mark.parametrize("cap", [Cap.EDIT, Cap.PROMOTE, Cap.DISMISS_TRIAGE, Cap.REASSIGN_TRIAGE])
def test_a_flagged_report_is_for_administrators(cap: Cap) -> None:
    assert holders(cap, state=State.TRIAGE) == {Role.TEAM, Role.ADMIN}
    assert holders(cap, state=State.TRIAGE, flagged=True) == {Role.ADMIN}


def test_clearing_the_routing_flag_is_for_owners_except_on_unsorted() -> None:
    assert holders(Cap.CLEAR_ROUTING, state=State.TRIAGE) == set()
    assert holders(Cap.CLEAR_ROUTING, state=State.TRIAGE, flagged=True) == {Role.TEAM, Role.ADMIN}
    assert holders(Cap.CLEAR_ROUTING, state=State.TRIAGE, flagged=True, unsorted=True) == set()


def test_only_the_team_flags_and_never_on_unsorted() -> None:
    assert holders(Cap.FLAG_ROUTING, state=State.TRIAGE) == {Role.TEAM}
    assert holders(Cap.FLAG_ROUTING, state=State.TRIAGE, unsorted=True) == set()


@pytest.mark.parametrize(
    "cap",
    [Cap.EDIT, Cap.PROMOTE, Cap.DISMISS_TRIAGE, Cap.FLAG_ROUTING, Cap.REASSIGN_TRIAGE, Cap.MOVE_TO_GHSA],
)
def test_a_linked_report_is_a_mirror(cap: Cap) -> None:
    assert holders(cap, state=State.TRIAGE, kind=Kind.GHSA_LINKED) == set()


@pytest.mark.invariant("INV-PERM-3")
@given(facts)
def test_while_submitted_nobody_publishes_and_only_administrators_edit(about: Facts) -> None:
    if about.review is ReviewStatus.SUBMITTED and about.state is not State.TRIAGE:
        granted = capabilities(about)
        assert Cap.PUBLISH not in granted
        assert Cap.EDIT not in granted or about.role is Role.ADMIN


@pytest.mark.invariant("INV-PERM-1")
@pytest.mark.invariant("INV-REVIEW-5")
def test_a_team_publishes_when_mature_or_approved() -> None:
    assert holders(Cap.PUBLISH) == {Role.ADMIN}
    assert holders(Cap.PUBLISH, mature=True) == {Role.TEAM, Role.ADMIN}
    approved = {"review": ReviewStatus.APPROVED, "newest_is_approved": True}
    assert holders(Cap.PUBLISH, **approved) == {Role.TEAM, Role.ADMIN}
    outdated = {"review": ReviewStatus.APPROVED, "newest_is_approved": False}
    assert holders(Cap.PUBLISH, **outdated) == {Role.ADMIN}


def test_administrators_can_be_held_to_a_review() -> None:
    assert holders(Cap.PUBLISH, admins_need_review=True) == set()
    assert Role.ADMIN in holders(Cap.PUBLISH, admins_need_review=True, newest_is_approved=True)


def test_a_linked_advisory_is_published_by_administrators_alone() -> None:
    assert holders(Cap.PUBLISH, kind=Kind.GHSA_LINKED, mature=True, newest_is_approved=True) == {Role.ADMIN}


@pytest.mark.invariant("INV-REVIEW-4")
@given(facts)
def test_linked_advisories_have_no_review_and_read_only_content(about: Facts) -> None:
    if about.kind is Kind.GHSA_LINKED:
        reviewing = {
            Cap.SUBMIT_REVIEW,
            Cap.WITHDRAW_REVIEW,
            Cap.REOPEN_REVIEW,
            Cap.DECIDE_REVIEW,
            Cap.REVOKE_APPROVAL,
        }
        assert capabilities(about).isdisjoint(reviewing | {Cap.EDIT, Cap.CHANGE_PROJECT})


@pytest.mark.invariant("INV-REVIEW-3")
@given(facts)
def test_administrators_neither_submit_nor_withdraw_a_review(about: Facts) -> None:
    if about.role is Role.ADMIN:
        assert capabilities(about).isdisjoint({Cap.SUBMIT_REVIEW, Cap.WITHDRAW_REVIEW})


def test_the_review_machine_offers_what_its_status_allows() -> None:
    by_status = {
        ReviewStatus.NONE: {Cap.SUBMIT_REVIEW: {Role.TEAM}},
        ReviewStatus.SUBMITTED: {Cap.WITHDRAW_REVIEW: {Role.TEAM}, Cap.DECIDE_REVIEW: {Role.ADMIN}},
        ReviewStatus.CHANGES_REQUESTED: {
            Cap.SUBMIT_REVIEW: {Role.TEAM},
            Cap.REOPEN_REVIEW: {Role.TEAM, Role.ADMIN},
        },
        ReviewStatus.APPROVED: {Cap.SUBMIT_REVIEW: {Role.TEAM}, Cap.REVOKE_APPROVAL: {Role.ADMIN}},
    }
    caps = {cap for allowed in by_status.values() for cap in allowed}
    for status, cap in itertools.product(ReviewStatus, caps):
        assert holders(cap, review=status) == by_status[status].get(cap, set())


def test_a_published_advisory_is_withdrawn_and_not_dismissed() -> None:
    published = {"state": State.PUBLISHED}
    assert holders(Cap.DISMISS, **published) == set()
    assert holders(Cap.WITHDRAW, **published) == {Role.ADMIN}
    assert holders(Cap.WITHDRAW, mature=True, **published) == {Role.TEAM, Role.ADMIN}
    assert holders(Cap.REQUEST_WITHDRAWAL, **published) == {Role.TEAM}
    assert holders(Cap.REQUEST_WITHDRAWAL, mature=True, **published) == set()
    assert holders(Cap.APPROVE_WITHDRAWAL, **published) == {Role.ADMIN}
    assert holders(Cap.CANCEL_WITHDRAWAL, **published) == {Role.TEAM, Role.ADMIN}


def test_a_published_advisory_is_submitted_only_while_republication_is_due() -> None:
    assert holders(Cap.SUBMIT_REVIEW, state=State.PUBLISHED) == set()
    assert holders(Cap.SUBMIT_REVIEW, state=State.PUBLISHED, republish_required=True) == {Role.TEAM}


@pytest.mark.parametrize("cap", [Cap.EDIT, Cap.SUBMIT_REVIEW, Cap.PUBLISH, Cap.REQUEST_CVE, Cap.DISMISS])
def test_a_dismissed_advisory_is_only_reopened(cap: Cap) -> None:
    assert holders(cap, state=State.DISMISSED, dismissed_from=State.DRAFT) == set()


@pytest.mark.parametrize(
    "waits",
    [
        {"state": State.PUBLISHED, "withdrawing": True, "republish_required": True},
        {"state": State.DISMISSED, "dismissed_from": State.PUBLISHED, "restoring": True},
    ],
)
def test_bringing_a_withdrawal_out_or_back_takes_publish_authority(waits: dict[str, object]) -> None:
    approved = {"review": ReviewStatus.APPROVED, "newest_is_approved": True, **waits}
    assert holders(Cap.PUBLISH, **approved) == {Role.ADMIN}
    assert holders(Cap.PUBLISH, mature=True, **waits) == {Role.TEAM, Role.ADMIN}
    for cap in (Cap.EDIT, Cap.WITHDRAW, Cap.REOPEN, Cap.SUBMIT_REVIEW, Cap.REQUEST_WITHDRAWAL):
        assert holders(cap, mature=True, **waits) == set()


def test_the_suggested_team_accepts_unless_a_review_is_submitted() -> None:
    suggested = {"on_suggested_team": True}
    assert holders(Cap.ACCEPT_REASSIGNMENT, **suggested) == set(Role) - {Role.NONE}
    assert holders(Cap.ACCEPT_REASSIGNMENT, review=ReviewStatus.SUBMITTED, **suggested) == {Role.ADMIN}


def test_reopening_a_withdrawn_advisory_takes_publish_authority() -> None:
    dismissed = {"state": State.DISMISSED}
    assert holders(Cap.REOPEN, dismissed_from=State.DRAFT, **dismissed) == {Role.TEAM, Role.ADMIN}
    assert holders(Cap.REOPEN, dismissed_from=State.PUBLISHED, **dismissed) == {Role.ADMIN}
    assert holders(Cap.REOPEN, dismissed_from=State.PUBLISHED, mature=True, **dismissed) == {
        Role.TEAM,
        Role.ADMIN,
    }


def test_a_draft_with_a_number_is_dismissed_by_administrators_alone() -> None:
    assert holders(Cap.DISMISS, cve_assigned=True) == {Role.ADMIN}
    assert holders(Cap.UNASSIGN_CVE, cve_assigned=True) == {Role.ADMIN}
    assert holders(Cap.UNASSIGN_CVE) == set()


def test_locked_comments_are_for_owners() -> None:
    assert holders(Cap.COMMENT, comments_locked=True) == {Role.TEAM, Role.ADMIN}
    assert holders(Cap.POST_INTERNAL, comments_locked=True) == {Role.TEAM, Role.ADMIN}


@pytest.mark.invariant("INV-AUTH-9")
@given(facts)
def test_being_on_the_suggested_team_takes_nothing_away(about: Facts) -> None:
    without = {**about.__dict__, "on_suggested_team": False}
    assert capabilities(Facts(**without)) <= capabilities(Facts(**{**without, "on_suggested_team": True}))


@pytest.mark.invariant("INV-CVE-3")
@given(facts)
def test_only_administrators_decide_about_numbers(about: Facts) -> None:
    if about.role is not Role.ADMIN:
        assert capabilities(about).isdisjoint({Cap.UNBAN_CVE, Cap.DECIDE_CVE, Cap.UNASSIGN_CVE})


@pytest.mark.invariant("INV-PLUGIN-2")
@given(facts, st.sets(st.sampled_from(Cap)), st.booleans())
def test_a_plugin_rule_narrows_and_never_widens(about: Facts, ruled: set[Cap], verdict: bool) -> None:
    base = capabilities(about)
    narrowed = capabilities(about, {cap: [lambda _facts: verdict] for cap in ruled})
    assert narrowed == (base if verdict else base - ruled)


@pytest.mark.invariant("INV-AUTH-5")
@pytest.mark.parametrize("cap", [Cap.SEE_INTERNAL, Cap.POST_INTERNAL, Cap.SEE_WORK, Cap.SEE_EXPORT])
@pytest.mark.parametrize("kind", list(Kind))
def test_collaborators_contribute_everywhere_but_in_triage(cap: Cap, kind: Kind) -> None:
    for state in State:
        wanted = set(OWNERS) if state is State.TRIAGE else set(CONTRIBUTORS)
        assert holders(cap, state=state, kind=kind) == wanted


@pytest.mark.parametrize(
    "cap", [Cap.LOCK_COMMENTS, Cap.SEE_ROUTING, Cap.SEE_EMAILS, Cap.MANAGE_ACCESS, Cap.SIMILARITY]
)
@given(facts)
def test_what_is_for_owners_is_so_everywhere(cap: Cap, about: Facts) -> None:
    assert (cap in capabilities(about)) is (about.role in OWNERS)


@pytest.mark.parametrize("cap", [Cap.ORPHANS, Cap.UNBAN_CVE])
@given(facts)
def test_what_is_for_administrators_is_so_everywhere(cap: Cap, about: Facts) -> None:
    assert (cap in capabilities(about)) is (about.role is Role.ADMIN)


@given(facts)
def test_whoever_sees_an_advisory_redacts_and_talks_unless_it_is_locked(about: Facts) -> None:
    granted = capabilities(about)
    assert (Cap.REDACT_COMMENT in granted) is (about.role is not Role.NONE)
    talks = about.role in OWNERS or (about.role is not Role.NONE and not about.comments_locked)
    assert {Cap.COMMENT, Cap.EDIT_COMMENT} & granted == ({Cap.COMMENT, Cap.EDIT_COMMENT} if talks else set())


def everywhere(cap: Cap, **changes: object) -> dict[State, set[Role]]:
    """Return who holds `cap` in each state, without the states in which nobody does."""
    found = {state: holders(cap, state=state, **changes) for state in State}
    return {state: roles for state, roles in found.items() if roles}


BOTH = {Role.TEAM, Role.ADMIN}
JUST_ADMIN = {Role.ADMIN}
NATIVE_TABLE = {
    Cap.EDIT: {State.TRIAGE: BOTH, State.DRAFT: set(CONTRIBUTORS), State.PUBLISHED: set(CONTRIBUTORS)},
    Cap.CHANGE_PROJECT: {State.DRAFT: BOTH, State.PUBLISHED: BOTH},
    Cap.REQUEST_REASSIGNMENT: {State.DRAFT: {Role.TEAM}},
    Cap.WITHDRAW_REASSIGNMENT: {State.DRAFT: BOTH},
    Cap.ACCEPT_REASSIGNMENT: {State.DRAFT: JUST_ADMIN},
    Cap.PROMOTE: {State.TRIAGE: BOTH},
    Cap.DISMISS_TRIAGE: {State.TRIAGE: BOTH},
    Cap.FLAG_ROUTING: {State.TRIAGE: {Role.TEAM}},
    Cap.CLEAR_ROUTING: {},
    Cap.REASSIGN_TRIAGE: {State.TRIAGE: BOTH},
    Cap.DISMISS: {State.DRAFT: BOTH},
    Cap.REOPEN: {State.DISMISSED: BOTH},
    Cap.REQUEST_CVE: {State.DRAFT: BOTH, State.PUBLISHED: BOTH},
    Cap.DECIDE_CVE: {State.DRAFT: JUST_ADMIN, State.PUBLISHED: JUST_ADMIN},
    Cap.SUBMIT_REVIEW: {State.DRAFT: {Role.TEAM}},
    Cap.PUBLISH: {State.DRAFT: JUST_ADMIN, State.PUBLISHED: JUST_ADMIN},
    Cap.WITHDRAW: {State.PUBLISHED: JUST_ADMIN},
    Cap.REQUEST_WITHDRAWAL: {State.PUBLISHED: {Role.TEAM}},
    Cap.APPROVE_WITHDRAWAL: {State.PUBLISHED: JUST_ADMIN},
    Cap.CANCEL_WITHDRAWAL: {State.PUBLISHED: BOTH},
    Cap.MOVE_TO_GHSA: {State.TRIAGE: BOTH, State.DRAFT: BOTH},
    Cap.SYNC_GHSA: {},
}
LINKED_TABLE = {
    **{cap: {} for cap in NATIVE_TABLE},
    Cap.DISMISS: {State.DRAFT: BOTH},
    Cap.REOPEN: {State.DISMISSED: BOTH},
    Cap.REQUEST_CVE: {State.DRAFT: BOTH, State.PUBLISHED: BOTH},
    Cap.DECIDE_CVE: {State.DRAFT: JUST_ADMIN, State.PUBLISHED: JUST_ADMIN},
    Cap.PUBLISH: {State.DRAFT: JUST_ADMIN, State.PUBLISHED: JUST_ADMIN},
    Cap.WITHDRAW: {State.PUBLISHED: JUST_ADMIN},
    Cap.REQUEST_WITHDRAWAL: {State.PUBLISHED: {Role.TEAM}},
    Cap.APPROVE_WITHDRAWAL: {State.PUBLISHED: JUST_ADMIN},
    Cap.CANCEL_WITHDRAWAL: {State.PUBLISHED: BOTH},
    Cap.SYNC_GHSA: dict.fromkeys(State, BOTH),
}


@pytest.mark.parametrize("cap", NATIVE_TABLE)
def test_each_row_of_the_table_state_by_state(cap: Cap) -> None:
    assert everywhere(cap) == NATIVE_TABLE[cap]
    assert everywhere(cap, kind=Kind.GHSA_LINKED) == LINKED_TABLE[cap]


def test_an_edit_while_a_review_is_submitted_is_for_administrators_in_every_open_state() -> None:
    submitted = {"review": ReviewStatus.SUBMITTED}
    assert everywhere(Cap.EDIT, **submitted) == {
        State.TRIAGE: BOTH,
        State.DRAFT: JUST_ADMIN,
        State.PUBLISHED: JUST_ADMIN,
    }
    assert everywhere(Cap.CHANGE_PROJECT, **submitted) == {
        State.DRAFT: JUST_ADMIN,
        State.PUBLISHED: JUST_ADMIN,
    }


def test_the_review_machine_runs_in_draft_and_published_alone() -> None:
    for cap, status, roles in (
        (Cap.WITHDRAW_REVIEW, ReviewStatus.SUBMITTED, {Role.TEAM}),
        (Cap.DECIDE_REVIEW, ReviewStatus.SUBMITTED, JUST_ADMIN),
        (Cap.REOPEN_REVIEW, ReviewStatus.CHANGES_REQUESTED, BOTH),
        (Cap.REVOKE_APPROVAL, ReviewStatus.APPROVED, JUST_ADMIN),
    ):
        assert everywhere(cap, review=status) == {State.DRAFT: roles, State.PUBLISHED: roles}
        assert everywhere(cap, review=status, kind=Kind.GHSA_LINKED) == {}


def test_nobody_decides_on_what_they_last_edited_where_administrators_need_a_review() -> None:
    submitted = {"review": ReviewStatus.SUBMITTED}
    assert holders(Cap.DECIDE_REVIEW, last_editor=True, **submitted) == JUST_ADMIN
    assert holders(Cap.DECIDE_REVIEW, admins_need_review=True, **submitted) == JUST_ADMIN
    assert holders(Cap.DECIDE_REVIEW, admins_need_review=True, last_editor=True, **submitted) == set()


@pytest.mark.parametrize(
    "cap",
    [
        *(Cap.EDIT, Cap.CHANGE_PROJECT, Cap.SUBMIT_REVIEW, Cap.REQUEST_CVE, Cap.DECIDE_CVE, Cap.UNASSIGN_CVE),
        *(Cap.WITHDRAW, Cap.REQUEST_WITHDRAWAL, Cap.APPROVE_WITHDRAWAL, Cap.CANCEL_WITHDRAWAL),
    ],
)
def test_while_a_withdrawal_waits_nothing_else_is_done(cap: Cap) -> None:
    due = {"state": State.PUBLISHED, "republish_required": True, "cve_assigned": True}
    assert holders(cap, **due)
    assert holders(cap, withdrawing=True, **due) == set()
    assert holders(cap, withdrawing=True, mature=True, **due) == set()


def test_waiting_for_a_push_gives_nothing_in_the_wrong_state() -> None:
    assert holders(Cap.PUBLISH, state=State.DISMISSED, withdrawing=True, mature=True) == set()
    assert holders(Cap.PUBLISH, state=State.TRIAGE, restoring=True, withdrawing=True, mature=True) == set()
    approved = {"newest_is_approved": True, "withdrawing": True}
    assert holders(Cap.PUBLISH, state=State.DRAFT, **approved) == {Role.TEAM, Role.ADMIN}
    assert holders(Cap.PUBLISH, state=State.PUBLISHED, restoring=True, newest_is_approved=True) == BOTH
    restoring = {"state": State.DISMISSED, "dismissed_from": State.PUBLISHED, "restoring": True}
    assert holders(Cap.PUBLISH, review=ReviewStatus.SUBMITTED, **restoring) == set()
    assert holders(Cap.REOPEN, **restoring) == set()


def test_a_suggestion_is_accepted_in_native_drafts_alone() -> None:
    suggested = {"on_suggested_team": True}
    everybody = set(EVERYBODY)
    assert everywhere(Cap.ACCEPT_REASSIGNMENT, **suggested) == {State.DRAFT: everybody}
    assert everywhere(Cap.ACCEPT_REASSIGNMENT, kind=Kind.GHSA_LINKED, **suggested) == {}


def test_a_flag_and_unsorted_keep_what_the_triage_row_says() -> None:
    flagged = {"flagged": True}
    assert everywhere(Cap.CLEAR_ROUTING, **flagged) == {State.TRIAGE: BOTH}
    assert everywhere(Cap.CLEAR_ROUTING, kind=Kind.GHSA_LINKED, **flagged) == {}
    assert everywhere(Cap.FLAG_ROUTING, **flagged) == {}
    assert everywhere(Cap.MOVE_TO_GHSA, **flagged) == {State.TRIAGE: JUST_ADMIN, State.DRAFT: BOTH}
    # Where a flag is left over outside triage, it means nothing.
    assert holders(Cap.EDIT, state=State.DRAFT, **flagged) == set(CONTRIBUTORS)


def test_a_number_can_be_taken_off_in_every_state() -> None:
    assert everywhere(Cap.UNASSIGN_CVE, cve_assigned=True) == dict.fromkeys(State, JUST_ADMIN)
    assert everywhere(Cap.DISMISS, cve_assigned=True) == {State.DRAFT: JUST_ADMIN}
