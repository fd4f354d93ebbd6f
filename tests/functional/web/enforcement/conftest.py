"""The application of the walk: as any other, but for limits that a walk through every address would reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.functional.plugins.kit import Maker
from tests.functional.web.enforcement.world import World
from tests.support.hub import Hub

OFTEN = "100000/minute"
LIMITS = ("comment", "grant", "preview", "publish")


@pytest.fixture(scope="session")
def _walked_registry(maker: Maker) -> Iterator[Any]:
    with maker.registry(**{f"ratelimit.{name}": OFTEN for name in LIMITS}) as made:
        yield made


@pytest.fixture(scope="module")
def walked_hub(
    _walked_registry: Any, maker: Maker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """One database for a module: no request of a walk changes it."""
    folder = tmp_path_factory.mktemp("walk")
    with ExitStack() as stack:
        hub = Hub.on_copy(_walked_registry, maker.postgres, maker.provider, folder)
        yield stack.enter_context(hub)


@pytest.fixture(scope="module")
def world(walked_hub: Hub) -> Callable[[str], World]:
    """Return the world of a role, made when it is first asked for."""
    made: dict[bool, World] = {}

    def of(role: str) -> World:
        mature = role == "mature team"
        if mature not in made:
            made[mature] = World(walked_hub, mature=mature)
        return made[mature]

    return of
