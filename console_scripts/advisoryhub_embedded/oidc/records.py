"""What the provider remembers while it runs: its client, people, sessions, codes and tokens."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin  # type: ignore[import-untyped]  # ships no types
from authlib.oidc.core import AuthorizationCodeMixin  # type: ignore[import-untyped]  # ships no types

from advisoryhub_embedded.people import Person

SCOPES = ("openid", "email", "profile", "groups")

_CODE_SECONDS = 60
_TOKEN_SECONDS = 3600
_INTERACTION_SECONDS = 3600


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """The one relying party: a confidential client with fixed addresses."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()

    @property
    def client_metadata(self) -> dict[str, Any]:
        return {"post_logout_redirect_uris": self.post_logout_redirect_uris}

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """Return none: OIDC Core §3.1.2.1 requires the request to name it."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return the known scopes asked for (others are ignored, §3.1.2.1), None without `openid`."""
        asked = (scope or "").split()
        return " ".join(word for word in SCOPES if word in asked) if "openid" in asked else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(client_secret.encode(), self.client_secret.encode())

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass(frozen=True)
class Session:
    """A browser in which somebody is signed in; `auth_time` is when, in Unix seconds."""

    id: str
    subject: str
    auth_time: int


@dataclass(frozen=True)
class Interaction:
    """An authorization request that waits for somebody to choose who they are."""

    id: str
    parameters: tuple[tuple[str, str], ...]
    started_at: float


@dataclass(frozen=True)
class Code(AuthorizationCodeMixin):  # type: ignore[misc]  # Authlib ships no types
    """An authorization code and everything its exchange has to be checked against."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    subject: str
    nonce: str | None
    auth_time: int
    code_challenge: str
    code_challenge_method: str
    expires_at: float

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time


@dataclass(frozen=True)
class AccessToken(TokenMixin):  # type: ignore[misc]  # Authlib ships no types
    """A bearer token for the userinfo endpoint."""

    subject: str
    scope: str
    expires_at: float
    clock: Callable[[], float] = field(repr=False)

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return self.clock() >= self.expires_at

    def is_revoked(self) -> bool:
        return False


class Records:
    """Everything above, in memory, shared by the server's threads; times come from `clock`.

    `id_token_changes` are claims that tests set in ID tokens, or drop (None).
    """

    def __init__(self, client: Client, people: Iterable[Person], clock: Callable[[], float]) -> None:
        self.client = client
        self.clock = clock
        self.people = {person.subject: person for person in people}
        self.id_token_changes: dict[str, Any] = {}
        self._sessions: dict[str, Session] = {}
        self._interactions: dict[str, Interaction] = {}
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, AccessToken] = {}
        self._guard = threading.Lock()

    def open_session(self, subject: str) -> Session:
        session = Session(secrets.token_urlsafe(32), subject, int(self.clock()))
        self._sessions[session.id] = session
        return session

    def session(self, session_id: str | None) -> Session | None:
        """Return the session of a known person."""
        found = self._sessions.get(session_id or "")
        return found if found is not None and found.subject in self.people else None

    def close_session(self, session_id: str | None) -> None:
        self._sessions.pop(session_id or "", None)

    def close_all_sessions(self) -> None:
        self._sessions.clear()

    def open_interaction(self, parameters: Iterable[tuple[str, str]]) -> Interaction:
        interaction = Interaction(secrets.token_urlsafe(32), tuple(parameters), self.clock())
        with self._guard:
            limit = self.clock() - _INTERACTION_SECONDS
            self._interactions = {
                key: kept for key, kept in self._interactions.items() if kept.started_at > limit
            }
            self._interactions[interaction.id] = interaction
        return interaction

    def take_interaction(self, interaction_id: str) -> Interaction | None:
        """Return a waiting request once; it is answered only once."""
        return self._interactions.pop(interaction_id, None)

    def add_code(self, **values: Any) -> None:
        code = Code(expires_at=self.clock() + _CODE_SECONDS, **values)
        self._codes[code.code] = code

    def take_code(self, code: str) -> Code | None:
        """Return a code that is still good; any attempt uses it up, also one that then fails."""
        found = self._codes.pop(code, None)
        return found if found is not None and found.expires_at > self.clock() else None

    def add_token(self, token: str, subject: str, scope: str) -> None:
        self._tokens[token] = AccessToken(subject, scope, self.clock() + _TOKEN_SECONDS, self.clock)

    def token(self, token: str) -> AccessToken | None:
        return self._tokens.get(token)
