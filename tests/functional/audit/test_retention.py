"""INV-AUDIT-1, INV-AUDIT-7: the ledger changes by pruning and forgetting alone, and both can be verified."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from advisoryhub_core.acts import utc_now
from advisoryhub_core.audit.retention import Pruned, Rewriting, prune_ledger, rewrite_entries
from advisoryhub_core.audit.services import record
from advisoryhub_core.audit.verification import Problem
from tests.functional.audit.tampering import TABLES, behind_the_triggers, check, connect, seal, write
from tests.support.hub import Hub

YEAR = dt.timedelta(days=365)
STATEMENTS = {
    "audit_log": "SET action = 'x'",
    "audit_seals": "SET hash = ''",
    "audit_replacements": "SET commitment = ''",
    "audit_checkpoints": "SET seal_hash = ''",
}


def write_long_ago(hub: Hub, days: int, *actions: str) -> None:
    """Write entries with a time that only the owner may give."""
    with connect(hub.registry.owner_url) as owner:
        for action in actions:
            owner.execute(
                "INSERT INTO audit_log (action, at, previous)"
                " VALUES (%s, now() - make_interval(days => %s), '{}')",
                [action, days],
            )


def prune(hub: Hub, *, dry_run: bool = False, older_than: dt.timedelta = YEAR) -> Pruned:
    with hub.system() as act:
        return prune_ledger(
            act,
            cutoff=utc_now() - older_than,
            horizon_days=older_than.days,
            reason="The retention period is over.",
            dry_run=dry_run,
        )


def forget(hub: Hub, *rewritings: Rewriting) -> int:
    with hub.system() as act:
        return rewrite_entries(act, rewritings, details={"reason": "asked for"})


def renamed(entry_id: int) -> Rewriting:
    """The values that `write` gave an entry, without the name."""
    return Rewriting(
        entry_id, {"previous": {"name": "nobody"}, "new": {"name": "nobody"}, "metadata": {"by": "nobody"}}
    )


def entry(hub: Hub, entry_id: int | None) -> Any:
    with hub.system() as act:
        return act.db.execute(text("SELECT * FROM audit_log WHERE id = :id"), {"id": entry_id}).one()


@pytest.fixture
def old(hub: Hub) -> Hub:
    """Two seals of old entries, one that is half old, and newer ones, over a ledger that was empty."""
    with behind_the_triggers(hub) as connection:
        connection.execute("DELETE FROM audit_log")
    write_long_ago(hub, 800, "project.created", "project.updated", "project.updated", "project.updated")
    seal(hub, 2)
    seal(hub, 2)
    write_long_ago(hub, 700, "project.updated")
    write(hub, "Ada")
    seal(hub, 2)
    write(hub, "Grace")
    seal(hub)
    return hub


@pytest.mark.invariant("INV-AUDIT-1")
@pytest.mark.parametrize("table", TABLES)
def test_no_statement_of_anybody_changes_the_ledger_or_its_seals(hub: Hub, table: str) -> None:
    ids = write(hub, "Ada")
    seal(hub)
    forget(hub, renamed(ids[-1]))
    write_long_ago(hub, 900, "project.updated")
    with behind_the_triggers(hub) as connection:
        connection.execute("INSERT INTO audit_checkpoints VALUES (0, '', 0, 0, 0)")
    statements = (f"UPDATE {table} {STATEMENTS[table]}", f"DELETE FROM {table}", f"TRUNCATE {table}")
    for url in (str(hub.registry.db_engine.url), hub.registry.owner_url, hub.registry.admin_url):
        for statement in statements:
            for before in ("SELECT 1", "SET advisoryhub.ledger_pass = 'prune'"):
                with connect(url) as connection:
                    connection.execute(before)  # type: ignore[arg-type]
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(statement)  # type: ignore[arg-type]
    with connect(hub.registry.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)  # type: ignore[arg-type]


@pytest.mark.invariant("INV-AUDIT-1")
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_log (action, at) VALUES ('x', now() - interval '1 day')",
        "INSERT INTO audit_log (action, entry_hash) VALUES ('x', '')",
        "INSERT INTO audit_log (id, action) OVERRIDING SYSTEM VALUE VALUES (-1, 'x')",
        "INSERT INTO audit_seals SELECT * FROM audit_seals",
        "INSERT INTO audit_replacements VALUES (1, 1, '')",
        "INSERT INTO audit_checkpoints VALUES (1, '', 1, 1, 1)",
        "SELECT hub_private.ledger_pass('prune')",
        "SELECT hub_prune_audit(now() - interval '900 days', 900, '', false)",
        "SELECT hub_forget_audit('[]', NULL, '{}')",
        "SELECT hub_maintain_access_log(1, false)",
    ],
)
def test_the_application_role_without_the_system_scope_can_do_none_of_it(hub: Hub, statement: str) -> None:
    with hub.as_nobody() as connection, pytest.raises(DBAPIError) as refused:
        connection.exec_driver_sql(statement)
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


@pytest.mark.invariant("INV-AUDIT-1")
def test_an_administrator_is_not_the_system(hub: Hub) -> None:
    with pytest.raises(DBAPIError, match="system scope"), hub.acting_for(hub.admin()) as act:
        rewrite_entries(act, [], details={})


@pytest.mark.invariant("INV-AUDIT-1")
@pytest.mark.parametrize("act_name", ["prune", "forget"])
def test_the_pass_ends_with_its_function(old: Hub, act_name: str) -> None:
    """Not even in the same transaction, as the owner of everything."""
    with old.system() as act:
        principal = act.db.scalar(text("SELECT current_setting('advisoryhub.principal')"))
        newest = act.db.scalar(text("SELECT max(id) FROM audit_log"))
    calls = {
        "prune": "SELECT hub_prune_audit(now() - interval '365 days', 365, 'r', false)",
        "forget": f"SELECT hub_forget_audit('[{{\"id\": {newest}}}]', NULL, '{{}}')",
    }
    statements = ("DELETE FROM audit_log", "UPDATE audit_log SET new = '1'", "DELETE FROM audit_seals")
    with connect(old.registry.owner_url) as owner:
        owner.execute("SELECT set_config('advisoryhub.principal', %s, false)", [principal])
        owner.execute(calls[act_name])  # type: ignore[arg-type]
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), owner.transaction():
                owner.execute(statement)  # type: ignore[arg-type]
    assert check(old).ok


@pytest.mark.invariant("INV-AUDIT-7")
def test_a_prune_takes_whole_seals_and_leaves_a_checkpoint(old: Hub) -> None:
    before = check(old)
    planned = prune(old, dry_run=True)
    assert (planned.entries, planned.entry_id) == (4, None)
    assert check(old) == before
    pruned = prune(old)
    assert (pruned.entries, pruned.last_entry_id) == (4, planned.last_entry_id)
    told = entry(old, pruned.entry_id)
    assert told.action == "audit.pruned"
    assert told.metadata["count"] == 4
    assert told.metadata["horizon_days"] == 365
    assert told.metadata["reason"] == "The retention period is over."
    assert utc_now() - dt.datetime.fromisoformat(told.metadata["cutoff"]) > YEAR
    after = check(old)
    assert after.ok
    assert (after.sealed, after.unsealed, after.seals) == (before.sealed - 4, 1, before.seals - 2)
    assert after.checkpoint is not None
    assert (after.checkpoint.seal, after.checkpoint.last_entry_id) == (2, pruned.last_entry_id)
    assert (after.head, after.head_seal) == (before.head, before.head_seal)
    assert check(old, expect=after.checkpoint.head).expected_seal == 2
    assert prune(old).entries == 0
    assert seal(old).seal == (before.head_seal or 0) + 1
    assert check(old).ok


@pytest.mark.invariant("INV-AUDIT-7")
def test_when_everything_sealed_is_pruned_the_chain_goes_on(hub: Hub) -> None:
    with behind_the_triggers(hub) as connection:
        connection.execute("DELETE FROM audit_log")
    write_long_ago(hub, 500, "project.created")
    head = seal(hub).head
    assert prune(hub).entries == 1
    report = check(hub)
    assert (report.ok, report.head, report.head_seal, report.seals) == (True, head, 1, 0)
    assert seal(hub).seal == 2
    assert check(hub).ok


def test_what_happened_lately_cannot_be_pruned(old: Hub) -> None:
    with pytest.raises(DBAPIError, match="last 90 days"):
        prune(old, older_than=dt.timedelta(days=89))


@pytest.mark.invariant("INV-AUDIT-7")
def test_a_ledger_that_was_tampered_with_is_not_pruned(old: Hub) -> None:
    with behind_the_triggers(old) as connection:
        connection.execute("DELETE FROM audit_log WHERE id = (SELECT min(id) FROM audit_log)")
    with pytest.raises(DBAPIError, match="audit verify"):
        prune(old)


@pytest.mark.invariant("INV-AUDIT-7")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_checkpoints SET seal_hash = sha256('')",
        "UPDATE audit_checkpoints SET pruned_entry_id = pruned_entry_id - 1",
        "DELETE FROM audit_checkpoints",
        "DELETE FROM audit_log WHERE action = 'audit.pruned'",
    ],
)
def test_a_checkpoint_is_what_its_prune_wrote_down(old: Hub, sql: str) -> None:
    prune(old)
    with behind_the_triggers(old) as connection:
        assert connection.execute(sql).rowcount == 1  # type: ignore[arg-type]
    finding = check(old).finding
    assert finding is not None
    assert finding.problem == Problem.BROKEN_CHAIN


@pytest.mark.invariant("INV-AUDIT-7")
def test_forgetting_rewrites_values_and_keeps_the_chain(hub: Hub) -> None:
    """Sealed or not, once or twice."""
    ids = write(hub, "Ada", "Ada", "Grace")
    seal(hub)
    unsealed = write(hub, "Ada")[-1]
    before = {entry_id: entry(hub, entry_id) for entry_id in ids}
    forgotten_id = forget(hub, renamed(ids[-3]), renamed(unsealed), renamed(ids[-2]))
    told = entry(hub, forgotten_id)
    assert (told.action, told.metadata["entries"], told.metadata["reason"]) == (
        "user.forgotten",
        3,
        "asked for",
    )
    now = entry(hub, ids[-3])
    assert now.previous == now.new == {"name": "nobody"}
    assert (now.commitment, now.entry_hash) == (before[ids[-3]].commitment, before[ids[-3]].entry_hash)
    assert now.salt != before[ids[-3]].salt
    assert entry(hub, ids[-1]) == before[ids[-1]]
    report = check(hub)
    assert (report.ok, report.replaced) == (True, 3)
    with connect(hub.registry.admin_url) as connection:
        rows = connection.execute("SELECT l::text FROM audit_log l").fetchall()
        rows += connection.execute("SELECT r::text FROM audit_replacements r").fetchall()
    assert "Ada" not in json.dumps(rows)
    forget(hub, Rewriting(ids[-3], {"new": None, "ip": "192.0.2.7", "user_agent": "none"}))
    again = entry(hub, ids[-3])
    assert (again.previous, again.new, str(again.ip)) == ({"name": "nobody"}, None, "192.0.2.7")
    seal(hub)
    report = check(hub)
    assert (report.ok, report.replaced, report.unsealed) == (True, 3, 0)


@pytest.mark.invariant("INV-AUDIT-7")
def test_forgetting_somebody_of_whom_the_ledger_tells_nothing_is_recorded_too(hub: Hub) -> None:
    forgotten_id = forget(hub)
    assert entry(hub, forgotten_id).metadata["entries"] == 0
    assert check(hub).ok


@pytest.mark.invariant("INV-AUDIT-7")
@pytest.mark.parametrize(
    "sql",
    [
        'UPDATE audit_log SET new = \'{"name": "somebody"}\' WHERE id = %(id)s',
        "UPDATE audit_replacements SET commitment = sha256('') WHERE entry_id = %(id)s",
        "UPDATE audit_replacements SET commitment = (SELECT commitment FROM audit_log WHERE id = %(id)s)",
        "UPDATE audit_log SET action = 'project.created' WHERE action = 'user.forgotten' AND id > %(id)s",
    ],
)
def test_a_replacement_other_than_the_recorded_one_is_found(hub: Hub, sql: str) -> None:
    entry_id = write(hub, "Ada")[-1]
    seal(hub)
    forget(hub, renamed(entry_id))
    with behind_the_triggers(hub) as connection:
        assert connection.execute(sql, {"id": entry_id}).rowcount == 1  # type: ignore[arg-type]
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.entry_id) == (Problem.UNRECORDED_REPLACEMENT, entry_id)


@pytest.mark.invariant("INV-AUDIT-7")
def test_a_replacement_that_nobody_recorded_is_found(hub: Hub) -> None:
    entry_id = write(hub, "Ada")[-1]
    seal(hub)
    forgotten_id = forget(hub)
    with behind_the_triggers(hub) as connection:
        connection.execute("UPDATE audit_log SET previous = '{}' WHERE id = %s", [entry_id])
        connection.execute(
            "INSERT INTO audit_replacements SELECT %s, id,"
            " hub_private.audit_commitment(salt, ip, user_agent, previous, new, metadata)"
            " FROM audit_log WHERE id = %s",
            [forgotten_id, entry_id],
        )
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.entry_id) == (Problem.UNRECORDED_REPLACEMENT, entry_id)


@pytest.mark.invariant("INV-AUDIT-7")
def test_a_replacement_that_was_taken_away_is_found(hub: Hub) -> None:
    entry_id = write(hub, "Ada")[-1]
    forget(hub, renamed(entry_id))
    with behind_the_triggers(hub) as connection:
        connection.execute("DELETE FROM audit_replacements")
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.entry_id) == (Problem.CHANGED_VALUE, entry_id)


@pytest.mark.invariant("INV-AUDIT-1")
@pytest.mark.parametrize(
    "which",
    [
        lambda ids: [Rewriting(ids[-1] + 999)],
        lambda ids: [Rewriting(ids[0]), Rewriting(ids[0])],
        lambda ids: [Rewriting(ids[0]), Rewriting(ids[-1], {"metadata": {}})],
    ],
    ids=["no such entry", "named twice", "tells of a forgetting"],
)
def test_what_cannot_be_rewritten_leaves_everything_as_it_was(
    hub: Hub, which: Callable[[list[int]], list[Rewriting]]
) -> None:
    write(hub, "Ada")
    forget(hub)
    ids = write(hub)
    before = [entry(hub, entry_id) for entry_id in ids]
    with pytest.raises(DBAPIError, match="cannot be rewritten"):
        forget(hub, *which(ids))
    assert [entry(hub, entry_id) for entry_id in write(hub)] == before


@pytest.mark.invariant("INV-AUDIT-7")
def test_prunes_and_forgettings_live_together(old: Hub) -> None:
    """The forgotten entry goes with a prune, the act of forgetting it stays, and goes with the next."""
    with old.system() as act:
        first = act.db.scalar(text("SELECT min(id) FROM audit_log"))
    forget(old, Rewriting(first, {"previous": {}}))
    prune(old)
    assert check(old).ok
    assert check(old).replaced == 0
    seal(old)
    with behind_the_triggers(old) as connection:
        left = connection.execute("SELECT count(*) FROM audit_replacements").fetchone()
    assert left == (1,)


@pytest.mark.invariant("INV-AUDIT-2")
def test_what_retention_writes_is_redacted(old: Hub) -> None:
    secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
    ids = write(old, "Ada")
    with old.system() as act:
        forgotten_id = rewrite_entries(
            act,
            [Rewriting(ids[-1], {"new": {"note": secret}, "user_agent": secret})],
            details={"reason": f"token={secret}"},
        )
        pruned = prune_ledger(act, cutoff=utc_now() - YEAR, horizon_days=365, reason=f"leaked {secret}")
    for entry_id in (ids[-1], forgotten_id, pruned.entry_id):
        assert secret not in str(entry(old, entry_id))
        assert "[redacted]" in str(entry(old, entry_id))
    assert check(old).ok


def test_record_knows_the_actions_of_retention(hub: Hub) -> None:
    with hub.system() as act:
        for action in ("audit.pruned", "user.forgotten"):
            record(act, action)
