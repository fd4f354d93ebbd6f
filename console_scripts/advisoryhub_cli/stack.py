"""`up`: the whole embedded stack under one process."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from advisoryhub_cli.context import CLIContext, pass_hub


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=6543, show_default=True)
@click.option("--demo/--no-demo", default=True, help="Seed demo data into an empty database.")
@pass_hub
def up(hub: CLIContext, port: int, *, demo: bool) -> None:
    """Start everything the hub needs, and the hub, until Ctrl-C."""
    try:
        # Here, because the embedded stack is an extra that production does not install.
        from advisoryhub_embedded.up import up as run_stack  # noqa: PLC0415
    except ImportError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(run_stack(hub.ini_path, port=port, demo=demo, data_dir=Path("var")))


COMMANDS = (up,)
