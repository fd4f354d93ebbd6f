"""What an operator says about the identity provider."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

DEFAULT_GROUP_PATTERN = re.compile(r"[^@\s]+@[^@\s]+")

ClientAuthentication = Literal["auto", "client_secret_basic", "client_secret_post", "none"]


@dataclass(frozen=True)
class OIDCConfig:
    """The relying party's registration and how it reads the provider's claims.

    Without endpoints they are discovered below `issuer`. With `authorization_endpoint`,
    `token_endpoint` and `jwks_uri` nothing is discovered; the two others may be added to either.
    Addresses use https; plain http is accepted for loopback hosts, and for all with
    `allow_insecure_http`. Raises `ValueError` that names everything wrong.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    client_authentication: ClientAuthentication = "auto"
    scopes: tuple[str, ...] = ("openid", "email", "profile", "groups")
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    jwks_uri: str | None = None
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    allow_insecure_http: bool = False
    group_claim: str = "groups"
    group_pattern: re.Pattern[str] = DEFAULT_GROUP_PATTERN
    email_claim: str = "email"
    email_verified_claim: str = "email_verified"
    name_claim: str = "name"
    require_email_verified: bool = True
    metadata_ttl_seconds: float = 3600
    keys_ttl_seconds: float = 3600
    keys_refresh_seconds: float = 60
    failure_pause_seconds: float = 5

    def __post_init__(self) -> None:
        problems = [*self._endpoint_problems()]
        if not self.client_id:
            problems.append("the client id is missing")
        if not self.client_secret and self.client_authentication in {
            "client_secret_basic",
            "client_secret_post",
        }:
            problems.append(f"{self.client_authentication} needs a client secret")
        if "openid" not in self.scopes:
            problems.append("the scopes need to contain openid")
        if problems:
            raise ValueError(f"OpenID Connect cannot be used: {'; '.join(problems)}")

    @property
    def explicit(self) -> bool:
        """Whether the endpoints are given, so that no discovery document is fetched."""
        return self.authorization_endpoint is not None

    def is_acceptable(self, url: object) -> bool:
        """Tell whether `url` is an absolute address without credentials or fragment, and safe to use."""
        if not isinstance(url, str):
            return False
        try:
            parts = urlsplit(url)
            host = parts.hostname
        except ValueError:
            return False
        if not host or parts.username is not None or parts.fragment or not url.isprintable() or " " in url:
            return False
        return parts.scheme == "https" or (
            parts.scheme == "http" and (self.allow_insecure_http or _is_loopback(host))
        )

    def _endpoint_problems(self) -> list[str]:
        required = {
            name: getattr(self, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        }
        optional = {name: getattr(self, name) for name in ("userinfo_endpoint", "end_session_endpoint")}
        given = {
            name: url
            for name, url in {**required, **optional, "issuer": self.issuer}.items()
            if url is not None
        }
        problems = [
            f"{name} needs an absolute https address (plain http only on loopback)"
            for name, url in given.items()
            if not self.is_acceptable(url)
        ]
        missing = [name for name, url in required.items() if url is None]
        if missing and len(missing) < len(required):
            problems.append(f"{', '.join(missing)} must be given too, or none of the three")
        return problems


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
