"""Authlib's authorization server, told where this provider keeps things."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from authlib.common.security import generate_token  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]  # ships no types
    AuthorizationServer,
    InvalidRequestError,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc6750 import BearerTokenGenerator  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc9207 import IssuerParameter  # type: ignore[import-untyped]  # ships no types
from authlib.oidc.core.grants import OpenIDCode  # type: ignore[import-untyped]  # ships no types
from authlib.oidc.rpinitiated import EndSessionEndpoint  # type: ignore[import-untyped]  # ships no types
from joserfc.jwk import KeySet, RSAKey
from webob import Request, Response  # type: ignore[import-untyped]  # ships no types
from webob.multidict import MultiDict, NestedMultiDict  # type: ignore[import-untyped]  # ships no types

from advisoryhub_embedded.oidc.keys import SigningKeys
from advisoryhub_embedded.oidc.records import Client, Code, Records
from advisoryhub_embedded.people import Person

ID_TOKEN_SECONDS = 3600

_TOKEN_LETTERS = 48


class _Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, values: MultiDict | NestedMultiDict) -> None:
        self._values = values

    @property
    def data(self) -> dict[str, str]:
        return dict(self._values.items())

    @property
    def datalist(self) -> dict[str, list[str]]:
        return {name: self._values.getall(name) for name in self._values}


class ProviderRequest(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """A WebOb request as Authlib wants it; `auth_time` is that of the session behind it."""

    auth_time: int | None = None

    def __init__(self, request: Request) -> None:
        super().__init__(request.method, request.url, headers=request.headers)
        self.payload = _Payload(request.params)
        self._form = request.POST

    @property
    def form(self) -> dict[str, str]:
        return dict(self._form.items())


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    server: Server

    def save_authorization_code(self, code: str, request: ProviderRequest) -> None:
        asked = request.payload.data
        self.server.records.add_code(
            code=code,
            client_id=request.client.client_id,
            redirect_uri=asked["redirect_uri"],
            scope=request.scope,
            subject=request.user.subject,
            nonce=asked.get("nonce"),
            auth_time=request.auth_time,
            code_challenge=asked["code_challenge"],
            code_challenge_method=asked["code_challenge_method"],
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found = self.server.records.take_code(code)
        return found if found is not None and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Do nothing: taking the code used it up."""

    def authenticate_user(self, authorization_code: Code) -> Person | None:
        return self.server.records.people.get(authorization_code.subject)


class _RequiredChallenge(CodeChallenge):  # type: ignore[misc]  # Authlib ships no types
    """PKCE for every client, and with S256 only; Authlib asks it of public clients alone."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: _CodeGrant, redirect_uri: str) -> None:
        asked = grant.request.payload.data
        if not asked.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Unsupported 'code_challenge_method': it has to be S256")
        super().validate_code_challenge(grant, redirect_uri)


class _IDTokens(OpenIDCode):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    def exists_nonce(self, _nonce: str, _request: ProviderRequest) -> bool:
        """Answer no: a nonce protects the client, who checks it; codes are used once anyway."""
        return False

    def resolve_client_private_key(self, _client: Client) -> RSAKey:
        return self._server.keys.signing_key

    def get_client_algorithm(self, _client: Client) -> str:
        return "RS256"

    def get_encode_header(self, _client: Client) -> dict[str, str]:
        return {"alg": "RS256", "kid": str(self._server.keys.signing_key.kid)}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        now = int(self._server.records.clock())
        return {
            "iss": self._server.issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
        }

    def get_authorization_code_claims(self, authorization_code: Code) -> dict[str, Any]:
        return self._without_dropped(super().get_authorization_code_claims(authorization_code))

    def get_compatible_claims(self, request: ProviderRequest) -> dict[str, Any]:
        return self._without_dropped(super().get_compatible_claims(request))

    def generate_user_info(self, user: Person, scope: str) -> dict[str, Any]:
        """Return the last claims to be put into the token, so that what a test sets wins over all."""
        claims = self._server.claims_of(user, scope) | self._server.records.id_token_changes
        return self._without_dropped(claims)

    def _without_dropped(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        changes = self._server.records.id_token_changes
        return {name: value for name, value in claims.items() if changes.get(name, value) is not None}


class _Issuer(IssuerParameter):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, server: Server) -> None:
        self._issuer = server.issuer
        self(server)

    def get_issuer(self) -> str:
        return self._issuer


class _EndSession(EndSessionEndpoint):  # type: ignore[misc]  # Authlib ships no types
    server: Server

    def get_server_jwks(self) -> KeySet:
        return self.server.keys.verification_keys

    def get_algorithms(self) -> list[str]:
        return ["RS256"]

    def end_session(self, end_session_request: Any) -> None:
        """Do nothing: the page that calls this knows the browser's session, and closes it."""


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    """One issuer with one client; ID tokens are signed with RS256."""

    def __init__(self, issuer: str, records: Records, keys: SigningKeys) -> None:
        super().__init__()
        self.issuer = issuer
        self.records = records
        self.keys = keys
        self.register_token_generator("default", BearerTokenGenerator(_access_token, None, ID_TOKEN_SECONDS))
        self.register_grant(_CodeGrant, [_RequiredChallenge(required=True), _IDTokens(self)])
        self.register_endpoint(_EndSession)
        self.register_extension(_Issuer)

    def claims_of(self, person: Person, scope: str) -> dict[str, Any]:
        """Return the claims about a person that a scope allows (OIDC Core §5.4)."""
        scopes = scope.split()
        claims: dict[str, Any] = {"sub": person.subject}
        if "profile" in scopes:
            claims |= {"name": person.name, "preferred_username": person.email.partition("@")[0]}
        if "email" in scopes:
            claims |= {"email": person.email, "email_verified": person.email_verified}
        if "groups" in scopes:
            claims["groups"] = list(person.groups)
        return {name: value for name, value in (claims | dict(person.claims)).items() if value is not None}

    def query_client(self, client_id: str) -> Client | None:
        return self.records.client if client_id == self.records.client.client_id else None

    def save_token(self, token: Mapping[str, Any], request: ProviderRequest) -> None:
        self.records.add_token(token["access_token"], request.user.subject, token["scope"])

    def send_signal(self, _name: str, *_arguments: Any, **_keywords: Any) -> None:
        """Do nothing: nobody listens here."""

    def create_oauth2_request(self, request: Request | ProviderRequest) -> ProviderRequest:
        return request if isinstance(request, ProviderRequest) else ProviderRequest(request)

    def handle_response(self, status: int, body: Any, headers: Iterable[tuple[str, str]]) -> Response:
        text = json.dumps(dict(body)) if isinstance(body, dict | list) else str(body)
        response = Response(text, status=status, charset="utf-8")
        response.headers.update(dict(headers))
        return response


def _access_token(**_about: Any) -> str:
    return str(generate_token(_TOKEN_LETTERS))
