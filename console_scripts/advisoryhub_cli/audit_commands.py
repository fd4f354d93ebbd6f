"""`audit verify`, `audit export` and `maintain-access-log-partitions`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console

from advisoryhub_cli.context import CLIContext, pass_hub
from advisoryhub_core.audit import export as audit_export
from advisoryhub_core.audit.retention import maintain_access_log
from advisoryhub_core.audit.settings import access_log_days
from advisoryhub_core.audit.verification import Report, is_head
from advisoryhub_core.audit.verification import verify as verify_ledger

_FORMATS = {"jsonl": audit_export.json_lines, "csv": audit_export.csv_lines}


class _Moment(click.ParamType[dt.datetime]):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is no date or time; write 2026-03-01 or 2026-03-01T12:00:00+01:00", param, ctx
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _head(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not is_head(value):
        raise click.BadParameter("a head is 64 hexadecimal digits, as `audit verify` prints it")
    return value


@click.group()
def audit() -> None:
    """Check the ledger, or write it out."""


@audit.command()
@click.option(
    "--expect",
    callback=_head,
    metavar="HASH",
    help="A head that was recorded elsewhere: it must be in the chain.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_hub
def verify(hub: CLIContext, *, expect: str | None, as_json: bool) -> None:
    """Check every entry of the ledger against the seals; exit 1 and name the first that is wrong."""
    with hub.system_act() as act, _progress() as progress:
        report = verify_ledger(act, expect=expect, progress=progress)
    if as_json:
        click.echo(json.dumps({"ok": report.ok, **dataclasses.asdict(report)}, indent=2))
    else:
        for line in _lines(report):
            click.echo(line, err=not report.ok)
    if not report.ok:
        sys.exit(1)


@audit.command("export")
@click.option("--since", type=_Moment(), help="Only entries written then or later; UTC without a zone.")
@click.option("--format", "kind", type=click.Choice(sorted(_FORMATS)), default="jsonl", show_default=True)
@pass_hub
def export(hub: CLIContext, *, since: dt.datetime | None, kind: str) -> None:
    """Write the ledger's entries to standard output, oldest first."""
    with hub.system_act() as act:
        for line in _FORMATS[kind](act, since):
            click.echo(line)


@click.command("maintain-access-log-partitions")
@click.option(
    "--retention-days",
    type=click.IntRange(1, 36500),
    metavar="N",
    help="Drop months that ended longer ago; default: audit.access_log_retention_days, and nothing where"
    " audit.access_log_retention_enabled is false.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_hub
def maintain_partitions(hub: CLIContext, *, retention_days: int | None, dry_run: bool, as_json: bool) -> None:
    """Make the access log's coming months, and drop those that have expired."""
    days = retention_days if retention_days is not None else access_log_days(hub.registry)
    with hub.system_act() as act:
        steps = maintain_access_log(act, days, dry_run=dry_run)
    if as_json:
        told = {"dry_run": dry_run, "steps": [dataclasses.asdict(step) for step in steps]}
        click.echo(json.dumps(told, indent=2))
        return
    for step in steps:
        click.echo(f"{step.partition}: {step.step} ({step.entries} entries)")
    if dry_run:
        click.echo("A dry run: nothing was changed.")
    elif not steps:
        click.echo("Nothing to do.")


def _lines(report: Report) -> Iterator[str]:
    if report.finding is not None:
        yield f"{report.finding.problem.capitalize()}: {report.finding.message}"
        yield f"Before it, {report.sealed + report.unsealed} entries were found in order."
        return
    yield f"The ledger is what was sealed: {report.sealed} sealed entries in {report.seals} seals."
    yield f"Not sealed yet: {report.unsealed}. Rewritten for people who were forgotten: {report.replaced}."
    if report.checkpoint is not None:
        yield f"Pruned up to entry {report.checkpoint.last_entry_id}, seal {report.checkpoint.seal}."
    if report.expected_seal is not None:
        yield f"The expected hash is that of seal {report.expected_seal}."
    yield f"Head: {report.head} (seal {report.head_seal})" if report.head else "Nothing is sealed yet."


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how many more entries were read: a count on a terminal, else silence."""
    console = Console(stderr=True)
    read = 0

    def told(entries: int) -> None:
        nonlocal read
        read += entries
        status.update(f"{read:,} entries")

    with console.status("Reading the ledger") as status:
        yield told


COMMANDS = (audit, maintain_partitions)
