"""The accounts slice: sign-in, identity, one's own account."""

from __future__ import annotations

from typing import Any

from advisoryhub_core import acts
from advisoryhub_core.accounts import provider, resources, settings
from advisoryhub_core.accounts.security import HubSecurityPolicy, request_identity
from advisoryhub_core.web.resources import Root


def includeme(config: Any) -> None:
    config.add_settings((*settings.ALL, acts.STEP_UP_REQUIRED, acts.STEP_UP_MAX_AGE))
    config.set_security_policy(HubSecurityPolicy())
    config.add_request_method(request_identity, "identity", reify=True)
    config.add_resource_child(Root, "accounts", resources.AccountCollection)
    config.add_resource_child(Root, "oidc", resources.OIDCNode)
    config.action("advisoryhub.relying_party", provider.make_relying_party, (config.registry,))
    config.scan("advisoryhub_core.accounts.views")
