"""Running the processes: web server, worker, scheduler."""

from __future__ import annotations

import click
import waitress

from advisoryhub_cli.context import CLIContext, pass_hub
from advisoryhub_core.app import main as make_app
from advisoryhub_core.web.settings import LISTEN


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=6543, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True)
@pass_hub
def serve(hub: CLIContext, port: int, threads: int) -> None:
    """Serve the web pages (the same application that pserve runs)."""
    app = make_app({}, **hub.ini_settings)
    waitress.serve(
        app,
        host=LISTEN.of(app.application.registry),
        port=port,
        threads=threads,
        ident=None,
        clear_untrusted_proxy_headers=False,
    )


@click.command()
@click.option("--beat", is_flag=True, help="Run the scheduler in this worker, too.")
@pass_hub
def worker(hub: CLIContext, *, beat: bool) -> None:
    """Run background jobs."""
    arguments = ["worker", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    if beat:
        arguments.append("--beat")
    hub.registry.celery.worker_main(arguments)


@click.command()
@pass_hub
def beat(hub: CLIContext) -> None:
    """Run the scheduler alone; exactly one of it in a deployment."""
    hub.registry.celery.start(["beat", "--loglevel=INFO"])


COMMANDS = (serve, worker, beat)
