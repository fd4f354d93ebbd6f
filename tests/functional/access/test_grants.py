"""Giving, changing and revoking access through the services: who may, what is written, what races."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from advisoryhub_core.access import services
from advisoryhub_core.access.batch import AccessChange, save_access
from advisoryhub_core.access.models import Grant
from advisoryhub_core.accounts.models import User
from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.advisories.permissions import Role
from advisoryhub_core.advisories.queries import role_on
from advisoryhub_core.advisories.states import State
from advisoryhub_core.errors import NotPermitted
from advisoryhub_core.events import GrantChanged, InvitationIssued
from tests.functional.access.kit import Shared, heard, invited
from tests.support.hub import ADMINS, Hub, team_of


def email_of(hub: Hub, user_id: int) -> str:
    return hub.identity(user_id).email


def role_of(shared: Shared, user_id: int) -> Role:
    with shared.hub.system() as act:
        return role_on(act.db, shared.hub.identity(user_id), shared.hub.row(act, shared.advisory_id))


@pytest.mark.invariant("INV-ACCESS-5")
def test_each_change_is_one_entry_that_says_what_was_and_what_is(hub: Hub) -> None:
    shared = Shared.on(hub)
    reader = hub.person("readers@example.org")
    with heard(hub, GrantChanged) as events:
        grant = shared.do(services.grant_person, email_of(hub, reader), "viewer")
        group = shared.do(services.grant_group, "readers@example.org", "collaborator")
        shared.do(services.change_grant, grant, "collaborator")
        shared.do(services.revoke_grant, grant)
    assert shared.grants() == [("readers@example.org", "collaborator")]
    of_reader = {"user_id": reader, "permission": "viewer"}
    raised = {**of_reader, "permission": "collaborator"}
    of_group = {"group": "readers@example.org", "permission": "collaborator"}
    assert shared.entries() == [
        ("access.granted", shared.owner, None, of_reader),
        ("access.granted", shared.owner, None, of_group),
        ("access.changed", shared.owner, {"permission": "viewer"}, raised),
        ("access.revoked", shared.owner, raised, None),
    ]
    assert [(sent.grant_id, sent.user_id) for sent in events] == [
        (grant, reader),
        (group, None),
        (grant, reader),
        (None, reader),
    ]


@pytest.mark.invariant("INV-ACCESS-5")
def test_each_change_of_an_invitation_is_one_entry_too(hub: Hub) -> None:
    shared = Shared.on(hub)
    with heard(hub, InvitationIssued) as events:
        number = shared.invite("new@example.org")
        shared.do(services.change_invitation, number, "collaborator")
        shared.do(services.resend_invitation, number)
        shared.do(services.revoke_invitation, number)
    as_collaborator = invited(number, "new@example.org", "collaborator")
    assert shared.invitations() == []
    assert shared.entries() == [
        ("access.invited", shared.owner, None, invited(number, "new@example.org")),
        ("access.invitation_changed", shared.owner, {"permission": "viewer"}, as_collaborator),
        ("access.invitation_resent", shared.owner, None, as_collaborator),
        ("access.invitation_revoked", shared.owner, as_collaborator, None),
    ]
    assert [sent.invitation_id for sent in events] == [number, number]


def test_what_changes_nothing_writes_nothing(hub: Hub) -> None:
    shared = Shared.on(hub)
    reader = hub.person("readers@example.org")
    grant = shared.do(services.grant_person, email_of(hub, reader), "viewer")
    number = shared.invite("new@example.org")
    before = shared.entries()
    with heard(hub, GrantChanged, InvitationIssued) as events:
        assert shared.do(services.grant_person, email_of(hub, reader), "viewer") == grant
        assert shared.do(services.grant_person, "NEW@example.org", "viewer") == number
        shared.do(services.change_grant, grant, "viewer")
        shared.do(services.change_invitation, number, "viewer")
    assert (shared.entries(), events) == (before, [])


@pytest.mark.invariant("INV-ACCESS-2")
def test_addresses_match_without_regard_to_case(hub: Hub) -> None:
    shared = Shared.on(hub)
    reader = hub.person(email="Reader@Example.org")
    shared.do(services.grant_person, "rEADER@eXAMPLE.ORG", "viewer")
    assert shared.grants() == [(reader, "viewer")]
    shared.invite("New@Example.org")
    shared.do(services.grant_person, "new@example.ORG", "collaborator")
    assert shared.invitations() == [("New@Example.org", "collaborator", None)]


@pytest.mark.invariant("INV-OIDC-5")
def test_a_shadow_is_invited_and_gets_no_grant(hub: Hub) -> None:
    shared = Shared.on(hub)
    with hub.system() as act:
        act.db.add(User(email="Shadow@example.org", is_provisioned=True))
    shared.invite("shadow@example.org")
    assert shared.grants() == []


@pytest.mark.invariant("INV-ACCESS-4")
@pytest.mark.invariant("INV-AUTH-3")
@pytest.mark.parametrize("permission", ["owner", "OWNER", "admin", "team", ""])
def test_owner_is_no_permission_for_any_service(hub: Hub, permission: str) -> None:
    shared = Shared.on(hub)
    reader = hub.person("readers@example.org")
    grant = shared.do(services.grant_person, email_of(hub, reader), "viewer")
    number = shared.invite("new@example.org")
    before = shared.grants(), shared.invitations(), shared.entries()
    change = AccessChange(kind="grant", id=grant, permission=permission, was="viewer")
    attempts: list[tuple[Any, ...]] = [
        (services.grant_person, email_of(hub, reader), permission),
        (services.grant_person, "other@example.org", permission),
        (services.grant_group, "readers@example.org", permission),
        (services.change_grant, grant, permission),
        (services.change_invitation, number, permission),
        (save_access, [change]),
    ]
    for service, *arguments in attempts:
        with pytest.raises(PayloadInvalid) as refused:
            shared.do(service, *arguments)
        assert [place.rpartition(".")[2] for place in refused.value.errors] == ["permission"]
    assert (shared.grants(), shared.invitations(), shared.entries()) == before


@pytest.mark.invariant("INV-ACCESS-4")
@pytest.mark.invariant("INV-AUTH-3")
@pytest.mark.parametrize("table", ["grants", "invitations"])
def test_owner_is_no_permission_for_the_database(hub: Hub, table: str) -> None:
    shared = Shared.on(hub)
    shared.do(services.grant_person, email_of(hub, hub.person()), "viewer")
    shared.invite("new@example.org")
    statement = {
        "grants": "UPDATE grants SET permission = 'owner'",
        "invitations": "UPDATE invitations SET permission = 'owner'",
    }[table]
    with pytest.raises(IntegrityError, match=f"ck_{table}_permission"), hub.system() as act:
        act.db.execute(text(statement))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "  ",
        "nobody",
        "@example.org",
        "a@",
        "a@b@example.org",
        "a b@example.org",
        "a@example.org\nBcc: b@example.org",
        "a\x00@example.org",
        "a\u202e@example.org",
        "<a@example.org>",
        "a@.org",
        "a@example.org.",
        "a,b@example.org",
        f"{'x' * 65}@example.org",
        f"a@{'x' * 250}.org",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_written(hub: Hub, address: str) -> None:
    shared = Shared.on(hub)
    with pytest.raises(PayloadInvalid) as refused:
        shared.do(services.grant_person, address, "owner")
    assert set(refused.value.errors) == {"email", "permission"}
    assert shared.entries() == []


def test_an_unknown_group_is_refused(hub: Hub) -> None:
    shared = Shared.on(hub)
    for name in ("strangers@example.org", team_of(shared.project).upper(), "%"):
        with pytest.raises(services.UnknownGroup):
            shared.do(services.grant_group, name, "viewer")
    assert shared.entries() == []


ACTS: dict[str, Callable[[Shared, int, int], tuple[Any, ...]]] = {
    "person": lambda s, g, i: (services.grant_person, "third@example.org", "viewer"),
    "group": lambda s, g, i: (services.grant_group, team_of(s.project), "viewer"),
    "change": lambda s, g, i: (services.change_grant, g, "collaborator"),
    "revoke": lambda s, g, i: (services.revoke_grant, g),
    "change invitation": lambda s, g, i: (services.change_invitation, i, "collaborator"),
    "resend": lambda s, g, i: (services.resend_invitation, i),
    "revoke invitation": lambda s, g, i: (services.revoke_invitation, i),
    "save": lambda s, g, i: (
        save_access,
        [AccessChange(kind="grant", id=g, permission="collaborator", was="viewer")],
    ),
    "save nothing": lambda s, g, i: (save_access, []),
}


@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.parametrize("act", ACTS)
def test_owners_alone_manage_access_in_every_state(hub: Hub, act: str) -> None:
    for state in State:
        project = hub.project()
        owner = hub.member(project)
        shared = Shared(hub, project, owner, hub.in_state(project, state))
        grant = shared.do(services.grant_person, email_of(hub, hub.person()), "viewer")
        number = shared.invite("new@example.org")
        before = shared.grants(), shared.invitations(), shared.entries()
        service, *arguments = ACTS[act](shared, grant, number)
        others = {"nothing": hub.person(), "viewer": hub.person(), "collaborator": hub.person()}
        others["other team"] = hub.member(hub.project())
        for permission in ("viewer", "collaborator"):
            hub.grant(shared.advisory_id, others[permission], permission)
        for person in others.values():
            with pytest.raises(NotPermitted):
                shared.do(service, *arguments, by=person)
        with hub.system() as system:
            for permission in ("viewer", "collaborator"):
                held = select(Grant).where(Grant.user_id == others[permission])
                system.db.delete(system.db.scalars(held).one())
        assert (shared.grants(), shared.invitations(), shared.entries()) == before
        shared.do(service, *arguments, by=hub.admin() if state is State.DRAFT else owner)
        if act != "save nothing":
            assert shared.entries() != before[2]


def test_a_row_of_another_advisory_is_not_reached(hub: Hub) -> None:
    shared, other = Shared.on(hub), Shared.on(hub)
    grant = other.do(services.grant_person, email_of(hub, hub.person()), "viewer")
    number = other.invite("new@example.org")
    for service, *arguments in (
        (services.change_grant, grant, "collaborator"),
        (services.revoke_grant, grant),
        (services.change_invitation, number, "collaborator"),
        (services.resend_invitation, number),
        (services.revoke_invitation, number),
    ):
        with pytest.raises(services.AccessGone):
            shared.do(service, *arguments)
    assert len(other.grants()) == len(other.invitations()) == 1


@pytest.mark.invariant("INV-AUTH-4")
def test_the_highest_grant_wins_and_an_owner_stays_one(hub: Hub) -> None:
    shared = Shared.on(hub)
    reader = hub.person("readers@example.org")
    shared.do(services.grant_group, "readers@example.org", "collaborator")
    shared.do(services.grant_person, email_of(hub, reader), "viewer")
    assert role_of(shared, reader) is Role.COLLABORATOR
    own = shared.do(services.grant_person, email_of(hub, shared.owner), "viewer")
    assert role_of(shared, shared.owner) is Role.TEAM
    shared.do(services.revoke_grant, own)
    assert role_of(shared, shared.owner) is Role.TEAM


@pytest.mark.invariant("INV-AUTH-7")
def test_access_outlives_publication_and_is_widened_by_none(hub: Hub) -> None:
    project = hub.project()
    owner = hub.member(project)
    shared = Shared(hub, project, owner, hub.in_state(project, State.PUBLISHED))
    stranger, reader = hub.person(), hub.person()
    shared.do(services.grant_person, email_of(hub, reader), "viewer")
    assert role_of(shared, reader) is Role.VIEWER
    assert role_of(shared, stranger) is Role.NONE


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads that start together; return results and exceptions in order."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[index] = call()
        except Exception as error:  # noqa: BLE001 (the race's outcome)
            results[index] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.invariant("INV-ACCESS-1")
def test_two_who_grant_one_person_at_once_leave_one_grant(hub: Hub) -> None:
    shared = Shared.on(hub)
    admin, reader = hub.admin(), hub.person("readers@example.org")
    email = email_of(hub, reader)
    for call in (
        lambda by, what: shared.do(services.grant_person, email, what, by=by),
        lambda by, what: shared.do(services.grant_person, "new@example.org", what, by=by),
        lambda by, what: shared.do(services.grant_group, "readers@example.org", what, by=by),
    ):
        found = at_once(
            lambda call=call: call(shared.owner, "viewer"), lambda call=call: call(admin, "collaborator")
        )
        assert found[0] == found[1]
    assert [holder for holder, _permission in shared.grants()] == [reader, "readers@example.org"]
    assert len(shared.invitations()) == 1
    actions = [entry[0] for entry in shared.entries()]
    assert sorted(actions) == [
        "access.changed",
        "access.changed",
        "access.granted",
        "access.granted",
        "access.invitation_changed",
        "access.invited",
    ]


@pytest.mark.invariant("INV-ACCESS-1")
def test_a_revocation_and_a_change_at_once_end_in_a_revocation(hub: Hub) -> None:
    shared = Shared.on(hub)
    admin = hub.admin()
    for _attempt in range(4):
        email = email_of(hub, hub.person())
        grant = shared.do(services.grant_person, email, "viewer")
        before = len(shared.entries())
        changed, revoked = at_once(
            lambda grant=grant: shared.do(services.change_grant, grant, "collaborator"),
            lambda grant=grant: shared.do(services.revoke_grant, grant, by=admin),
        )
        assert revoked is None
        assert shared.grants() == []
        written = [entry[0] for entry in shared.entries()][before:]
        if changed == grant:
            assert written == ["access.changed", "access.revoked"]
        else:
            assert isinstance(changed, services.AccessGone)
            assert written == ["access.revoked"]


def test_a_reporter_gets_viewer_through_the_same_door(hub: Hub) -> None:
    project, reporter = hub.project(), hub.person()
    with heard(hub, GrantChanged) as events:
        shared = Shared(hub, project, hub.member(project), hub.report(project, reporter=reporter))
    of_reporter = {"user_id": reporter, "permission": "viewer"}
    assert shared.grants() == [(reporter, "viewer")]
    assert shared.entries() == [("access.granted", None, None, of_reporter)]
    assert [sent.user_id for sent in events] == [reporter]


def test_administrators_manage_access_to_what_is_unsorted(hub: Hub) -> None:
    admin = hub.person(ADMINS)
    shared = Shared(hub, "unsorted", admin, hub.report())
    shared.invite("new@example.org")
    assert len(shared.invitations()) == 1
