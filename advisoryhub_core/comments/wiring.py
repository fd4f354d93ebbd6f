"""The comments slice: the discussion, the timeline, and visits."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.comments import deeds, discussion, resources, visits
from advisoryhub_core.events import AdvisoryOpened


def includeme(config: Any) -> None:
    config.add_resource_child(AdvisoryResource, "comments", resources.CommentCollection)
    config.add_advisory_panel("discussion", discussion.discussion_panel, Cap.VIEW, area="main", order=900)
    config.add_advisory_panel("receipts", discussion.receipts_panel, Cap.MANAGE_ACCESS, order=900)
    config.add_subscriber(visits.note_visit, AdvisoryOpened)
    for deed in deeds.DEEDS:
        config.add_deed(deed)
    config.scan("advisoryhub_core.comments.views")
