"""Finding plugins by entry point and including them in the order that the setting gives."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import structlog

from advisoryhub_core.settings import Setting, boolean, words

log = structlog.get_logger(__name__)

GROUP = "advisoryhub.plugins"

PLUGINS = Setting[tuple[str, ...]](
    key="advisoryhub.plugins",
    env="ADVISORYHUB_PLUGINS",
    parse=words(),
    default=("*",),
    help="Plugins to load, in this order; * for all that are installed, none for none.",
)
PLUGINS_STRICT = Setting(
    key="advisoryhub.plugins_strict",
    env="ADVISORYHUB_PLUGINS_STRICT",
    parse=boolean(),
    default=True,
    help="Refuse to start when a plugin cannot be loaded, instead of starting without it.",
)
ALL = (PLUGINS, PLUGINS_STRICT)


class PluginFailed(Exception):
    """A plugin is missing or raised while loading; the message names it."""


def load_plugins(config: Any) -> list[str]:
    """Include every selected plugin and return their names.

    Raises `PluginFailed` for the first one that is missing or cannot be imported or included. With
    `advisoryhub.plugins_strict` off, one that cannot be imported is logged and left out.
    """
    loaded: list[str] = []
    for name, entry_point in _selected(PLUGINS.of(config.registry)):
        try:
            module = entry_point.load()
        except Exception as error:
            if PLUGINS_STRICT.of(config.registry):
                raise PluginFailed(f"plugin {name} cannot be loaded: {error}") from error
            log.exception("plugin_left_out", plugin=name)
            continue
        try:
            config.include(module)
        except Exception as error:
            raise PluginFailed(f"plugin {name} cannot be included: {error}") from error
        loaded.append(name)
    config.registry.hub_plugins = tuple(loaded)
    return loaded


def _selected(names: tuple[str, ...]) -> list[tuple[str, EntryPoint]]:
    installed = {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)}
    if names == ("*",):
        return list(installed.items())
    if names == ("none",):
        return []
    missing = [name for name in names if name not in installed]
    if missing:
        raise PluginFailed(
            f"no such plugin: {', '.join(missing)} (installed: {', '.join(installed) or 'none'})"
        )
    return [(name, installed[name]) for name in names]
