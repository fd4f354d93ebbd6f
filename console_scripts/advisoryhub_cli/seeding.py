"""`seed-demo`: projects, people and advisories in every state, and as many more as a benchmark needs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy import func, select

from advisoryhub_cli.context import CLIContext, pass_hub
from advisoryhub_cli.demo import reset as hub_reset
from advisoryhub_cli.demo.advisories import STORIES
from advisoryhub_cli.demo.bulk import PROJECTS as GENERATED_PROJECTS
from advisoryhub_cli.demo.bulk import Generator
from advisoryhub_cli.demo.progress import progress
from advisoryhub_cli.demo.projects import add_projects
from advisoryhub_cli.demo.telling import Publisher, Telling, steps_of
from advisoryhub_core.acts import utc_now
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.states import State
from advisoryhub_core.jobs.context import TaskContext

_PUBLISHING = "publishing"


@click.command("seed-demo")
@click.option("--if-empty", is_flag=True, help="Do nothing where there is any project besides unsorted.")
@click.option(
    "--reset",
    is_flag=True,
    help="Empty the hub first: drop the schema, make it again and end all sessions. The publication"
    " repository keeps what is in it.",
)
@click.option(
    "--with-publish-repo",
    "repository",
    type=click.Path(file_okay=False, path_type=Path),
    help="Push published advisories to this bare Git repository, made if absent, instead of the"
    " configured one.",
)
@click.option(
    "--size",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help=f"Add N generated advisories over {GENERATED_PROJECTS} projects, for benchmarks. They are inserted"
    " directly: the published ones among them have never been pushed, and the reports came from nobody.",
)
@click.option(
    "--ledger",
    type=click.IntRange(min=1, max=1000),
    default=1,
    show_default=True,
    metavar="N",
    help="With --size: ledger entries for each generated advisory on average, but at least those that its"
    " state needs (one to five).",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was added as JSON.")
@pass_hub
def seed_demo(
    hub: CLIContext,
    repository: Path | None,
    *,
    if_empty: bool,
    reset: bool,
    size: int,
    ledger: int,
    as_json: bool,
) -> None:
    """Fill the hub with invented projects, people and advisories spread over a year.

    Refused in production. In a hub that has projects already, use --reset to start over, or --size alone to
    add generated advisories to what is there.
    """
    registry = hub.registry
    hub_reset.refuse_in_production(registry)
    if reset and if_empty:
        raise click.UsageError("--reset and --if-empty contradict each other: give one of them.")
    if not reset:
        hub_reset.require_schema(registry)
    starts_over = reset or hub_reset.is_empty(registry)
    if if_empty and not starts_over:
        _report({"seeded": False}, ["There are projects already; nothing was changed."], as_json=as_json)
        return
    if not starts_over and not size:
        raise click.ClickException(
            "There are projects already. Use --reset to start over with demo data alone, or --if-empty to"
            " leave such a hub as it is."
        )
    started = time.monotonic()
    telling = _tell(registry, repository, reset=reset) if starts_over else None
    if size:
        with progress("Generated advisories", size) as advance:
            Generator(registry, now=utc_now(), ledger=ledger).run(size, advance)
    seconds = time.monotonic() - started
    _report_what_is_there(registry, telling, size=size, seconds=seconds, as_json=as_json)


def _tell(registry: Any, repository: Path | None, *, reset: bool) -> Telling:
    # The repository is looked at first: a hub is not emptied for a command that then fails.
    with _publisher(registry, repository) as publish:
        if reset:
            hub_reset.empty(registry)
        with TaskContext(registry).system() as act:
            add_projects(act)
        telling = Telling(registry, publish)
        with progress("Demo acts", steps_of(STORIES)) as advance:
            telling.tell(STORIES, advance)
    return telling


@contextmanager
def _publisher(registry: Any, path: Path | None) -> Iterator[Publisher | None]:
    """Yield what publishes an advisory, or None without the plugin or without a repository."""
    if _PUBLISHING not in registry.hub_plugins:
        if path is not None:
            raise click.UsageError("--with-publish-repo needs the plugin publishing, which is not loaded.")
        yield None
        return
    # Only now: the plugin is removable.
    from advisoryhub_cli.demo import publishing  # noqa: PLC0415

    with publishing.repository(registry, path) as usable:
        yield publishing if usable else None


def _report_what_is_there(
    registry: Any, telling: Telling | None, *, size: int, seconds: float, as_json: bool
) -> None:
    with TaskContext(registry).system() as act:
        counted = act.db.execute(select(Advisory.state, func.count().label("rows")).group_by(Advisory.state))
        found = {row.state: row.rows for row in counted}
    states = {state.value: found.get(state, 0) for state in State}
    lines = [
        f"Advisories in the hub: {', '.join(f'{count:,} {state}' for state, count in states.items())}.",
        f"Done in {seconds:.1f} s.",
    ]
    figures: dict[str, Any] = {
        "seeded": telling is not None,
        "generated": size,
        "advisories": states,
        "left_as_drafts": telling.unpublished if telling else 0,
        "failed_publications": telling.failures if telling else [],
        "seconds": round(seconds, 1),
    }
    if telling is not None and telling.unpublished:
        lines.insert(
            0,
            "No publication repository is configured, or publishing is not loaded: advisories that would be"
            f" published ({telling.unpublished} publications) were left as drafts.",
        )
    _report(figures, lines, as_json=as_json)
    if telling is not None and telling.failures:
        raise click.ClickException(
            f"{len(telling.failures)} publications failed and their advisories were left as they were. The"
            f" first said: {telling.failures[0]}"
        )


def _report(figures: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    click.echo(json.dumps(figures, indent=2) if as_json else "\n".join(lines))


COMMANDS = (seed_demo,)
