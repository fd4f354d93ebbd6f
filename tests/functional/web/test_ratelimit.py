"""Rate limits: counted before the work, for each person or address; a refusal changes nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import webtest
from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import text

from advisoryhub_core.plugins.api import Cap, Resource, Root, closed_acl, declare_limiters, limiter
from advisoryhub_core.plugins.loader import PluginFailed
from advisoryhub_core.settings import SettingsError
from advisoryhub_core.web.ratelimit import Rate, RateLimits, _network, rate
from advisoryhub_embedded.redis import free_port
from tests.functional.plugins.kit import Maker, Plugin
from tests.support.hub import Hub, csrf

JSON = {"Accept": "application/json"}
RUNS: list[str] = []


class LimitedNode(Resource):
    """`/limited/`."""

    def caps(self) -> Any:
        return (Cap.ACCOUNT,) if self.request.identity else ()

    def __acl__(self) -> Any:
        return closed_acl(self.caps())


def ring(_context: Any, request: Any) -> Any:
    """Leave a mark in the database, and one that no rollback takes back."""
    RUNS.append("ring")
    request.db.execute(text("INSERT INTO groups (name) VALUES (gen_random_uuid()::text || '@bell')"))
    return HTTPSeeOther("/")


def conflict_once(_context: Any, request: Any) -> Any:
    if request.environ["retry.attempt"] == 0:
        request.db.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))
    return request.response


def includeme(config: Any) -> None:
    config.add_resource_child(Root, "limited", LimitedNode)
    shared = {"context": LimitedNode, "request_method": "POST"}
    # Before the limiters are declared: the order of a plugin's lines does not matter.
    config.add_view(ring, name="ring", permission=Cap.ACCOUNT, rate_limit="bell", **shared)
    config.add_view(ring, name="fresh", permission=Cap.ACCOUNT, rate_limit="bell", step_up=True, **shared)
    config.add_view(conflict_once, name="conflict", permission=Cap.ACCOUNT, rate_limit="bell", **shared)
    config.add_view(ring, name="closed", permission=Cap.ACCOUNT, rate_limit="strict", **shared)
    config.add_view(
        ring,
        context=LimitedNode,
        name="open",
        request_method="GET",
        permission=NO_PERMISSION_REQUIRED,
        rate_limit="bell",
    )
    declare_limiters(
        config,
        (
            limiter("bell", "3/minute", "ring the bell", fails_open=True),
            limiter("strict", "3/minute", "open the vault", fails_open=False),
        ),
    )


@pytest.fixture(scope="module")
def _limited_registry(maker: Maker) -> Iterator[Any]:
    with maker.registry(Plugin("limited", includeme), **{"advisoryhub.trusted_proxy_count": "1"}) as made:
        yield made


@pytest.fixture
def limited(_limited_registry: Any, maker: Maker, tmp_path: Path) -> Iterator[Hub]:
    with Hub.on_copy(_limited_registry, maker.postgres, maker.provider, tmp_path) as running:
        yield running


def rung(hub: Hub) -> int:
    with hub.system() as act:
        return act.db.scalars(text("SELECT count(*) FROM groups WHERE name LIKE '%@bell'")).one()


def caller(hub: Hub) -> tuple[webtest.TestApp, dict[str, str]]:
    browser = hub.browser_as(hub.person())
    return browser, {"csrf_token": csrf(browser.get("/accounts/me/"))}


@pytest.mark.invariant("INV-RATELIMIT-1")
def test_what_is_too_much_is_refused_and_does_nothing(limited: Hub) -> None:
    RUNS.clear()
    browser, fields = caller(limited)
    for _time in range(3):
        browser.post("/limited/ring/", fields, status=303)
    page = browser.post("/limited/ring/", fields, status=429)
    assert 1 <= int(page.headers["Retry-After"]) <= 60
    assert "Too many requests" in page.html.find("main").text
    assert "Try again in" in page.html.find("main").text
    answer = browser.post("/limited/ring/", fields, headers=JSON, status=429)
    assert set(answer.json) == {"error", "message", "retry_after"}
    assert answer.json["error"] == "rate_limited"
    assert answer.json["retry_after"] == int(answer.headers["Retry-After"])
    assert rung(limited) == len(RUNS) == 3


@pytest.mark.invariant("INV-RATELIMIT-1")
def test_it_is_counted_before_the_view_also_for_those_who_come_at_once(limited: Hub) -> None:
    browser, fields = caller(limited)
    cookie = browser.cookies["advisoryhub"]
    answers: list[int] = []
    start = threading.Barrier(8)

    def post() -> None:
        one = limited.anonymous()
        one.set_cookie("advisoryhub", cookie)
        start.wait()
        answers.append(one.post("/limited/ring/", fields, expect_errors=True).status_int)

    threads = [threading.Thread(target=post) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303] * 3 + [429] * 5
    assert rung(limited) == 3


@pytest.mark.invariant("INV-RATELIMIT-1")
def test_what_is_refused_for_another_reason_is_not_counted(limited: Hub) -> None:
    browser, fields = caller(limited)
    for _time in range(5):
        browser.post("/limited/ring/", {}, status=400)
        limited.anonymous().post("/limited/ring/", {}, expect_errors=True)
    limited.set_settings(**{"step_up.max_age_seconds": -100})
    try:
        for _time in range(5):
            assert "/oidc/step-up/" in browser.post("/limited/fresh/", fields, status=303).location
    finally:
        limited.set_settings(**{"step_up.max_age_seconds": 300})
    for _time in range(3):
        browser.post("/limited/ring/", fields, status=303)
    browser.post("/limited/ring/", fields, status=429)


def test_each_person_has_their_own(limited: Hub) -> None:
    first, second = caller(limited), caller(limited)
    for browser, fields in (first, second):
        for _time in range(3):
            browser.post("/limited/ring/", fields, status=303)
        browser.post("/limited/ring/", fields, status=429)


def test_strangers_are_counted_by_address(limited: Hub) -> None:
    def ring_from(address: str) -> int:
        return (
            limited.anonymous()
            .get("/limited/open/", headers={"X-Forwarded-For": address}, expect_errors=True)
            .status_int
        )

    # What the caller puts in front of the proxy's entry changes nothing.
    assert [ring_from(f"10.0.0.{n}, 192.0.2.1") for n in range(4)] == [303, 303, 303, 429]
    assert ring_from("192.0.2.2") == 303
    assert [ring_from(f"2001:db8:0:1::{n}") for n in range(4)] == [303, 303, 303, 429]
    assert ring_from("2001:db8:0:2::1") == 303


def test_a_request_that_is_run_again_counts_once(limited: Hub) -> None:
    browser, fields = caller(limited)
    for _time in range(3):
        browser.post("/limited/conflict/", fields, status=200)
    browser.post("/limited/conflict/", fields, status=429)


def test_the_configured_limit_counts(maker: Maker, tmp_path: Path) -> None:
    with (
        maker.registry(Plugin("limited", includeme), **{"ratelimit.bell": "1/second"}) as registry,
        Hub.on_copy(registry, maker.postgres, maker.provider, tmp_path) as hub,
    ):
        browser, fields = caller(hub)
        browser.post("/limited/ring/", fields, status=303)
        refused = browser.post("/limited/ring/", fields, status=429)
        assert refused.headers["Retry-After"] == "1"
        time.sleep(1.1)
        browser.post("/limited/ring/", fields, status=303)


def test_while_redis_is_away_each_limiter_does_what_it_declares(
    limited: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser, fields = caller(limited)
    away = redis.Redis(
        port=free_port(), socket_connect_timeout=1, retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    )
    monkeypatch.setattr(limited.registry, "rate_limits", RateLimits(away))
    for _time in range(5):
        browser.post("/limited/ring/", fields, status=303)
    assert "rate_limits_down" in caplog.text
    browser.post("/limited/closed/", fields, status=503)
    assert rung(limited) == 5
    away.close()


def test_a_view_that_asks_for_a_limiter_nobody_declares_stops_the_start(maker: Maker) -> None:
    def wrong(config: Any) -> None:
        config.add_view(ring, context=Root, name="x", permission=Cap.ACCOUNT, rate_limit="nobodys")

    with pytest.raises(ConfigurationError, match="nobodys"):
        maker.registry(Plugin("wrong", wrong)).__enter__()


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "30",
        "30/",
        "/minute",
        "0/minute",
        "-1/minute",
        "30/month",
        "30 / minute",
        "30/minute,1/second",
        "1e3/minute",
        "٣/minute",
        "30/minutes",
        "1234567/day",
        "30/minute\n",
    ],
)
def test_a_malformed_limit_stops_the_start(maker: Maker, raw: str) -> None:
    with pytest.raises(ValueError, match="like 30/minute"):
        rate(raw)


def test_malformed_limits_are_reported_with_their_key(maker: Maker) -> None:
    with pytest.raises(SettingsError) as refused:
        maker.registry(**{"ratelimit.comment": "often", "ratelimit.grant": "0/hour"}).__enter__()
    assert "ratelimit.comment (environment: RATELIMIT_COMMENT)" in str(refused.value)
    assert "ratelimit.grant (environment: RATELIMIT_GRANT)" in str(refused.value)


def test_the_limits_of_the_core(registry: Any) -> None:
    shown = {
        entry["introspectable"].discriminator
        for entry in registry.introspector.get_category("advisoryhub rate limits")
    }
    assert shown == {"comment", "grant", "preview", "publish", "sign_in"}
    for name, default in (("comment", "30/minute"), ("grant", "20/hour"), ("publish", "10/hour")):
        assert str(registry.settings[f"ratelimit.{name}"]) == default


def test_which_views_have_which_limit(registry: Any) -> None:
    views = [entry["introspectable"] for entry in registry.introspector.get_category("views")]
    limited = {
        (view["context"].__name__, view["name"], view["rate_limit"])
        for view in views
        if view.get("rate_limit")
    }
    assert limited == {
        ("OIDCNode", "authenticate", "sign_in"),
        ("AdvisoryResource", "publish", "publish"),
        ("AdvisoryResource", "withdraw", "publish"),
        ("AdvisoryResource", "approve-withdrawal", "publish"),
        ("AdvisoryResource", "reopen", "publish"),
        ("TaskResource", "retry", "publish"),
        ("AccessResource", "", "grant"),
        ("CommentCollection", "", "comment"),
        ("CommentCollection", "", "preview"),
        ("CommentCollection", "preview", "preview"),
        ("CommentResource", "edit", "comment"),
        ("InvitationResource", "resend", "grant"),
    }


@pytest.mark.invariant("INV-RATELIMIT-1")
def test_publishing_is_limited_and_a_refusal_queues_nothing(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hub.registry.settings, "ratelimit.publish", Rate(1, "hour"))
    project = hub.project(mature=True)
    browser = hub.browser_as(hub.member(project))
    first, second = hub.draft(project), hub.draft(project)
    token = csrf(browser.get(f"/advisories/{first}/publish/"))
    browser.post(f"/advisories/{first}/publish/", {"csrf_token": token, "confirm": first}, status=303)
    # Looking at the page is not asking for a publication.
    browser.get(f"/advisories/{second}/publish/", status=200)
    refused = browser.post(
        f"/advisories/{second}/publish/", {"csrf_token": token, "confirm": second}, status=429
    )
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    assert "an hour" in refused.html.find("main").text
    assert "publication.requested" not in hub.ledger(second)


def test_starting_to_sign_in_is_limited_by_address(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "ratelimit.sign_in", Rate(2, "minute"))
    for _time in range(2):
        hub.anonymous().get("/oidc/authenticate/", status=303)
    hub.anonymous().get("/oidc/authenticate/", status=429)
    # The other way to the provider leads through the first one.
    led = hub.anonymous().get("/oidc/step-up/?next=/advisories/", status=303)
    assert led.location == "http://localhost/oidc/authenticate/?next=%2Fadvisories%2F"


def test_addresses_are_counted_by_what_one_customer_has() -> None:
    assert _network("192.0.2.7") == "192.0.2.7"
    assert _network("::ffff:192.0.2.7") == "192.0.2.7"
    assert _network("2001:db8::1") == _network("2001:db8::2") != _network("2001:db8:0:1::1")
    assert _network("::1") == "::"
    assert _network(None) == "unknown"


def test_a_limiter_is_declared_properly() -> None:
    for name in ("", "Bell", "bell-ring", "1bell", "bell.ring"):
        with pytest.raises(ValueError, match="lower-case"):
            limiter(name, "3/minute", "ring", fails_open=True)
    with pytest.raises(ValueError, match="like 30/minute"):
        limiter("bell", "often", "ring", fails_open=True)


def test_two_plugins_that_declare_the_same_limiter_conflict(maker: Maker) -> None:
    def declaring(name: str) -> Plugin:
        def includeme(config: Any) -> None:
            declare_limiters(config, [limiter("bell", "3/minute", "ring the bell", fails_open=True)])

        includeme.__name__ = f"include_{name}"
        return Plugin(name, includeme)

    with pytest.raises(PluginFailed, match=r"plugin second.*ratelimit\.bell"):
        maker.registry(declaring("first"), declaring("second")).__enter__()
