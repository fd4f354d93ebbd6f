"""Applications with other plugins than the shared one's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.functional.plugins.kit import Maker, Plugin
from tests.support.hub import Hub

MakeHub = Callable[..., AbstractContextManager[Hub]]


@pytest.fixture(scope="session")
def maker(registry: Any, postgres: Any, redis_server: Any, provider: Any) -> Maker:
    """Configures applications; depends on `registry`, which migrates the template database."""
    return Maker(postgres, redis_server, provider)


@pytest.fixture
def make_hub(maker: Maker, tmp_path: Path) -> MakeHub:
    @contextmanager
    def made(*plugins: Plugin, builtin: bool = True, **settings: str) -> Iterator[Hub]:
        with (
            maker.registry(*plugins, builtin=builtin, **settings) as registry,
            Hub.on_copy(registry, maker.postgres, maker.provider, tmp_path) as hub,
        ):
            yield hub

    return made
