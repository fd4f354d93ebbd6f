"""The workflows slice: reviews, CVE requests and orphaned numbers."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.workflows import cards
from advisoryhub_core.workflows.deeds import DEEDS
from advisoryhub_core.workflows.views import ReviewNode


def includeme(config: Any) -> None:
    for deed in DEEDS:
        config.add_deed(deed)
    config.add_advisory_panel("review", cards.review_panel, Cap.VIEW, order=20)
    config.add_advisory_panel("cve", cards.cve_panel, Cap.VIEW, order=30)
    config.add_resource_child(AdvisoryResource, "review", ReviewNode)
    config.scan("advisoryhub_core.workflows.views")
