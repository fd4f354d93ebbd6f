"""Signing in, out and again through a real OpenID provider over HTTP."""

from __future__ import annotations

import datetime as dt

import pytest
import webtest
from sqlalchemy import select, text

from advisoryhub_core.accounts.models import User
from tests.support.hub import ADMINS, Hub, csrf, team_of


def groups_of(hub: Hub, email: str) -> set[str]:
    with hub.system() as act:
        user = act.db.scalars(select(User).where(User.email == email)).one()
        return {group.name for group in user.groups}


def access_log(hub: Hub) -> list[tuple[str, str | None]]:
    with hub.system() as act:
        rows = act.db.execute(text("SELECT action, metadata->>'reason' FROM access_log ORDER BY id"))
        return [(row.action, row[1]) for row in rows if row.action.startswith("auth.")]


def session_cookie(browser: webtest.TestApp) -> str | None:
    return browser.cookies.get("advisoryhub")


def test_a_stranger_is_sent_to_the_provider_and_comes_back_to_the_page(hub: Hub) -> None:
    hub.provider.set_person(subject="s1", email="new@example.org", name="New Person")
    browser = hub.anonymous()
    asked = browser.get("/advisories/?state=draft", status=303)
    started = asked.location.removeprefix("http://localhost")
    assert hub.sign_in(browser, "s1", started).location == "http://localhost/advisories/?state=draft"
    page = browser.get("/advisories/")
    assert "New Person" in page.text
    assert "You see no advisories" in page.text
    assert access_log(hub) == [("auth.signed_in", None)]
    assert "user.created" in hub.ledger()


@pytest.mark.invariant("INV-OIDC-1")
@pytest.mark.invariant("INV-OIDC-3")
def test_groups_are_replaced_at_each_sign_in_and_admin_follows(hub: Hub) -> None:
    project = hub.project()
    hub.provider.set_person(
        subject="s2", email="two@example.org", groups=(team_of(project), ADMINS, "not-an-spn")
    )
    browser = hub.anonymous()
    hub.sign_in(browser, "s2")
    assert groups_of(hub, "two@example.org") == {team_of(project), ADMINS}
    assert browser.get("/advisories/new/").status_int == 200
    hub.provider.change_person("s2", groups=("elsewhere@example.org",))
    hub.sign_in(browser, "s2")
    assert groups_of(hub, "two@example.org") == {"elsewhere@example.org"}
    browser.get("/advisories/new/", status=403)


@pytest.mark.invariant("INV-OIDC-4")
def test_only_whole_group_names_with_a_realm_are_mirrored(hub: Hub) -> None:
    claim = ("team@example.org", "team@elsewhere.org", "plain", " padded@example.org ", "two@parts@x")
    hub.provider.set_person(subject="s3", email="three@example.org", groups=claim)
    hub.sign_in(hub.anonymous(), "s3")
    assert groups_of(hub, "three@example.org") == {"team@example.org", "team@elsewhere.org"}


@pytest.mark.invariant("INV-OIDC-5")
def test_a_shadow_becomes_real_at_the_first_sign_in(hub: Hub) -> None:
    with hub.system() as act:
        act.db.add(User(email="Shadow@Example.org", is_provisioned=True))
    hub.provider.set_person(subject="s4", email="shadow@example.org", name="No Shadow")
    browser = hub.anonymous()
    hub.sign_in(browser, "s4")
    with hub.system() as act:
        user = act.db.scalars(select(User).where(User.subject == "s4")).one()
        assert not user.is_provisioned
    assert "No Shadow" in browser.get("/accounts/me/").text


@pytest.mark.invariant("INV-OIDC-6")
def test_an_unverified_address_neither_creates_nor_links(hub: Hub) -> None:
    with hub.system() as act:
        act.db.add(User(email="five@example.org", is_provisioned=True))
    hub.provider.set_person(subject="s5", email="five@example.org", email_verified=False)
    browser = hub.anonymous()
    started = browser.get("/oidc/authenticate/", status=303)
    answer = hub.provider.answer_as(started.location, "s5")
    refused = browser.get(answer.removeprefix("http://localhost"), status=403)
    assert "verified" in refused.text
    with hub.system() as act:
        assert act.db.scalars(select(User.subject).where(User.email == "five@example.org")).one() is None
    assert access_log(hub) == [("auth.failed", "sign_in_not_allowed")]
    browser.get("/accounts/me/", status=303)


@pytest.mark.invariant("INV-AUTH-8")
def test_a_ban_stops_the_next_request_and_the_next_sign_in(hub: Hub) -> None:
    member = hub.member(hub.project())
    browser = hub.browser_as(member)
    browser.get("/advisories/", status=200)
    with hub.system() as act:
        user = act.db.get_one(User, member)
        user.banned_at = dt.datetime.now(dt.UTC)
        subject = user.subject
    browser.get("/advisories/", status=303)
    started = browser.get("/oidc/authenticate/", status=303)
    answer = hub.provider.answer_as(started.location, subject)
    assert "closed" in browser.get(answer.removeprefix("http://localhost"), status=403).text


def test_the_session_id_is_renewed_at_sign_in_and_dies_at_sign_out(hub: Hub) -> None:
    hub.provider.set_person(subject="s6", email="six@example.org")
    browser = hub.anonymous()
    browser.get("/oidc/authenticate/")
    before = session_cookie(browser)
    hub.sign_in(browser, "s6")
    signed_in = session_cookie(browser)
    assert signed_in not in {None, before}
    page = browser.get("/advisories/")
    left = browser.post("/oidc/logout/", {"csrf_token": csrf(page)}, status=200)
    onwards = left.headers["Refresh"].removeprefix("0; url=")
    assert onwards.startswith(hub.provider.issuer)
    assert "id_token_hint" in onwards
    assert left.html.find("a", href=onwards) is not None
    stolen = hub.anonymous()
    stolen.set_cookie("advisoryhub", str(signed_in))
    stolen.get("/accounts/me/", status=303)
    browser.get("/accounts/me/", status=303)


def test_sign_out_needs_a_csrf_token(hub: Hub) -> None:
    browser = hub.browser_as(hub.person())
    browser.post("/oidc/logout/", status=400)
    browser.get("/accounts/me/", status=200)


def test_an_answer_that_nobody_asked_for_is_refused(hub: Hub) -> None:
    hub.anonymous().get("/oidc/callback/?code=x&state=y", status=403)
    assert access_log(hub) == [("auth.failed", "no_request")]


def test_an_answer_is_accepted_once(hub: Hub) -> None:
    hub.provider.set_person(subject="s7", email="seven@example.org")
    browser = hub.anonymous()
    started = browser.get("/oidc/authenticate/", status=303)
    answer = hub.provider.answer_as(started.location, "s7").removeprefix("http://localhost")
    browser.get(answer, status=303)
    browser.get(answer, status=403)


def test_a_provider_that_is_down_gives_a_page_that_says_so(hub: Hub) -> None:
    started = hub.anonymous()
    begun = started.get("/oidc/authenticate/", status=303)
    hub.provider.set_person(subject="s8", email="eight@example.org")
    answer = hub.provider.answer_as(begun.location, "s8").removeprefix("http://localhost")
    hub.provider.set_down()
    try:
        page = started.get(answer, status=503)
    finally:
        hub.provider.set_down(False)
    assert "identity provider" in page.text.lower()
    assert "Traceback" not in page.text


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:x"]
)
def test_sign_in_never_leads_to_another_host(hub: Hub, target: str) -> None:
    hub.provider.set_person(subject="s9", email="nine@example.org")
    browser = hub.anonymous()
    started = browser.get("/oidc/authenticate/", {"next": target}, status=303)
    answer = hub.provider.answer_as(started.location, "s9").removeprefix("http://localhost")
    assert browser.get(answer, status=303).location == "http://localhost/"


def test_preferences_are_kept(hub: Hub) -> None:
    browser = hub.browser_as(hub.person())
    page = browser.get("/accounts/me/")
    browser.post("/accounts/me/", {"csrf_token": csrf(page), "theme": "dark", "language": "en"}, status=303)
    assert 'data-theme="dark"' in browser.get("/accounts/me/").text
    browser.post("/accounts/me/", {"csrf_token": csrf(page), "theme": "pink", "language": "en"}, status=400)
