"""The advisories slice: rows, versions, permissions, pages."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.advisories import resources, settings
from advisoryhub_core.web.resources import Root


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    config.add_resource_child(Root, "advisories", resources.AdvisoryCollection)
    config.add_resource_child(resources.AdvisoryResource, "versions", resources.VersionCollection)
    config.scan("advisoryhub_core.advisories.views")
