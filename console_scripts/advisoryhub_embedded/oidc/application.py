"""The provider over HTTP: a WSGI application."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc6749 import InvalidRequestError  # type: ignore[import-untyped]  # ships no types
from authlib.oidc.rpinitiated import EndSessionRequest  # type: ignore[import-untyped]  # ships no types
from webob import Request, Response  # type: ignore[import-untyped]  # ships no types

from advisoryhub_embedded.oidc.pages import message_page, sign_in_page, sign_out_page
from advisoryhub_embedded.oidc.records import SCOPES, Session
from advisoryhub_embedded.oidc.server import ProviderRequest, Server

COOKIE = "advisoryhub_dev_oidc"

_CLAIMS = (
    *("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash"),
    *("name", "preferred_username", "email", "email_verified", "groups"),
)
_Handler = Callable[[Request], Response]


class Application:
    """The endpoints of one provider; while `down`, it answers everything with 503."""

    def __init__(self, server: Server) -> None:
        self.down = False
        self._server = server
        self._records = server.records
        self._routes: dict[tuple[str, str], _Handler] = {
            ("GET", "/"): self._front,
            ("GET", "/healthz"): self._health,
            ("GET", "/.well-known/openid-configuration"): self._discovery,
            ("GET", "/jwks"): self._jwks,
            ("GET", "/authorize"): self._authorize,
            ("POST", "/authorize"): self._authorize,
            ("POST", "/login"): self._log_in,
            ("POST", "/token"): self._token,
            ("GET", "/userinfo"): self._userinfo,
            ("POST", "/userinfo"): self._userinfo,
            ("GET", "/end-session"): self._end_session,
            ("POST", "/end-session"): self._end_session,
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        response = self._respond(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _respond(self, request: Request) -> Response:
        if self.down:
            return message_page("Out of order", "The identity provider is down.", 503)
        handler = self._routes.get((request.method, request.path_info))
        if handler is None:
            known = any(path == request.path_info for _, path in self._routes)
            return message_page("Not found", "There is no such page here.", 405 if known else 404)
        try:
            return handler(request)
        except (ValueError, UnicodeError):
            # Authlib refuses to quote odd characters of a request in its error, and WebOb to decode some.
            return message_page("Bad request", "The request contains characters that it may not.", 400)

    def _front(self, _request: Request) -> Response:
        return message_page("Identity provider", "Sign in from the hub; there is nothing to do here.")

    def _health(self, _request: Request) -> Response:
        return Response(json_body={"status": "ok"})

    def _jwks(self, _request: Request) -> Response:
        return Response(json_body=self._server.keys.published())

    def _discovery(self, _request: Request) -> Response:
        issuer = self._server.issuer
        return Response(
            json_body={
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "jwks_uri": f"{issuer}/jwks",
                "end_session_endpoint": f"{issuer}/end-session",
                "scopes_supported": SCOPES,
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "prompt_values_supported": ["none", "login", "select_account"],
                "claims_supported": _CLAIMS,
                "claims_parameter_supported": False,
                "request_parameter_supported": False,
                "request_uri_parameter_supported": False,
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def _authorize(self, request: Request) -> Response:
        """Answer from the browser's session, or show the page where one is chosen (OIDC Core §3.1.2)."""
        session = self._records.session(request.cookies.get(COOKIE))
        try:
            fresh = self._fresh_enough(request, session)
            grant = self._grant(ProviderRequest(request), fresh)
            if grant.prompt:
                waiting = self._records.open_interaction(request.params.items())
                people = list(self._records.people.values())
                return sign_in_page(people, waiting.id, grant.redirect_uri)
        except OAuth2Error as error:
            return self._refuse_authorization(request, error)
        assert fresh is not None
        return self._answer(request, fresh)

    def _log_in(self, request: Request) -> Response:
        """Open a session for the person chosen, and answer the request that waited for it."""
        waiting = self._records.take_interaction(request.POST.get("interaction", ""))
        person = self._records.people.get(request.POST.get("person", ""))
        if waiting is None or person is None:
            text = "This sign-in was answered before, or waited too long. Start again from the hub."
            return message_page("Start again", text, 400)
        self._records.close_session(request.cookies.get(COOKIE))
        session = self._records.open_session(person.subject)
        original = Request.blank("/authorize", base_url=self._server.issuer, POST=list(waiting.parameters))
        response = self._answer(original, session)
        response.set_cookie(COOKIE, session.id, httponly=True, samesite="Lax", path="/")
        return response

    def _answer(self, request: Request, session: Session) -> Response:
        """Send the browser back with a code."""
        asked = ProviderRequest(request)
        asked.auth_time = session.auth_time
        try:
            grant = self._grant(asked, session)
        except OAuth2Error as error:
            return self._refuse_authorization(request, error)
        person = self._records.people[session.subject]
        response: Response = self._server.create_authorization_response(asked, person, grant)
        return response

    def _grant(self, asked: ProviderRequest, session: Session | None) -> Any:
        person = self._records.people[session.subject] if session else None
        return self._server.get_consent_grant(asked, person)

    def _fresh_enough(self, request: Request, session: Session | None) -> Session | None:
        """Return the session unless the request wants a more recent authentication (`max_age`)."""
        max_age = request.params.get("max_age")
        if max_age is None:
            return session
        if not max_age.isascii() or not max_age.isdigit():
            raise InvalidRequestError("Invalid 'max_age': it has to be a number of seconds")
        # max_age=0 has to ask also within the second of the last sign-in.
        too_old = session is None or self._records.clock() - session.auth_time >= int(max_age)
        return None if too_old else session

    def _refuse_authorization(self, request: Request, error: OAuth2Error) -> Response:
        """Tell the client, if its address can be trusted, else the person (RFC 6749 §4.1.2.1)."""
        client = self._server.query_client(request.params.get("client_id", ""))
        redirect_uri = request.params.get("redirect_uri")
        if client is None or not redirect_uri or not client.check_redirect_uri(redirect_uri):
            return _refusal_page("This sign-in cannot go on", error)
        error.redirect_uri = redirect_uri
        error.state = request.params.get("state")
        response: Response = self._server.handle_error_response(ProviderRequest(request), error)
        self._server.execute_hook("after_create_authorization_response", response)
        return response

    def _token(self, request: Request) -> Response:
        response: Response = self._server.create_token_response(request)
        return response

    def _userinfo(self, request: Request) -> Response:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        token = self._records.token(value.strip()) if scheme.lower() == "bearer" else None
        person = self._records.people.get(token.subject) if token and not token.is_expired() else None
        if token is None or person is None:
            response = Response(json_body={"error": "invalid_token"}, status=401)
            response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
            return response
        return Response(json_body=self._server.claims_of(person, token.scope))

    def _end_session(self, request: Request) -> Response:
        """End the browser's session (RP-Initiated Logout §2), asking first where the hint is missing."""
        session = self._records.session(request.cookies.get(COOKIE))
        try:
            asked: EndSessionRequest = self._server.validate_endpoint_request("end_session", request)
        except OAuth2Error as error:
            return _refusal_page("This sign-out cannot go on", error)
        if session is not None and not _is_proven(request, asked, session):
            kept = [(name, value) for name, value in request.params.items() if name not in _OWN_FIELDS]
            return sign_out_page(kept, _confirmation_of(session))
        if session is not None:
            self._records.close_session(session.id)
        wanted = request.params.get("post_logout_redirect_uri")
        if wanted and not asked.redirect_uri:
            text = "You are signed out. The address to go on to is not one that the client registered."
            response = message_page("Signed out", text, 400)
        else:
            response = self._server.create_endpoint_response("end_session", asked)
            response = response or message_page("Signed out", "You are signed out.")
        response.delete_cookie(COOKIE, path="/")
        return response


_OWN_FIELDS = ("confirmation", "answer")


def _is_proven(request: Request, asked: EndSessionRequest, session: Session) -> bool:
    """Tell whether the client vouches for the person who is signed in, or that person said yes."""
    if asked.id_token_claims is not None and asked.id_token_claims.get("sub") == session.subject:
        return True
    confirmation = request.POST.get("confirmation", "") if request.method == "POST" else ""
    return secrets.compare_digest(confirmation.encode(), _confirmation_of(session).encode())


def _confirmation_of(session: Session) -> str:
    """Return a value that only a page made for this session can send back."""
    return hashlib.sha256(f"sign out {session.id}".encode()).hexdigest()


def _refusal_page(title: str, error: OAuth2Error) -> Response:
    return message_page(title, str(error.get_error_description() or error.error), 400)
