"""The security policy: who is signed in, and what the resource's ACL grants them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog
from pyramid.authorization import ACLHelper, Everyone

from advisoryhub_core.accounts.identity import Identity, load_identity
from advisoryhub_core.accounts.settings import ADMIN_GROUP

SESSION_USER = "user_id"
SESSION_AUTH_TIME = "auth_time"
SESSION_EMAIL_VOUCHED = "email_vouched"
SESSION_ID_TOKEN = "id_token"  # noqa: S105 (the name of a session key)


class HubSecurityPolicy:
    """Identity by server-side session; authority by the ACL of the context, which ends in DENY_ALL."""

    def __init__(self) -> None:
        self._acl = ACLHelper()

    def identity(self, request: Any) -> Identity | None:
        return request.identity  # type: ignore[no-any-return]  # typed in HubRequest

    def authenticated_userid(self, request: Any) -> int | None:
        return request.identity.user_id if request.identity else None

    def permits(self, request: Any, context: Any, permission: Any) -> Any:  # noqa: ARG002 (ISecurityPolicy)
        return self._acl.permits(context, [Everyone], permission)

    def remember(self, request: Any, userid: int, **kw: Any) -> list[tuple[str, str]]:
        """Start a session for a person; the session id is renewed, so that a fixed one is worthless."""
        request.session.invalidate()
        request.session[SESSION_USER] = userid
        auth_time: dt.datetime | None = kw.get("auth_time")
        if auth_time is not None:
            request.session[SESSION_AUTH_TIME] = auth_time.timestamp()
        if kw.get("email_vouched"):
            request.session[SESSION_EMAIL_VOUCHED] = True
        if kw.get("id_token"):
            request.session[SESSION_ID_TOKEN] = kw["id_token"]
        # Now, so that no later page differs from another only by storing one.
        request.session.new_csrf_token()
        return []

    def forget(self, request: Any, **_kw: Any) -> list[tuple[str, str]]:
        request.session.invalidate()
        return []


def request_identity(request: Any) -> Identity | None:
    """Return the signed-in person, read from the database once per request; None for a banned one.

    Read over a connection of its own: pages that report a failed transaction need the identity too.
    """
    if not request.cookies.get(request.registry.session_store.cookie_name):
        return None
    user_id = request.session.get(SESSION_USER)
    if user_id is None:
        return None
    auth_time = request.session.get(SESSION_AUTH_TIME)
    with request.registry.db_engine.connect() as connection:
        identity = load_identity(
            connection,
            user_id,
            admin_group=ADMIN_GROUP.of(request.registry),
            auth_time=dt.datetime.fromtimestamp(auth_time, dt.UTC) if auth_time is not None else None,
        )
    if identity is not None:
        request.environ["hub.user_id"] = user_id
        structlog.contextvars.bind_contextvars(user_id=user_id)
    return identity
