"""`migrate`: the schema to head, what must always exist in it, and the access log's coming months."""

from __future__ import annotations

import sys

import click

from advisoryhub_cli.context import CLIContext, pass_hub
from advisoryhub_core.accounts.settings import ADMIN_GROUP
from advisoryhub_core.audit.retention import LogBusy, maintain_access_log
from advisoryhub_core.audit.settings import access_log_days
from advisoryhub_core.db.migrate import migrate as run_migrations
from advisoryhub_core.db.migrate import owner_engine, pending
from advisoryhub_core.projects.services import ensure_unsorted


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a migration is pending.")
@pass_hub
def migrate(hub: CLIContext, *, check: bool) -> None:
    """Bring the database schema to head."""
    registry = hub.registry
    if check:
        engine = owner_engine(registry)
        with engine.connect() as connection:
            waiting = pending(registry, connection)
        engine.dispose()
        if waiting:
            click.echo(
                f"Pending migrations up to: {', '.join(waiting)}. Run `advisoryhub migrate`.", err=True
            )
            sys.exit(1)
        click.echo("The schema is at head.")
        return
    run_migrations(registry)
    with hub.system_act() as act:
        ensure_unsorted(act.db, ADMIN_GROUP.of(registry))
    try:
        with hub.system_act() as act:
            maintain_access_log(act, access_log_days(registry))
    except LogBusy as error:
        # The schema is there, entries go to the default partition, and the worker will make up for it.
        click.echo(error.message, err=True)
    click.echo("The schema is at head.")


COMMANDS = (migrate,)
