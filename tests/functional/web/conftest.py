"""Applications configured differently from the shared one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.plugins.kit import Maker, Plugin
from tests.functional.web import odd
from tests.support.hub import Hub

HTTPS_URL = "https://hub.example.org"


@pytest.fixture(scope="session")
def maker(registry: Any, postgres: Any, redis_server: Any, provider: Any) -> Maker:
    """Configures applications; depends on `registry`, which migrates the template database."""
    return Maker(postgres, redis_server, provider)


@pytest.fixture(scope="session")
def _odd_registry(maker: Maker) -> Iterator[Any]:
    with maker.registry(Plugin("odd", odd.includeme)) as made:
        yield made


@pytest.fixture(scope="session")
def _https_registry(maker: Maker) -> Iterator[Any]:
    with maker.registry(**{"advisoryhub.base_url": HTTPS_URL}) as made:
        yield made


@pytest.fixture
def odd_hub(_odd_registry: Any, maker: Maker, tmp_path: Path) -> Iterator[Hub]:
    """A hub with views that misbehave below `/odd/`."""
    with Hub.on_copy(_odd_registry, maker.postgres, maker.provider, tmp_path) as running:
        yield running


@pytest.fixture
def https_hub(_https_registry: Any, maker: Maker, tmp_path: Path) -> Iterator[Hub]:
    """A hub whose base URL is https, as in production."""
    with Hub.on_copy(_https_registry, maker.postgres, maker.provider, tmp_path) as running:
        yield running
