"""What is known about the identity provider: its endpoints (OIDC Discovery 1.0) and its keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import Key

from advisoryhub_core.accounts.oidc.cache import Remembered
from advisoryhub_core.accounts.oidc.config import OIDCConfig
from advisoryhub_core.accounts.oidc.errors import ProviderUnavailable, SignInRefused
from advisoryhub_core.accounts.oidc.keys import KeyRing
from advisoryhub_core.accounts.oidc.transport import ProviderHTTP

_REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")
_DOCUMENT = "discovery document"


@dataclass(frozen=True)
class ProviderMetadata:
    """The provider's endpoints and the few of its capabilities that matter here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods: tuple[str, ...] = ("client_secret_basic",)
    names_itself_in_answers: bool = False

    @classmethod
    def from_config(cls, config: OIDCConfig) -> ProviderMetadata:
        """Return the endpoints that the operator gave."""
        assert config.authorization_endpoint is not None
        assert config.token_endpoint is not None
        assert config.jwks_uri is not None
        return cls(
            config.issuer,
            config.authorization_endpoint,
            config.token_endpoint,
            config.jwks_uri,
            config.userinfo_endpoint,
            config.end_session_endpoint,
        )

    @classmethod
    def from_document(cls, document: Mapping[str, Any], config: OIDCConfig) -> ProviderMetadata:
        """Read a discovery document (OIDC Discovery §3); raise `ProviderUnavailable` if it cannot be used.

        Its issuer must be the configured one to the letter (§4.3). An optional endpoint that cannot
        be used counts as absent, and one that the operator gave wins.
        """
        if document.get("issuer") != config.issuer:
            raise ProviderUnavailable(_DOCUMENT, "it names another issuer than the configured one")
        unusable = [name for name in _REQUIRED if not config.is_acceptable(document.get(name))]
        if unusable:
            raise ProviderUnavailable(_DOCUMENT, f"it has no usable {', '.join(unusable)}")
        optional: dict[str, Any] = {
            name: url if config.is_acceptable(url := getattr(config, name) or document.get(name)) else None
            for name in _OPTIONAL
        }
        methods = document.get("token_endpoint_auth_methods_supported")
        return cls(
            issuer=config.issuer,
            **{name: document[name] for name in _REQUIRED},
            **optional,
            token_endpoint_auth_methods=(
                tuple(str(method) for method in methods)
                if isinstance(methods, list)
                else ("client_secret_basic",)
            ),
            names_itself_in_answers=document.get("authorization_response_iss_parameter_supported") is True,
        )


class Provider:
    """Endpoints and keys, fetched when needed and remembered; safe to share between threads.

    A token that names an unknown key makes the key set be fetched again (OIDC Core §10.1.1), at most
    once in `keys_refresh_seconds`, so that invented names cannot be used to hammer the provider.
    """

    def __init__(
        self, config: OIDCConfig, http: ProviderHTTP, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._config = config
        self._http = http
        pause = config.failure_pause_seconds
        self._metadata = Remembered(
            self._fetch_metadata, ttl=config.metadata_ttl_seconds, pause=pause, clock=clock
        )
        self._keys = Remembered(self._fetch_keys, ttl=config.keys_ttl_seconds, pause=pause, clock=clock)

    def metadata(self) -> ProviderMetadata:
        """Return the provider's endpoints; raise `ProviderUnavailable`."""
        return self._metadata.get()

    def key(self, algorithm: str, kid: str | None) -> Key:
        """Return the key that signed a token; raise `SignInRefused` (`unknown_key`) if there is none."""
        ring = self._keys.get()
        key = ring.find(algorithm, kid)
        if key is None:
            newer = self._keys.renew(seen=ring, interval=self._config.keys_refresh_seconds)
            key = newer.find(algorithm, kid)
        if key is None:
            raise SignInRefused(
                "unknown_key", "The ID token is signed with a key that the provider does not publish."
            )
        return key

    def _fetch_metadata(self) -> ProviderMetadata:
        if self._config.explicit:
            return ProviderMetadata.from_config(self._config)
        url = f"{self._config.issuer.rstrip('/')}/.well-known/openid-configuration"
        return ProviderMetadata.from_document(self._http.get(_DOCUMENT, url), self._config)

    def _fetch_keys(self) -> KeyRing:
        return KeyRing.from_document(self._http.get("key set", self.metadata().jwks_uri))
