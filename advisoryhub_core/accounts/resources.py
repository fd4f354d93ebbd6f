"""Traversal below `/accounts/` and `/oidc/`."""

from __future__ import annotations

from collections.abc import Iterable

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.web.resources import Resource, site_caps


class AccountCollection(Resource):
    """`/accounts/`: one's own account."""

    def caps(self) -> Iterable[Cap]:
        return site_caps(self.request)


class OIDCNode(Resource):
    """`/oidc/`: the pages that talk to the identity provider; public by name."""
