"""`maintenance`: the switch that holds changes back, from a shell."""

from __future__ import annotations

import json

import click

from advisoryhub_cli.context import CLIContext, pass_hub
from advisoryhub_core.ops.maintenance import current, set_maintenance


@click.command()
@click.argument("switch", type=click.Choice(["on", "off", "status"]))
@click.option("--message", default="", metavar="TEXT", help="What people read beside the notice, with `on`.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_hub
def maintenance(hub: CLIContext, switch: str, message: str, *, as_json: bool) -> None:
    """Hold changes back from everybody but administrators, or say whether they are held back."""
    if message and switch != "on":
        raise click.UsageError("--message goes with `on` alone.")
    changed = False
    with hub.system_act() as act:
        if switch != "status":
            changed = set_maintenance(act, enabled=switch == "on", message=message)
        state = current(act.db)
    figures = {
        "enabled": state is not None,
        "message": state.message if state else "",
        "since": state.since.isoformat(timespec="seconds") if state else None,
        "changed": changed,
    }
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    if state is None:
        click.echo("Maintenance mode is off.")
    else:
        click.echo(f"Maintenance mode is on since {figures['since']}.")
        if state.message:
            click.echo(state.message)


COMMANDS = (maintenance,)
