"""INV-AUDIT-7: what is committed is sealed in order, once, whoever writes meanwhile."""

from __future__ import annotations

import threading
import time

import pytest
import structlog
from sqlalchemy.exc import DBAPIError

from advisoryhub_core.audit import tasks
from advisoryhub_core.audit.retention import seal_entries
from advisoryhub_core.db.migrate import downgrade, migrate
from advisoryhub_core.jobs.context import TaskContext
from tests.functional.audit.tampering import behind_the_triggers, check, connect, seal, write
from tests.support.hub import Hub

pytestmark = pytest.mark.invariant("INV-AUDIT-7")
WRITE = "INSERT INTO audit_log (action) VALUES ('project.updated') RETURNING id"


def test_sealing_takes_what_is_new_and_again_nothing(hub: Hub) -> None:
    before = len(write(hub, "Ada"))
    first = seal(hub)
    assert (first.seal, first.entries) == (1, before)
    again = seal(hub)
    assert (again.seal, again.entries, again.head) == (1, 0, first.head)
    write(hub, "Grace")
    second = seal(hub)
    assert (second.seal, second.entries) == (2, 1)
    assert second.head not in (None, first.head)


def test_an_empty_ledger_has_no_seal(hub: Hub) -> None:
    with behind_the_triggers(hub) as connection:
        connection.execute("DELETE FROM audit_log")
    assert (seal(hub).seal, seal(hub).entries, check(hub).head) == (None, 0, None)
    assert check(hub).ok


def test_the_task_seals_a_backlog_and_tells_the_log_the_head(hub: Hub) -> None:
    entries = len(write(hub, *(f"Person {number}" for number in range(1100))))
    with structlog.testing.capture_logs() as said:
        tasks.seal(TaskContext(hub.registry))
    sealed = [line for line in said if line["event"] == "audit_sealed"]
    assert [line["entries"] for line in sealed] == [1000, entries - 1000]
    report = check(hub)
    assert (report.sealed, report.unsealed) == (entries, 0)
    assert sealed[-1]["head"] == report.head


def test_a_writer_that_goes_on_makes_sealing_give_up_and_never_skips_its_entry(hub: Hub) -> None:
    """The open transaction has the lower id; the one after it commits first."""
    write(hub, "Ada")
    seal(hub)
    with connect(hub.registry.admin_url) as slow:
        lower = slow.execute(WRITE).fetchone()[0]  # type: ignore[index]
        higher = write(hub, "Grace")[-1]
        assert lower < higher
        started = time.monotonic()
        with hub.system() as act:
            assert seal_entries(act) is None
        assert time.monotonic() - started < 3
        with structlog.testing.capture_logs() as said:
            tasks.seal(TaskContext(hub.registry))
        assert [line["event"] for line in said] == ["audit_not_sealed"]
        assert check(hub).unsealed == 1
        slow.commit()
    assert seal(hub).entries == 2
    assert check(hub).ok


def test_sealing_waits_for_a_writer_that_ends_soon(hub: Hub) -> None:
    write(hub, "Ada")
    seal(hub)
    with connect(hub.registry.admin_url) as slow:
        slow.execute(WRITE)
        threading.Timer(0.15, slow.commit).start()
        assert seal(hub).entries == 1


def test_writers_need_not_wait_for_a_sealing_that_has_not_ended(hub: Hub) -> None:
    write(hub, "Ada")
    with hub.system() as act:
        assert seal_entries(act) is not None
        with connect(hub.registry.admin_url) as other:
            other.execute("SET lock_timeout = '100ms'")
            other.execute(WRITE)
    assert seal(hub).entries == 1
    assert check(hub).ok


def test_two_sealers_never_make_two_seals_of_the_same_entries(hub: Hub) -> None:
    write(hub, "Ada")
    with hub.system() as act:
        assert seal_entries(act) is not None
        with hub.system() as other:
            assert seal_entries(other) is None
    assert seal(hub).entries == 0


def test_a_snapshot_of_earlier_is_refused(hub: Hub) -> None:
    with hub.system() as act:
        act.db.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        attempt = act.db.begin_nested()
        with pytest.raises(DBAPIError, match="read committed"):
            seal_entries(act)
        attempt.rollback()


def test_entries_from_before_the_migration_are_hashed_by_it(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hub.registry.settings, "sqlalchemy.owner_url", hub.registry.owner_url)
    downgrade(hub.registry, "core_0011-1")
    project = hub.project()
    hub.draft(project)
    migrate(hub.registry)
    hub.draft(project)
    assert seal(hub).entries == len(hub.ledger())
    assert check(hub).ok


def test_the_beat_seals_every_minute(hub: Hub) -> None:
    entry = hub.registry.celery.conf.beat_schedule["audit.seal"]
    assert (entry["task"], entry["schedule"].total_seconds()) == ("audit.seal", 60)
