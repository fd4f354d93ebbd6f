"""Banning people and letting them in again."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from advisoryhub_core.accounts.models import User
from advisoryhub_core.accounts.people import ban_user, unban_user
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.db.principal import Principal
from advisoryhub_core.db.session import act_as, open_session
from advisoryhub_core.errors import Conflict, NotFound, NotPermitted, StepUpRequired
from tests.support.hub import ADMINS, PRINCIPAL_KEY, Hub

WHY = "Files the same report every minute."


def ban(hub: Hub, who: int, *, by: int | None = None, reason: str = WHY) -> None:
    with hub.acting_for(by or hub.admin()) as act:
        ban_user(act, who, reason)


def unban(hub: Hub, who: int, *, by: int | None = None) -> None:
    with hub.acting_for(by or hub.admin()) as act:
        unban_user(act, who)


def entries(hub: Hub) -> list[tuple[Any, ...]]:
    with hub.system() as act:
        rows = act.db.execute(
            text(
                "SELECT action, actor_id, previous, new, metadata FROM audit_log"
                " WHERE action IN ('user.banned', 'user.unbanned') ORDER BY id"
            )
        )
        return [tuple(row) for row in rows]


def seen_by(hub: Hub, user_id: int, *, admin: bool) -> list[str]:
    """What the database shows to a principal that was signed for this person, whoever signed it."""
    import transaction  # noqa: PLC0415

    manager = transaction.TransactionManager(explicit=True)
    session = open_session(hub.registry.db_engine, PRINCIPAL_KEY, manager)
    with manager:
        act_as(session, Principal(user_id, admin=admin))
        found = list(session.scalars(select(Advisory.advisory_id)))
    session.close()
    return found


@pytest.mark.invariant("INV-AUTH-8")
def test_a_ban_ends_a_live_session_and_sign_in_and_lifting_it_restores_everything(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory = hub.draft(project, by=member)
    browser = hub.browser_as(member)
    path = f"/advisories/{advisory}/"
    browser.get(path, status=200)
    assert seen_by(hub, member, admin=False) == [advisory]
    with hub.system() as act:
        subject = act.db.scalars(select(User.subject).where(User.id == member)).one()

    ban(hub, member)
    assert "/oidc/authenticate/" in browser.get(path, status=303).location
    browser.post(f"{path}edit/", {"summary": "Mine still"}, expect_errors=True)
    assert "Sign in" in browser.get("/").text
    started = browser.get("/oidc/authenticate/", status=303)
    answer = hub.provider.answer_as(started.location, subject).removeprefix("http://localhost")
    assert "closed" in browser.get(answer, status=403).text
    browser.get(path, status=303)
    assert seen_by(hub, member, admin=False) == []
    # Not even for a principal that was signed while they were an administrator.
    assert seen_by(hub, member, admin=True) == []
    with pytest.raises(NotPermitted, match="no longer sign in"), hub.acting_for(member):
        pass

    unban(hub, member)
    hub.sign_in(browser, subject)
    browser.get(path, status=200)
    assert seen_by(hub, member, admin=False) == [advisory]


@pytest.mark.invariant("INV-AUTH-8")
def test_both_acts_are_on_the_ledger_once(hub: Hub) -> None:
    admin, person = hub.admin(), hub.person()
    ban(hub, person, by=admin, reason="Posted ghp_" + "a1B2" * 9 + " in a report.")
    with hub.system() as act:
        user = act.db.get_one(User, person)
        assert (user.banned_by_id, user.banned_at is None) == (admin, False)
        assert "ghp_" not in user.ban_reason
        assert user.ban_reason.startswith("Posted ")
    unban(hub, person, by=admin)
    with hub.system() as act:
        user = act.db.get_one(User, person)
        assert (user.banned_at, user.banned_by_id, user.ban_reason) == (None, None, "")
    (banned, unbanned) = entries(hub)
    assert banned[:3] == ("user.banned", admin, None)
    assert banned[3]["reason"].endswith(" in a report.")
    assert "ghp_" not in str((banned, unbanned))
    assert unbanned[:2] == ("user.unbanned", admin)
    assert banned[4] == unbanned[4] == {"user_id": person}


@pytest.mark.invariant("INV-AUTH-8")
def test_nobody_bans_themselves(hub: Hub) -> None:
    admin = hub.admin()
    with pytest.raises(NotPermitted, match="yourself"):
        ban(hub, admin, by=admin)
    with pytest.raises(IntegrityError, match="ban_by_another"), hub.system() as act:
        act.db.execute(
            text("UPDATE users SET banned_at = now(), banned_by_id = id WHERE id = :id"), {"id": admin}
        )
    assert entries(hub) == []


def test_only_administrators_ban_and_only_freshly_signed_in(hub: Hub) -> None:
    victim, banned = hub.person(), hub.person()
    ban(hub, banned)
    for who in (hub.person(), hub.member(hub.project())):
        with pytest.raises(NotPermitted):
            ban(hub, victim, by=who)
        with pytest.raises(NotPermitted):
            unban(hub, banned, by=who)
    with hub.acting_for(hub.admin()) as act:
        then = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        old = replace(act, from_web=True, identity=replace(act.identity, auth_time=then))
        with pytest.raises(StepUpRequired):
            ban_user(old, victim, WHY)
        with pytest.raises(StepUpRequired):
            unban_user(old, banned)
    assert [entry[0] for entry in entries(hub)] == ["user.banned"]


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 1001, "bell\a"])
def test_a_ban_needs_a_reason(hub: Hub, reason: str) -> None:
    person = hub.person()
    with pytest.raises(PayloadInvalid) as refused:
        ban(hub, person, reason=reason)
    assert set(refused.value.errors) == {"reason"}
    assert hub.identity(person).user_id == person


def test_an_act_that_changes_nothing_is_a_conflict(hub: Hub) -> None:
    person = hub.person()
    with pytest.raises(Conflict):
        unban(hub, person)
    ban(hub, person)
    with pytest.raises(Conflict):
        ban(hub, person)
    for act_on in (ban, unban):
        with pytest.raises(NotFound):
            act_on(hub, 10**6)
    assert [entry[0] for entry in entries(hub)] == ["user.banned"]


@pytest.mark.invariant("INV-OIDC-1")
def test_neither_act_touches_the_mirror_of_groups(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    before = hub.identity(member).groups
    ban(hub, member)
    unban(hub, member)
    assert hub.identity(member).groups == before


def test_a_banned_administrator_can_be_let_in_by_another(hub: Hub) -> None:
    first, second = hub.admin(), hub.admin()
    browser = hub.browser_as(first)
    ban(hub, first, by=second)
    browser.get("/advisories/", status=303)
    unban(hub, first, by=second)
    assert hub.identity(first).groups == (ADMINS,)
    browser.get("/advisories/", status=200)
