"""The advisories slice: rows, versions, permissions, pages."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.advisories import lifecycle_deeds, resources, settings
from advisoryhub_core.advisories.deeds import Deed, deeds
from advisoryhub_core.advisories.views.deeds import DeedView
from advisoryhub_core.web.resources import Root


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    config.add_resource_child(Root, "advisories", resources.AdvisoryCollection)
    config.add_resource_child(resources.AdvisoryResource, "versions", resources.VersionCollection)
    config.add_directive("add_deed", add_deed)
    for deed in lifecycle_deeds.DEEDS:
        config.add_deed(deed)
    config.scan("advisoryhub_core.advisories.views")


def add_deed(config: Any, deed: Deed) -> None:
    """Directive: offer `deed` on every advisory, at `/advisories/{id}/{deed.name}/`.

    GET shows its form to people without scripts, POST does it.
    """
    introspectable = config.introspectable("advisoryhub deeds", deed.name, deed.name, "deed")
    introspectable["deed"] = deed
    config.action(
        ("advisoryhub.deed", deed.name),
        deeds(config.registry).__setitem__,
        (deed.name, deed),
        introspectables=(introspectable,),
    )
    options: dict[str, Any] = {"step_up": True} if deed.step_up else {}
    for method, attribute in (("GET", "show"), ("POST", "do")):
        config.add_view(
            DeedView,
            attr=attribute,
            context=resources.AdvisoryResource,
            name=deed.name,
            permission=deed.cap,
            request_method=method,
            rate_limit=deed.rate_limit if method == "POST" else None,
            **options,
        )
