"""The configurator of the hub: Pyramid's, whose `add_settings` also takes typed declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.config import Configurator

from advisoryhub_core.settings.declaration import declare


class HubConfigurator(Configurator):  # type: ignore[misc]  # Pyramid ships no types
    """Pyramid's configurator. A method of that name exists, so no directive could take its place."""

    def add_settings(self, settings: Any = None, **kw: Any) -> None:
        """Declare typed settings (an iterable of `Setting`), or add raw ones as Pyramid does.

        Problems with typed ones are gathered and reported together once everything is included.
        """
        if settings is None or isinstance(settings, Mapping):
            super().add_settings(settings, **kw)
            return
        declare(self.registry, settings, owner=self.package.__name__)
