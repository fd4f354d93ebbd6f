"""`audit verify`, `audit export` and `maintain-access-log-partitions` as an operator meets them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from advisoryhub_cli import audit_commands, schema
from advisoryhub_cli.context import CLIContext
from advisoryhub_core.acts import utc_now
from advisoryhub_core.audit.export import COLUMNS
from advisoryhub_core.audit.services import record
from tests.functional.audit.tampering import behind_the_triggers, connect, seal, write
from tests.support.hub import Hub


def run(hub: Hub, *arguments: str) -> Result:
    context = CLIContext()
    context.registry = hub.registry
    group, *rest = arguments
    command: Any = {
        "audit": audit_commands.audit,
        "maintain-access-log-partitions": audit_commands.maintain_partitions,
    }[group]
    return CliRunner().invoke(command, rest, obj=context)


def exported(hub: Hub, *arguments: str) -> list[dict[str, Any]]:
    result = run(hub, "audit", "export", *arguments)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.invariant("INV-AUDIT-7")
def test_verify_says_what_is_in_order(hub: Hub) -> None:
    assert "Nothing is sealed yet." in run(hub, "audit", "verify").stdout
    write(hub, "Ada")
    head = seal(hub).head
    write(hub, "Grace")
    result = run(hub, "audit", "verify", "--expect", str(head).upper())
    assert result.exit_code == 0
    assert f"Head: {head} (seal 1)" in result.stdout
    assert "Not sealed yet: 1." in result.stdout
    assert "The expected hash is that of seal 1." in result.stdout
    told = json.loads(run(hub, "audit", "verify", "--json").stdout)
    assert (told["ok"], told["unsealed"], told["head"], told["finding"]) == (True, 1, head, None)


@pytest.mark.invariant("INV-AUDIT-7")
def test_verify_names_the_first_bad_entry_and_exits_1(hub: Hub) -> None:
    ids = write(hub, "Ada", "Grace", "Edsger")
    seal(hub)
    with behind_the_triggers(hub) as connection:
        connection.execute("UPDATE audit_log SET new = '{}' WHERE id >= %s", [ids[-2]])
    result = run(hub, "audit", "verify")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"Changed value: Entry {ids[-2]}:" in result.stderr
    told = run(hub, "audit", "verify", "--json")
    assert told.exit_code == 1
    finding = json.loads(told.stdout)["finding"]
    assert (finding["problem"], finding["entry_id"], finding["seal"]) == ("changed value", ids[-2], 1)


@pytest.mark.invariant("INV-AUDIT-7")
def test_verify_compares_a_head_that_was_recorded_elsewhere(hub: Hub) -> None:
    write(hub, "Ada")
    seal(hub)
    result = run(hub, "audit", "verify", "--expect", "ab" * 32)
    assert result.exit_code == 1
    assert "Unexpected head" in result.stderr
    assert run(hub, "audit", "verify", "--expect", "abc").exit_code == 2


def test_verify_tells_of_a_prune(hub: Hub) -> None:
    with behind_the_triggers(hub) as connection:
        connection.execute("DELETE FROM audit_log")
        connection.execute("ALTER TABLE audit_log ENABLE TRIGGER audit_log_hashed")
        connection.execute("INSERT INTO audit_log (action, at) VALUES ('project.created', '2020-01-01')")
    seal(hub)
    with hub.system() as act:
        act.db.connection().exec_driver_sql("SELECT hub_prune_audit('2021-01-01', 2000, 'old', false)")
    assert "Pruned up to entry" in run(hub, "audit", "verify").stdout


def test_export_is_one_json_object_a_line(hub: Hub) -> None:
    member = hub.member(hub.project("tools.export"))
    advisory_id = hub.draft("tools.export", by=member)
    entry = next(entry for entry in exported(hub) if entry["action"] == "advisory.created")
    assert tuple(entry) == COLUMNS
    assert (entry["advisory"], entry["actor_id"]) == (advisory_id, member)
    assert entry["actor"].endswith("@example.org")
    assert isinstance(entry["metadata"], dict)
    assert len(entry["entry_hash"]) == 64


def test_export_since_a_time(hub: Hub) -> None:
    write(hub, "Ada")
    moment = utc_now()
    ids = write(hub, "Grace")
    assert [entry["id"] for entry in exported(hub, "--since", moment.isoformat())] == ids[-1:]
    naive = moment.replace(tzinfo=None).isoformat()
    assert [entry["id"] for entry in exported(hub, "--since", naive)] == ids[-1:]
    today = (moment - dt.timedelta(days=1)).date().isoformat()
    assert [entry["id"] for entry in exported(hub, "--since", today)] == ids
    wrong = run(hub, "audit", "export", "--since", "yesterday")
    assert wrong.exit_code == 2
    assert "2026-03-01" in wrong.output


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_csv_is_a_formula(hub: Hub, first: str) -> None:
    formula = f"{first}cmd|' /C calc'!A0"
    with hub.system() as act:
        record(act, "project.updated", previous=formula, new=-5, note=formula)
        object.__setattr__(act.origin, "user_agent", formula)
        record(act, "project.updated", previous={"a": 'x,"y"\nz'})
    result = run(hub, "audit", "export", "--format", "csv")
    assert result.exit_code == 0
    table = list(csv.DictReader(io.StringIO(result.stdout)))
    before, after = table[-2:]
    assert tuple(table[0]) == COLUMNS
    assert before["previous"] == f"'{formula}"
    assert before["new"] == "'-5"
    assert after["user_agent"] == f"'{formula}"
    assert json.loads(after["previous"]) == {"a": 'x,"y"\nz'}
    assert not [cell for row in table for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t"))]


@pytest.mark.invariant("INV-AUDIT-5")
def test_partitions_are_maintained_and_a_dry_run_changes_nothing(hub: Hub) -> None:
    assert run(hub, "maintain-access-log-partitions").stdout == "Nothing to do.\n"
    with hub.system() as act:
        act.db.connection().exec_driver_sql(
            "INSERT INTO access_log (action, at) VALUES ('advisory.viewed', '2020-01-31')"
        )
    name = "maintain-access-log-partitions"
    planned = run(hub, name, "--dry-run")
    assert planned.stdout == ("access_log_default: deleted (1 entries)\nA dry run: nothing was changed.\n")
    kept = json.loads(run(hub, name, "--dry-run", "--json", "--retention-days", "36500").stdout)
    assert kept == {
        "dry_run": True,
        "steps": [{"step": "drained", "partition": "access_log_2020_01", "entries": 1}],
    }
    assert run(hub, name).stdout == "access_log_default: deleted (1 entries)\n"
    assert run(hub, name, "--retention-days", "0").exit_code == 2


@pytest.mark.invariant("INV-AUDIT-5")
def test_migrating_beside_a_busy_access_log_says_so_and_succeeds(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hub.registry.settings, "sqlalchemy.owner_url", hub.registry.owner_url)
    context = CLIContext()
    context.registry = hub.registry
    with connect(hub.registry.admin_url) as reader:
        reader.execute("SELECT * FROM access_log")
        busy = CliRunner().invoke(schema.migrate, obj=context)
    assert (busy.exit_code, busy.stdout) == (0, "The schema is at head.\n")
    assert "in use" in busy.stderr
    assert CliRunner().invoke(schema.migrate, obj=context).stderr == ""


@pytest.mark.invariant("INV-AUDIT-5")
def test_retention_that_is_switched_off_drops_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "audit.access_log_retention_enabled", False)
    with hub.system() as act:
        act.db.connection().exec_driver_sql(
            "INSERT INTO access_log (action, at) VALUES ('advisory.viewed', '2020-01-31')"
        )
    name = "maintain-access-log-partitions"
    assert run(hub, name).stdout == "access_log_2020_01: drained (1 entries)\n"
    assert run(hub, name, "--retention-days", "90").stdout == "access_log_2020_01: dropped (1 entries)\n"
