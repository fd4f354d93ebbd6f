"""The relying party: OIDC Core's authorization code flow (§3.1) with PKCE (RFC 7636).

No database, users or web framework here: a view keeps the `AuthorizationRequest` in the browser's
session between `begin` and `complete`, and drops it before it calls `complete`, so that an answer is
accepted once.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import httpx
from authlib.common.security import generate_token  # type: ignore[import-untyped]  # ships no types
from authlib.common.urls import add_params_to_uri  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # ships no types

from advisoryhub_core.accounts.oidc.claims import Profile, profile_from_claims
from advisoryhub_core.accounts.oidc.config import OIDCConfig
from advisoryhub_core.accounts.oidc.errors import ProviderUnavailable, SignInRefused
from advisoryhub_core.accounts.oidc.provider import Provider, ProviderMetadata
from advisoryhub_core.accounts.oidc.tokens import Expected, IDToken, validate_id_token
from advisoryhub_core.accounts.oidc.transport import ProviderHTTP

RANDOM_LETTERS = 48
"""Length of state, nonce and verifier: 48 letters and digits are 285 bits; RFC 7636 wants 43 to 128."""

_KNOWN_ERRORS = frozenset(
    {
        *("access_denied", "invalid_request", "invalid_scope", "server_error", "temporarily_unavailable"),
        *("unauthorized_client", "unsupported_response_type", "interaction_required", "login_required"),
        *("account_selection_required", "consent_required", "invalid_request_uri", "invalid_request_object"),
        *("request_not_supported", "request_uri_not_supported", "registration_not_supported"),
    }
)


@dataclass(frozen=True)
class AuthorizationRequest:
    """What must be remembered of a request until its answer comes; plain values that JSON can hold.

    `started_at` is in Unix seconds, `max_age` in seconds.
    """

    url: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    started_at: int
    max_age: int | None = None


@dataclass(frozen=True)
class SignIn:
    """A person vouched for by the provider.

    `id_token` is the hint for signing out. `auth_time` is when they authenticated, None if the
    provider does not say: it then never counts as fresh.
    """

    claims: Mapping[str, Any] = field(repr=False)
    id_token: str = field(repr=False)
    subject: str
    issuer: str
    auth_time: datetime | None


@dataclass(frozen=True)
class _Tokens:
    id_token: str
    access_token: str | None


class RelyingParty:
    """Signs people in at one identity provider; safe to share between threads."""

    def __init__(self, config: OIDCConfig, http: httpx.Client) -> None:
        self._config = config
        self._http = ProviderHTTP(http)
        self._provider = Provider(config, self._http)

    def begin(
        self,
        redirect_uri: str,
        *,
        prompt: str | None = None,
        max_age: int | None = None,
        now: datetime | None = None,
    ) -> AuthorizationRequest:
        """Return where to send the browser (OIDC Core §3.1.2.1), with fresh state, nonce and verifier.

        `prompt="login", max_age=0` asks for a step-up. Raises `ProviderUnavailable`.
        """
        metadata = self._provider.metadata()
        state, nonce, verifier = (str(generate_token(RANDOM_LETTERS)) for _ in range(3))
        url = prepare_grant_uri(
            metadata.authorization_endpoint,
            client_id=self._config.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=" ".join(self._config.scopes),
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            prompt=prompt,
            max_age=None if max_age is None else str(max_age),
        )
        started_at = int((now or datetime.now(UTC)).timestamp())
        return AuthorizationRequest(str(url), state, nonce, verifier, started_at, max_age)

    def complete(
        self,
        callback_params: Mapping[str, str],
        saved: AuthorizationRequest,
        redirect_uri: str,
        now: datetime,
    ) -> SignIn:
        """Exchange the code that the browser brought back, and validate what it buys.

        `callback_params` is the query of the callback, a mapping or a multi-dict. If the request set
        `max_age`, the person must have authenticated no longer than that before the request. Raises
        `SignInRefused` or `ProviderUnavailable`.
        """
        answer = _single_values(callback_params)
        metadata = self._check_answer(answer, saved)
        tokens = self._exchange(metadata, answer["code"], saved, redirect_uri)
        id_token = self._validated(metadata, tokens, saved, now)
        claims = {**id_token.claims, **self._userinfo(metadata, tokens, id_token)}
        return SignIn(claims, tokens.id_token, id_token.subject, metadata.issuer, id_token.auth_time)

    def profile(self, sign_in: SignIn) -> Profile:
        """Return what the hub keeps of a sign-in's claims."""
        return profile_from_claims(sign_in.claims, self._config)

    def logout_url(self, id_token_hint: str | None, post_logout_redirect_uri: str) -> str | None:
        """Return where to send the browser to sign out at the provider too (RP-Initiated Logout §2).

        None means that signing out here is all there is: the provider has no such page, or is down,
        which must keep nobody signed in.
        """
        try:
            endpoint = self._provider.metadata().end_session_endpoint
        except ProviderUnavailable:
            return None
        if endpoint is None:
            return None
        parameters = [
            ("client_id", self._config.client_id),
            ("post_logout_redirect_uri", post_logout_redirect_uri),
            *([("id_token_hint", id_token_hint)] if id_token_hint else []),
        ]
        return str(add_params_to_uri(endpoint, parameters))

    def _check_answer(self, answer: Mapping[str, str], saved: AuthorizationRequest) -> ProviderMetadata:
        """Check state, issuer (RFC 9207) and error before anything else is believed."""
        if not secrets.compare_digest(
            answer.get("state", "").encode("utf-8", "replace"), saved.state.encode()
        ):
            raise SignInRefused("state_mismatch", "This answer does not belong to the sign-in begun here.")
        metadata = self._provider.metadata()
        issuer = answer.get("iss")
        if issuer != metadata.issuer and (issuer is not None or metadata.names_itself_in_answers):
            raise SignInRefused("issuer_mismatch", "The answer comes from another identity provider.")
        if "error" in answer:
            known = answer["error"] if answer["error"] in _KNOWN_ERRORS else "other"
            raise SignInRefused(
                "provider_error", f"The identity provider refused the sign-in ({known}).", known
            )
        if not answer.get("code"):
            raise SignInRefused("code_missing", "The identity provider's answer is incomplete.")
        return metadata

    def _exchange(
        self, metadata: ProviderMetadata, code: str, saved: AuthorizationRequest, redirect_uri: str
    ) -> _Tokens:
        """Trade the code for tokens (OIDC Core §3.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": saved.code_verifier,
        }
        extra, headers = self._client_authentication(metadata)
        answer = self._http.post("token endpoint", metadata.token_endpoint, {**form, **extra}, headers)
        if answer.status != httpx.codes.OK:
            raise _token_refusal(answer.status, answer.body.get("error"))
        body = answer.body
        id_token, access_token = body.get("id_token"), body.get("access_token")
        if not isinstance(id_token, str) or str(body.get("token_type")).lower() != "bearer":
            raise SignInRefused("token_missing", "The identity provider answered without an ID token.")
        return _Tokens(id_token, access_token if isinstance(access_token, str) else None)

    def _client_authentication(self, metadata: ProviderMetadata) -> tuple[dict[str, str], dict[str, str]]:
        """Return form fields and headers that prove who we are (RFC 6749 §2.3.1)."""
        client_id, secret = self._config.client_id, self._config.client_secret
        configured = self._config.client_authentication
        offered = metadata.token_endpoint_auth_methods
        method = _preferred_authentication(offered) if configured == "auto" else configured
        if secret is None or method == "none":
            return {"client_id": client_id}, {}
        if method == "client_secret_post":
            return {"client_id": client_id, "client_secret": secret}, {}
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        return {}, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    def _validated(
        self, metadata: ProviderMetadata, tokens: _Tokens, saved: AuthorizationRequest, now: datetime
    ) -> IDToken:
        since = None
        if saved.max_age is not None:
            since = datetime.fromtimestamp(saved.started_at, UTC) - timedelta(seconds=saved.max_age)
        expected = Expected(
            metadata.issuer, self._config.client_id, saved.nonce, tokens.access_token, now, since
        )
        return validate_id_token(tokens.id_token, self._provider, expected)

    def _userinfo(self, metadata: ProviderMetadata, tokens: _Tokens, id_token: IDToken) -> dict[str, Any]:
        """Fetch the claims that the ID token lacks (OIDC Core §5.3), and no others.

        It is asked only for a missing group or e-mail claim. The e-mail address and the word on whether
        it is verified are taken from the same place. A failure stops the sign-in: going on without the
        claim would take away the person's groups (INV-OIDC-1).
        """
        config, held = self._config, id_token.claims
        lacks = {name for name in (config.group_claim, config.email_claim) if held.get(name) is None}
        if not lacks or metadata.userinfo_endpoint is None or tokens.access_token is None:
            return {}
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        claims = self._http.get("userinfo endpoint", metadata.userinfo_endpoint, headers)
        if claims.get("sub") != id_token.subject:
            raise SignInRefused("subject_mismatch", "The identity provider describes somebody else.")
        if held.get(config.name_claim) is None:
            lacks.add(config.name_claim)
        found = {name: claims[name] for name in lacks if name in claims}
        if config.email_claim in lacks:
            found[config.email_verified_claim] = claims.get(config.email_verified_claim)
        return found


def _single_values(params: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters as a plain mapping; none may come twice (RFC 6749 §3.1)."""
    pairs = list(params.items())
    values = dict(pairs)
    if len(values) != len(pairs):
        raise SignInRefused("malformed_answer", "The identity provider's answer is contradictory.")
    return values


def _preferred_authentication(methods: tuple[str, ...]) -> str:
    """Return the way to authenticate that the provider takes, preferring its default (Discovery §3)."""
    known = ("client_secret_basic", "client_secret_post", "none")
    return next((method for method in known if method in methods), known[0])


def _token_refusal(status: int, error: object) -> SignInRefused | ProviderUnavailable:
    """Tell a code that is no good from a registration that is no good (RFC 6749 §5.2)."""
    if error == "invalid_grant":
        return SignInRefused(
            "code_refused", "The identity provider does not accept the sign-in code any more."
        )
    if error in {"invalid_client", "unauthorized_client"}:
        return ProviderUnavailable("token endpoint", "it does not accept our client id and secret")
    return ProviderUnavailable("token endpoint", f"it answered with status {status}")
