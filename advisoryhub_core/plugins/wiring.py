"""Loading plugins, and the directives that the plugin API adds to Pyramid's configurator."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.plugins import directives, loader


def includeme(config: Any) -> None:
    for name, directive in directives.DIRECTIVES.items():
        config.add_directive(name, directive)
    config.add_settings(loader.ALL)
