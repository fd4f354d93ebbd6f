"""Messages to workers: after commit, at no cost to the request, run again where that helps."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import redis
from celery.contrib.testing.worker import start_worker
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import select, text

from advisoryhub_core.jobs.queue import enqueue, send
from advisoryhub_core.plugins.api import Resource, RetryLater, Root, TaskContext
from advisoryhub_embedded.redis import free_port
from advisoryhub_publishing.models import PublicationTask, TaskStatus
from tests.functional.jobs.conftest import MakeHub
from tests.functional.plugins.kit import Plugin
from tests.support.hub import Hub, csrf

QUEUE = "advisoryhub"


class Odd:
    """A plugin with tasks that go wrong, and a page that asks for one; counts its runs."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, str]] = []

    def later(self, context: TaskContext, times: int) -> None:
        self.runs.append(("later", context.delivery_id))
        if len(self.runs) <= times:
            raise RetryLater("not yet", seconds=0)

    def conflict(self, context: TaskContext, times: int) -> None:
        self.runs.append(("conflict", context.delivery_id))
        with context.system() as act:
            act.db.execute(text("CREATE TABLE IF NOT EXISTS pg_temp.written (run int)"))
            if len(self.runs) <= times:
                act.db.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    def broken(self, context: TaskContext) -> None:
        self.runs.append(("broken", context.delivery_id))
        raise RuntimeError("a mistake of ours")

    def page(self, _context: Any, request: Any) -> Any:
        enqueue(request.act_as(request.identity), "odd.later", 0)
        if request.GET.get("fail"):
            raise RuntimeError("after the message was asked for")
        return request.response

    def includeme(self, config: Any) -> None:
        for name in ("later", "conflict", "broken"):
            config.add_task(f"odd.{name}", getattr(self, name))
        config.add_resource_child(Root, "odd", Resource)
        config.add_view(
            self.page, context=Resource, name="ask", permission=NO_PERMISSION_REQUIRED, request_method="GET"
        )


@pytest.fixture
def odd() -> Odd:
    return Odd()


def plugin(odd: Odd) -> Plugin:
    return Plugin("odd", odd.includeme)


def waiting(broker_url: str) -> list[dict[str, Any]]:
    with redis.Redis.from_url(broker_url) as connection:
        return [json.loads(raw) for raw in connection.lrange(QUEUE, 0, -1)]


def work_until(hub: Hub, odd: Odd, runs: int, seconds: float = 20) -> None:
    """Run a real worker in a thread until the tasks have run so often, and a little longer."""
    # A worker that starts takes open connections for those of its parent process, and drops them.
    hub.registry.db_engine.dispose()
    with start_worker(hub.registry.celery, pool="solo", perform_ping_check=False, loglevel="ERROR"):
        end = time.monotonic() + seconds
        while len(odd.runs) < runs and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.3)
    assert len(odd.runs) == runs


def ask_and_fail(hub: Hub) -> None:
    with hub.system() as act:
        enqueue(act, "odd.later", 0)
        raise ZeroDivisionError


@pytest.mark.invariant("INV-PUB-5")
def test_a_message_is_sent_after_commit_and_never_after_a_rollback(
    make_hub: MakeHub, odd: Odd, broker_url: str
) -> None:
    with make_hub(plugin(odd)) as hub:
        with hub.system() as act:
            enqueue(act, "odd.later", 0)
            assert waiting(broker_url) == []
        assert len(waiting(broker_url)) == 1
        with pytest.raises(ZeroDivisionError):
            ask_and_fail(hub)
        browser = hub.browser_as(hub.person())
        browser.get("/odd/ask/?fail=1", status=500)
        assert len(waiting(broker_url)) == 1
        browser.get("/odd/ask/", status=200, headers={"X-Request-ID": "the-click-of-a-button"})
        newest = waiting(broker_url)[0]
        assert newest["headers"]["hub_request_id"] == "the-click-of-a-button"


def test_messages_are_json_and_carry_ids_alone(make_hub: MakeHub, odd: Odd, broker_url: str) -> None:
    with make_hub(plugin(odd)) as hub:
        send(hub.registry, "odd.later", (3,), None)
        (message,) = waiting(broker_url)
        assert message["content-type"] == "application/json"
        assert list(hub.registry.celery.conf.accept_content) == ["json"]


def test_a_message_that_is_not_json_is_never_opened(make_hub: MakeHub, odd: Odd, broker_url: str) -> None:
    with make_hub(plugin(odd)) as hub:
        hub.registry.celery.send_task("odd.later", args=(0,), serializer="yaml", queue=QUEUE)
        assert waiting(broker_url)[0]["content-type"] == "application/x-yaml"
        send(hub.registry, "odd.later", (0,), None)
        work_until(hub, odd, runs=1)
        assert waiting(broker_url) == []


def test_a_task_that_asks_for_it_is_run_again_as_the_same_delivery(make_hub: MakeHub, odd: Odd) -> None:
    with make_hub(plugin(odd)) as hub:
        send(hub.registry, "odd.later", (2,), None)
        work_until(hub, odd, runs=3)
        assert len(set(odd.runs)) == 1


def test_a_task_that_never_stops_asking_is_given_up(make_hub: MakeHub, odd: Odd) -> None:
    with make_hub(plugin(odd)) as hub:
        send(hub.registry, "odd.later", (99,), None)
        work_until(hub, odd, runs=6)


def test_a_serialization_conflict_is_run_again(make_hub: MakeHub, odd: Odd) -> None:
    with make_hub(plugin(odd)) as hub:
        send(hub.registry, "odd.conflict", (1,), None)
        work_until(hub, odd, runs=2)


def test_a_mistake_is_not_run_again(make_hub: MakeHub, odd: Odd) -> None:
    with make_hub(plugin(odd)) as hub:
        send(hub.registry, "odd.broken", (), None)
        work_until(hub, odd, runs=1)


@pytest.mark.invariant("INV-PUB-5")
def test_a_broker_that_is_down_costs_the_message_and_not_the_request(make_hub: MakeHub) -> None:
    with make_hub(**{"celery.broker_url": f"redis://127.0.0.1:{free_port()}/0"}) as hub:
        project = hub.project(mature=True)
        member = hub.member(project)
        advisory_id = hub.draft(project, by=member)
        browser = hub.browser_as(member)
        path = f"/advisories/{advisory_id}/publish/"
        token = csrf(browser.get(path))
        started = time.monotonic()
        browser.post(path, {"csrf_token": token, "confirm": advisory_id}, status=303)
        assert time.monotonic() - started < 5
        with hub.system() as act:
            task = act.db.scalars(select(PublicationTask)).one()
            assert (task.status, task.attempts) == (TaskStatus.QUEUED, 0)
        assert "publication.requested" in hub.ledger(advisory_id)


def test_every_task_has_limits_and_every_beat_entry_a_task(registry: Any) -> None:
    conf = registry.celery.conf
    assert (
        0
        < conf.task_soft_time_limit
        < conf.task_time_limit
        < conf.broker_transport_options["visibility_timeout"]
    )
    for name, task in registry.celery.tasks.items():
        if name.startswith("celery."):
            continue
        soft = task.soft_time_limit or conf.task_soft_time_limit
        hard = task.time_limit or conf.task_time_limit
        assert soft < hard < conf.broker_transport_options["visibility_timeout"], name
    for name, entry in conf.beat_schedule.items():
        assert entry["task"] in registry.celery.tasks, name
    run = registry.celery.tasks["publishing.run"]
    assert run.acks_late
    assert run.reject_on_worker_lost
