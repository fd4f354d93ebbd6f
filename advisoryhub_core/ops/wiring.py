"""The operations slice: logging, health, maintenance mode."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.ops import logging as hub_logging


def includeme(config: Any) -> None:
    config.add_settings(hub_logging.ALL)
    config.action("advisoryhub.logging", hub_logging.configure_logging, (config.registry,))
    config.include("advisoryhub_core.ops.health")
    config.include("advisoryhub_core.ops.maintenance")
