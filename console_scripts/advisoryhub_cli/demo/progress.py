"""Progress of a long command: a bar on a terminal, a line now and then in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import Progress

_LINES = 10


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that is told how many more of `total` are done; speaks on standard error."""
    console = Console(stderr=True)
    if console.is_terminal:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task(label, total=total)
            yield lambda done: bar.advance(task, done)
        return
    yield _Lines(label, total)


class _Lines:
    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._said = 0

    def __call__(self, done: int) -> None:
        self._done += done
        part = self._done * _LINES // self._total if self._total else _LINES
        if part > self._said:
            self._said = part
            click.echo(f"{self._label}: {self._done} of {self._total}", err=True)
