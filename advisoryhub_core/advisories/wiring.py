"""The advisories slice: rows, versions, permissions, pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisoryhub_core.advisories import (
    lifecycle_deeds,
    reassignment_deeds,
    resources,
    settings,
    triage_deeds,
    withdrawal_deeds,
)
from advisoryhub_core.advisories.deeds import Deed, deeds
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.views.access_review import AccessReviewNode
from advisoryhub_core.advisories.views.deeds import DeedView
from advisoryhub_core.web.resources import Root


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    config.add_resource_child(Root, "advisories", resources.AdvisoryCollection)
    config.add_resource_child(resources.AdvisoryResource, "versions", resources.VersionCollection)
    config.add_resource_child(resources.AdvisoryResource, "access-review", AccessReviewNode)
    config.add_directive("add_deed", add_deed)
    config.add_view_predicate("deed_when", WhenMeant)
    for slice_ in (lifecycle_deeds, triage_deeds, reassignment_deeds, withdrawal_deeds):
        for deed in slice_.DEEDS:
            config.add_deed(deed)
    config.scan("advisoryhub_core.advisories.views")


class WhenMeant:
    """View predicate of a deed that shares its address: the view is for advisories that it is meant for."""

    def __init__(self, when: Callable[[Advisory], bool], _config: Any) -> None:
        self.when = when

    def text(self) -> str:
        return f"deed_when = {self.when.__module__}.{self.when.__qualname__}"

    phash = text

    def __call__(self, context: resources.AdvisoryResource, _request: Any) -> bool:
        return self.when(context.advisory)


def add_deed(config: Any, deed: Deed) -> None:
    """Directive: offer `deed` on every advisory, at `/advisories/{id}/{deed.segment}/`.

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
    if deed.when is not None:
        options["deed_when"] = deed.when
    for method, attribute in (("GET", "show"), ("POST", "do")):
        config.add_view(
            DeedView,
            attr=attribute,
            context=resources.AdvisoryResource,
            name=deed.segment,
            permission=deed.cap,
            request_method=method,
            rate_limit=deed.rate_limit if method == "POST" else None,
            **options,
        )
