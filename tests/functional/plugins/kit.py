"""Hubs with plugins that exist in a test alone, found as if they were installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

import pytest

from advisoryhub_core.plugins import loader
from tests.support.hub import close_registry, make_registry


@dataclass(frozen=True)
class Plugin:
    """An entry point: `load` returns what is included, or raises as an import would."""

    name: str
    includeme: Callable[[Any], None]
    broken: bool = False

    def load(self) -> Callable[[Any], None]:
        if self.broken:
            raise ImportError(f"no module named {self.name}_needs")
        return self.includeme


@contextmanager
def installed(*plugins: Plugin, builtin: bool = True) -> Iterator[None]:
    """Make these plugins findable, beside the installed ones unless `builtin` is false."""
    found = list(entry_points(group=loader.GROUP)) if builtin else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loader, "entry_points", lambda group: [*found, *plugins])
        yield


@dataclass
class Maker:
    """Configures applications on this run's servers."""

    postgres: Any
    redis_server: Any
    provider: Any

    @contextmanager
    def registry(
        self, *plugins: Plugin, builtin: bool = True, database: str = "template_hub", **settings: str
    ) -> Iterator[Any]:
        with installed(*plugins, builtin=builtin):
            made = make_registry(
                database_url=self.postgres.app_url(database),
                owner_url=self.postgres.owner_url(database),
                redis_url=self.redis_server.url,
                provider=self.provider,
                **settings,
            )
        try:
            yield made
        finally:
            close_registry(made)
