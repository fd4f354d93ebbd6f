"""Hubs with brokers and tasks of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.functional.plugins.kit import Maker, Plugin
from tests.support.hub import Hub

MakeHub = Callable[..., AbstractContextManager[Hub]]

# Nothing else in the suite uses it, so nobody else's messages are in it.
BROKER_DATABASE = 7


@pytest.fixture(scope="session")
def maker(registry: Any, postgres: Any, redis_server: Any, provider: Any) -> Maker:
    """Configures applications; depends on `registry`, which migrates the template database."""
    return Maker(postgres, redis_server, provider)


@pytest.fixture
def broker_url(redis_server: Any) -> str:
    """An empty Redis database for messages."""
    url = redis_server.url.removesuffix("/0") + f"/{BROKER_DATABASE}"
    with redis.Redis.from_url(url) as connection:
        connection.flushdb()
    return url


@pytest.fixture
def make_hub(maker: Maker, broker_url: str, tmp_path: Path) -> MakeHub:
    @contextmanager
    def made(*plugins: Plugin, **settings: str) -> Iterator[Hub]:
        options = {"celery.broker_url": broker_url, **settings}
        with (
            maker.registry(*plugins, **options) as registry,
            Hub.on_copy(registry, maker.postgres, maker.provider, tmp_path) as hub,
        ):
            yield hub

    return made
