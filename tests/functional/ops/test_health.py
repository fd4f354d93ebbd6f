"""`/healthz` touches nothing; `/readyz` names what fails, and nothing of why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
import webtest
from sqlalchemy import event

from advisoryhub_core.db.migrate import downgrade
from advisoryhub_core.db.session import make_engine
from advisoryhub_embedded.redis import free_port
from tests.functional.plugins.kit import Maker, Plugin
from tests.support.hub import Hub


@pytest.fixture
def nobody_there() -> str:
    """A loopback address that refuses connections."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def fresh(hub: Hub) -> Iterator[Hub]:
    """A process that has not yet seen the schema at head."""
    hub.registry.hub_migrations_at_head = False
    yield hub
    hub.registry.hub_migrations_at_head = False


def test_healthz_needs_no_database_even_of_somebody_who_is_signed_in(hub: Hub) -> None:
    browser = hub.browser_as(hub.person())
    touched: list[Any] = []
    engine = hub.registry.db_engine
    event.listen(engine, "checkout", lambda *_args: touched.append(1))
    answer = browser.get("/healthz", status=200)
    assert answer.json == {"status": "ok"}
    assert touched == []
    assert "Set-Cookie" not in answer.headers


def test_readyz_is_ok_when_every_part_answers(fresh: Hub) -> None:
    assert fresh.anonymous().get("/readyz", status=200).json == {"status": "ok"}


def test_readyz_names_redis(fresh: Hub, nobody_there: str) -> None:
    store = fresh.registry.session_store
    there, store.redis = store.redis, redis.Redis.from_url(f"redis://:a-password@{nobody_there}/0")
    try:
        answer = fresh.anonymous().get("/readyz", status=503)
    finally:
        store.redis.close()
        store.redis = there
    assert answer.json == {"status": "fail", "failures": {"redis": "ConnectionError"}}


def test_readyz_names_the_database_once_it_is_gone(fresh: Hub, nobody_there: str) -> None:
    engine = fresh.registry.db_engine
    fresh.registry.db_engine = make_engine(f"postgresql://app:a-password@{nobody_there}/hub")
    try:
        answer = fresh.anonymous().get("/readyz", status=503)
        assert fresh.anonymous().get("/healthz", status=200).json == {"status": "ok"}
    finally:
        fresh.registry.db_engine = engine
    assert answer.json["failures"] == {"database": "OperationalError", "migrations": "OperationalError"}
    assert "a-password" not in answer.text


@pytest.mark.parametrize("revision", ["core_0004", "publishing@base"])
def test_readyz_names_pending_migrations(fresh: Hub, monkeypatch: pytest.MonkeyPatch, revision: str) -> None:
    monkeypatch.setitem(fresh.registry.settings, "sqlalchemy.owner_url", fresh.registry.owner_url)
    downgrade(fresh.registry, revision)
    answer = fresh.anonymous().get("/readyz", status=503)
    assert answer.json == {"status": "fail", "failures": {"migrations": "MigrationsPending"}}


def test_the_repository_is_asked_only_where_that_is_switched_on(
    fresh: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fresh.registry.settings, "publishing.repo_url", "/nowhere/secret-place.git")
    assert fresh.anonymous().get("/readyz", status=200)
    monkeypatch.setitem(fresh.registry.settings, "readyz.include_pub_repo", True)
    answer = fresh.anonymous().get("/readyz", status=503)
    assert set(answer.json["failures"]) == {"publication_repository"}
    assert "secret-place" not in answer.text


def test_a_repository_that_answers_is_ready(fresh: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fresh.registry.settings, "readyz.include_pub_repo", True)
    assert fresh.anonymous().get("/readyz", status=200).json == {"status": "ok"}


def test_the_broker_is_asked_only_where_that_is_switched_on(maker: Maker, nobody_there: str) -> None:
    settings = {"celery.broker_url": f"redis://{nobody_there}/0"}
    with maker.registry(**settings) as registry:
        webtest.TestApp(registry.hub_test_app).get("/readyz", status=200)
    with maker.registry(**settings, **{"readyz.include_broker": "true"}) as registry:
        answer = webtest.TestApp(registry.hub_test_app).get("/readyz", status=503)
    assert answer.json["failures"] == {"broker": "ConnectionError"}


def test_a_plugin_says_that_its_part_is_not_ready(maker: Maker) -> None:
    def not_ready(_registry: Any) -> None:
        raise TimeoutError("with a secret in its text")

    def includeme(config: Any) -> None:
        config.add_readiness_check("far-away", not_ready)

    with maker.registry(Plugin("far", includeme)) as registry:
        answer = webtest.TestApp(registry.hub_test_app).get("/readyz", status=503)
    assert answer.json == {"status": "fail", "failures": {"far-away": "TimeoutError"}}
