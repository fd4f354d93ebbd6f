"""The command `advisoryhub`: the core's commands, and those that plugins add."""

from __future__ import annotations

import sys
from typing import Any

import click
from pyramid.exceptions import ConfigurationError

from advisoryhub_cli import audit_commands, maintenance, operations, schema, seeding, settings_report, stack
from advisoryhub_cli.context import CLIContext
from advisoryhub_core.db.migrate import MigrationFailed
from advisoryhub_core.errors import HubError
from advisoryhub_core.plugins.extensions import extensions
from advisoryhub_core.plugins.loader import PluginFailed
from advisoryhub_core.settings import SettingsError


class HubGroup(click.Group):
    """Commands of the core, and lazily those of plugins, since finding them loads the application."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = cmd_name.replace("_", "-")
        return super().get_command(ctx, name) or self._from_plugins(ctx).get(name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._from_plugins(ctx)})

    def _from_plugins(self, ctx: click.Context) -> dict[str, click.Command]:
        context = ctx.ensure_object(CLIContext)
        context.ini = context.ini or ctx.params.get("ini")
        try:
            registry = context.registry
        except (SettingsError, PluginFailed, ConfigurationError, click.ClickException):
            return {}
        return {command.name: command for command in extensions(registry).commands}


@click.group(cls=HubGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    "ini",
    type=click.Path(dir_okay=False),
    envvar="ADVISORYHUB_INI",
    help="The ini file; default development.ini where there is one.",
)
@click.version_option(package_name="advisoryhub")
@click.pass_context
def cli(ctx: click.Context, ini: str | None) -> None:
    """AdvisoryHub: the private place where a report becomes a public advisory."""
    ctx.ensure_object(CLIContext).ini = ini


for _module in (audit_commands, maintenance, operations, schema, seeding, settings_report, stack):
    for _command in _module.COMMANDS:
        cli.add_command(_command)


def main(argv: list[str] | None = None) -> Any:
    """Run a command; exit 0 for success, 1 for failure with the reason in words, 2 for wrong usage."""
    try:
        cli.main(args=argv, prog_name="advisoryhub", standalone_mode=True)
    except SettingsError as error:
        _end("The configuration cannot be used:", *(f"  {problem}" for problem in error.problems))
    except (HubError, MigrationFailed, PluginFailed, ConfigurationError) as error:
        _end(str(error))


def _end(*lines: str) -> None:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1)
