"""The access slice: grants, invitations, their card and their pages."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.access import panel, resources, settings
from advisoryhub_core.access.invitations import redeem_at_sign_in
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.events import UserSignedIn


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    config.add_resource_child(AdvisoryResource, "access", resources.AccessResource)
    config.add_resource_child(resources.AccessResource, "grants", resources.GrantCollection)
    config.add_resource_child(resources.AccessResource, "invitations", resources.InvitationCollection)
    config.add_advisory_panel("access", panel.render_panel, Cap.MANAGE_ACCESS, order=30)
    config.add_subscriber(redeem_at_sign_in, UserSignedIn)
    config.scan("advisoryhub_core.access.views")
