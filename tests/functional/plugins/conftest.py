"""Applications configured differently from the shared one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.plugins.kit import Maker


@pytest.fixture(scope="session")
def maker(registry: Any, postgres: Any, redis_server: Any, provider: Any) -> Maker:
    """Configures applications; depends on `registry`, which migrates the template database."""
    return Maker(postgres, redis_server, provider)
