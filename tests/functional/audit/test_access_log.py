"""INV-AUDIT-5: ephemeral events go to months of the access log, which are there in time and go in time."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import psycopg
import pytest
import structlog
from sqlalchemy import text

from advisoryhub_core.acts import utc_now
from advisoryhub_core.audit import tasks
from advisoryhub_core.audit.actions import Tier, audit_actions
from advisoryhub_core.audit.retention import LogBusy, MaintenanceStep, maintain_access_log
from advisoryhub_core.audit.services import record
from advisoryhub_core.jobs.context import RetryLater, TaskContext
from tests.functional.audit.tampering import connect
from tests.functional.db.test_row_level_security import app_connection, as_system
from tests.support.hub import Hub

pytestmark = pytest.mark.invariant("INV-AUDIT-5")

INSERT = "INSERT INTO access_log (action, at) VALUES ('advisory.viewed', %s)"


def months(hub: Hub) -> list[str]:
    """The partitions there are, the default one not counted."""
    with connect(hub.registry.admin_url) as connection:
        rows = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'access_log'::regclass"
        )
        return sorted(row[0] for row in rows if row[0] != "access_log_default")


def named(month: dt.datetime) -> str:
    return f"access_log_{month:%Y_%m}"


def month_from_now(offset: int) -> dt.datetime:
    """The 15th of a month, at noon."""
    now = utc_now()
    index = now.year * 12 + now.month - 1 + offset
    return dt.datetime(index // 12, index % 12 + 1, 15, 12, tzinfo=dt.UTC)


def in_default(hub: Hub) -> int:
    with connect(hub.registry.admin_url) as connection:
        return connection.execute("SELECT count(*) FROM access_log_default").fetchone()[0]  # type: ignore[index]


def maintain(hub: Hub, days: int | None = 90, *, dry_run: bool = False) -> list[MaintenanceStep]:
    with hub.system() as act:
        return maintain_access_log(act, days, dry_run=dry_run)


def viewed(hub: Hub, *times: dt.datetime) -> None:
    with app_connection(hub) as connection:
        for at in times:
            connection.execute(INSERT, [at])


def without_months(hub: Hub) -> None:
    """As if maintenance had never run."""
    with connect(hub.registry.owner_url) as owner:
        for name in months(hub):
            owner.execute(f"DROP TABLE {name}")  # type: ignore[arg-type]


def test_an_ephemeral_action_is_in_the_access_log_and_not_on_the_ledger(hub: Hub) -> None:
    with hub.system() as act:
        before = act.db.scalar(text("SELECT count(*) FROM audit_log"))
        record(act, "advisory.viewed", where="list")
        assert act.db.scalar(text("SELECT count(*) FROM audit_log")) == before
        row = act.db.execute(text("SELECT action, metadata, tableoid::regclass::text FROM access_log")).one()
    assert tuple(row) == ("advisory.viewed", {"where": "list"}, named(utc_now()))


def test_no_ephemeral_action_is_on_a_timeline(hub: Hub) -> None:
    ephemeral = [action for action in audit_actions(hub.registry).values() if action.ephemeral]
    assert {action.name for action in ephemeral} >= {"advisory.viewed", "auth.signed_in"}
    assert all(action.tier is Tier.HIDDEN for action in ephemeral)


def test_migrating_leaves_this_month_and_three_more(hub: Hub) -> None:
    assert months(hub) == [named(month_from_now(offset)) for offset in range(4)]
    with connect(hub.registry.admin_url) as connection:
        bounds = connection.execute(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = %s", [named(utc_now())]
        ).fetchone()
    first, following = (month_from_now(offset).strftime("%Y-%m-01 00:00:00+00") for offset in (0, 1))
    assert bounds == (f"FOR VALUES FROM ('{first}') TO ('{following}')",)
    assert maintain(hub) == []


def test_a_missed_run_fails_no_insert_and_is_made_up_for(hub: Hub) -> None:
    without_months(hub)
    times = [month_from_now(-1), utc_now(), month_from_now(2)]
    viewed(hub, *times)
    assert in_default(hub) == 3
    steps = maintain(hub)
    assert [(step.partition, step.step, step.entries) for step in steps] == [
        (named(month_from_now(-1)), "drained", 1),
        (named(month_from_now(0)), "drained", 1),
        (named(month_from_now(1)), "created", 0),
        (named(month_from_now(2)), "drained", 1),
        (named(month_from_now(3)), "created", 0),
    ]
    assert in_default(hub) == 0
    with hub.system() as act:
        assert list(act.db.scalars(text("SELECT at FROM access_log ORDER BY at"))) == times
        record(act, "auth.signed_in")
        ids = list(act.db.scalars(text("SELECT id FROM access_log ORDER BY id")))
    assert len(ids) == len(set(ids)) == 4
    assert in_default(hub) == 0


def test_the_ends_of_a_month_are_where_they_belong(hub: Hub) -> None:
    without_months(hub)
    ends = month_from_now(1).replace(day=1, hour=0)
    viewed(hub, ends - dt.timedelta(microseconds=1), ends)
    maintain(hub)
    with hub.system() as act:
        homes = list(act.db.scalars(text("SELECT tableoid::regclass::text FROM access_log ORDER BY at")))
    assert homes == [named(month_from_now(0)), named(month_from_now(1))]


def test_what_is_far_in_the_future_waits_in_the_default_partition(hub: Hub) -> None:
    viewed(hub, month_from_now(40))
    assert maintain(hub) == []
    assert in_default(hub) == 1


def test_expired_months_are_dropped_and_no_other(hub: Hub) -> None:
    viewed(hub, month_from_now(-1), month_from_now(-7), month_from_now(-7), month_from_now(-30))
    maintain(hub, None)
    kept = months(hub)
    assert named(month_from_now(-30)) in kept
    days = (utc_now() - month_from_now(-6).replace(day=20)).days
    planned = maintain(hub, days, dry_run=True)
    assert months(hub) == kept
    assert maintain(hub, days) == planned
    assert [(step.partition, step.step, step.entries) for step in planned] == [
        (named(month_from_now(-30)), "dropped", 1),
        (named(month_from_now(-7)), "dropped", 2),
    ]
    assert months(hub) == [named(month_from_now(offset)) for offset in (-1, 0, 1, 2, 3)]
    viewed(hub, month_from_now(-30), month_from_now(-1))
    assert maintain(hub, days) == [MaintenanceStep("deleted", "access_log_default", 1)]


def test_a_dry_run_over_a_full_default_partition_changes_nothing(hub: Hub) -> None:
    without_months(hub)
    viewed(hub, utc_now(), month_from_now(-12))
    planned = maintain(hub, 90, dry_run=True)
    assert (months(hub), in_default(hub)) == ([], 2)
    assert maintain(hub, 90) == planned


def test_a_partition_asked_directly_tells_nothing(hub: Hub) -> None:
    """Neither by privilege, nor, if somebody granted one, by row-level security."""
    viewed(hub, utc_now(), month_from_now(40))
    for table in (*months(hub), "access_log_default"):
        with app_connection(hub) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_system(connection, f"SELECT * FROM {table}")
        with connect(hub.registry.owner_url) as owner:
            owner.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO advisoryhub_app")  # type: ignore[arg-type]
        with app_connection(hub) as connection:
            as_system(connection, "SELECT 1")
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # type: ignore[arg-type]
    with app_connection(hub) as connection:
        assert connection.execute("SELECT count(*) FROM access_log").fetchone() == (0,)
        as_system(connection, "SELECT 1")
        assert connection.execute("SELECT count(*) FROM access_log").fetchone() == (2,)


def test_an_access_log_in_use_is_tried_again_and_left_as_it_was(hub: Hub) -> None:
    without_months(hub)
    with connect(hub.registry.admin_url) as slow:
        slow.execute("SELECT * FROM access_log")
        with pytest.raises(LogBusy):
            maintain(hub)
        with pytest.raises(RetryLater):
            tasks.partitions(TaskContext(hub.registry))
        slow.rollback()
    tasks.partitions(TaskContext(hub.registry))
    assert len(months(hub)) == 4


def test_the_task_keeps_what_the_settings_say(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    viewed(hub, month_from_now(-8))
    settings: dict[str, Any] = hub.registry.settings
    assert (settings["audit.access_log_retention_days"], settings["audit.access_log_retention_enabled"]) == (
        90,
        True,
    )
    monkeypatch.setitem(settings, "audit.access_log_retention_enabled", False)
    tasks.partitions(TaskContext(hub.registry))
    assert named(month_from_now(-8)) in months(hub)
    monkeypatch.setitem(settings, "audit.access_log_retention_enabled", True)
    monkeypatch.setitem(settings, "audit.access_log_retention_days", 1000)
    tasks.partitions(TaskContext(hub.registry))
    assert named(month_from_now(-8)) in months(hub)
    monkeypatch.setitem(settings, "audit.access_log_retention_days", 90)
    with structlog.testing.capture_logs() as said:
        tasks.partitions(TaskContext(hub.registry))
    assert [(line["step"], line["entries"]) for line in said] == [("dropped", 1)]
    assert named(month_from_now(-8)) not in months(hub)


def test_the_beat_maintains_at_least_once_a_day(hub: Hub) -> None:
    entry = hub.registry.celery.conf.beat_schedule["audit.partitions"]
    assert entry["task"] == "audit.partitions"
    assert entry["schedule"] <= dt.timedelta(days=1)


def test_the_months_have_no_gap(hub: Hub) -> None:
    starts = [dt.datetime.strptime(name[-7:], "%Y_%m").replace(tzinfo=dt.UTC) for name in months(hub)]
    assert all(dt.timedelta(27) < later - earlier < dt.timedelta(32) for earlier, later in pairwise(starts))
