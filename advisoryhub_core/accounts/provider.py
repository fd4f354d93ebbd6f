"""The identity provider as this application is configured to use it."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.accounts import settings
from advisoryhub_core.accounts.oidc import OIDCConfig, RelyingParty, open_client
from advisoryhub_core.web.settings import BASE_URL

CALLBACK_PATH = "/oidc/callback/"
SIGNED_OUT_PATH = "/accounts/signed-out/"


def make_relying_party(registry: Any) -> None:
    """Put the relying party into the registry; nothing is fetched before the first sign-in."""
    config = OIDCConfig(
        issuer=settings.ISSUER.of(registry),
        client_id=settings.CLIENT_ID.of(registry),
        client_secret=settings.CLIENT_SECRET.of(registry),
        scopes=settings.SCOPES.of(registry),
        group_claim=settings.GROUP_CLAIM.of(registry),
        group_pattern=settings.GROUP_PATTERN.of(registry),
        require_email_verified=settings.REQUIRE_EMAIL_VERIFIED.of(registry),
    )
    registry.oidc_http = open_client()
    registry.relying_party = RelyingParty(config, registry.oidc_http)


def callback_url(registry: Any) -> str:
    return f"{BASE_URL.of(registry)}{CALLBACK_PATH}"


def signed_out_url(registry: Any) -> str:
    return f"{BASE_URL.of(registry)}{SIGNED_OUT_PATH}"
