"""Sessions live in Redis as JSON, under a name that the cookie alone gives."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import redis
import webtest
from sqlalchemy import text

from advisoryhub_embedded.redis import free_port
from tests.support.hub import Hub, csrf


def stored(hub: Hub) -> dict[str, object]:
    connection = hub.registry.session_store.redis
    keys = connection.keys("advisoryhub:session:*")
    return {key.decode(): json.loads(connection.get(key)) for key in keys}


@pytest.fixture
def without_redis(hub: Hub) -> Iterator[Hub]:
    """The hub with a session store that nobody answers for."""
    store = hub.registry.session_store
    there = store.redis
    store.redis = redis.Redis(
        port=free_port(), socket_connect_timeout=1, retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    )
    yield hub
    store.redis.close()
    store.redis = there


def test_the_cookie_is_a_random_name_and_redis_has_json(hub: Hub) -> None:
    person = hub.person()
    browser = hub.browser_as(person)
    cookie = browser.cookies["advisoryhub"]
    sessions = stored(hub)
    assert len(cookie) >= 43
    assert [session["user_id"] for session in sessions.values()] == [person]
    assert not any(cookie in key for key in sessions)
    ttl = hub.registry.session_store.redis.ttl(next(iter(sessions)))
    assert 0 < ttl <= hub.registry.settings["session.lifetime_seconds"]


def test_reading_as_a_stranger_stores_nothing(hub: Hub) -> None:
    browser = hub.anonymous()
    for path in ("/", "/healthz", "/nothing/"):
        browser.get(path, expect_errors=True)
    assert stored(hub) == {}
    assert dict(browser.cookies) == {}


def test_a_session_that_was_planted_before_sign_in_is_worthless(hub: Hub) -> None:
    attacker = hub.anonymous()
    attacker.get("/oidc/authenticate/")
    planted = attacker.cookies["advisoryhub"]
    person = hub.person()
    victim = hub.anonymous()
    victim.set_cookie("advisoryhub", planted)
    with hub.system() as act:
        subject = act.db.scalar(text("SELECT subject FROM users WHERE id = :id"), {"id": person})
    identity = hub.identity(person)
    hub.provider.set_person(subject=subject, email=identity.email, name=identity.display_name)
    hub.sign_in(victim, subject)
    assert victim.cookies["advisoryhub"] != planted
    victim.get("/advisories/", status=200)
    attacker.get("/advisories/", status=303)
    assert len(stored(hub)) == 1


def test_an_id_that_the_browser_made_up_is_never_adopted(hub: Hub) -> None:
    browser = hub.anonymous()
    browser.set_cookie("advisoryhub", "made-up-by-the-browser")
    browser.get("/oidc/authenticate/")
    assert browser.cookies["advisoryhub"] != "made-up-by-the-browser"


def test_signing_out_ends_the_session_on_the_server(hub: Hub) -> None:
    browser = hub.browser_as(hub.person())
    kept = browser.cookies["advisoryhub"]
    browser.post("/oidc/logout/", {"csrf_token": csrf(browser.get("/accounts/me/"))}, status=200)
    assert stored(hub) == {}
    thief = hub.anonymous()
    thief.set_cookie("advisoryhub", kept)
    thief.get("/advisories/", status=303)


def test_what_is_no_json_object_in_redis_is_no_session(hub: Hub) -> None:
    browser = hub.browser_as(hub.person())
    kept = browser.cookies["advisoryhub"]
    connection = hub.registry.session_store.redis
    for raw in (b"[]", b"null", b"7", b"{", b"\xff", b"\x80\x04\x95"):
        connection.set(connection.keys("advisoryhub:session:*")[0], raw)
        thief = hub.anonymous()
        thief.set_cookie("advisoryhub", kept)
        thief.get("/advisories/", status=303)


@pytest.mark.invariant("INV-AUTH-8")
def test_a_ban_holds_from_the_next_request_on(hub: Hub) -> None:
    person = hub.person()
    browser = hub.browser_as(person)
    browser.get("/advisories/", status=200)
    with hub.system() as act:
        act.db.execute(text("UPDATE users SET banned_at = now() WHERE id = :id"), {"id": person})
    browser.get("/advisories/", status=303)
    assert "Sign in" in browser.get("/").text


def signed_in_elsewhere(hub: Hub) -> webtest.TestApp:
    browser = hub.anonymous()
    browser.set_cookie("advisoryhub", "a-session-that-cannot-be-read")
    return browser


def test_without_redis_people_get_a_page_that_says_so(without_redis: Hub) -> None:
    browser = signed_in_elsewhere(without_redis)
    for path in ("/", "/advisories/", "/accounts/me/"):
        page = browser.get(path, status=503)
        assert "Sessions cannot be reached right now" in page.text
        assert "Content-Security-Policy" in page.headers
    answer = browser.get("/advisories/", headers={"Accept": "application/json"}, status=503)
    assert answer.json["error"] == "unavailable"
    without_redis.anonymous().get("/oidc/authenticate/", status=503)


def test_without_redis_the_process_is_alive_but_not_ready(without_redis: Hub) -> None:
    for browser in (without_redis.anonymous(), signed_in_elsewhere(without_redis)):
        assert browser.get("/healthz", status=200).json == {"status": "ok"}
        assert browser.get("/readyz", status=503).json["failures"] == {"redis": "ConnectionError"}
