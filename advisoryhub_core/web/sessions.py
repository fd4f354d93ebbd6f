"""Server-side sessions in Redis: JSON only, keyed by a digest of the cookie, renewed at sign-in.

The cookie carries 256 random bits and nothing else; Redis sees their keyed digest, so that reading Redis
gives nobody a session. A session that is never written to is never stored.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import redis
import structlog
from pyramid.interfaces import ISession
from zope.interface import implementer

from advisoryhub_core.accounts.settings import REDIS_URL, SESSION_LIFETIME, SESSION_SECRET
from advisoryhub_core.errors import ServiceUnavailable
from advisoryhub_core.web.settings import BASE_URL

log = structlog.get_logger(__name__)

_CREATED = "_created"
_CSRF = "_csrf"
_FLASH = "_flash_"
_STORE_DOWN = "hub.session_store_down"


class SessionStore:
    """Where sessions are kept; one per process."""

    def __init__(self, url: str, secret: str, lifetime_seconds: int, *, secure: bool) -> None:
        self.redis = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5)
        self.lifetime_seconds = lifetime_seconds
        self.secure = secure
        # `__Host-` pins the cookie to this host and path, and needs Secure.
        self.cookie_name = "__Host-advisoryhub" if secure else "advisoryhub"
        self._secret = secret.encode()

    def load(self, token: str) -> dict[str, Any] | None:
        try:
            # GETEX renews the lifetime in the same round trip.
            raw: Any = self.redis.getex(self._key(token), ex=self.lifetime_seconds)
        except redis.RedisError as error:
            raise _unavailable(error) from error
        try:
            data = json.loads(raw) if raw else None
        except ValueError:
            return None
        return data if isinstance(data, dict) else None

    def save(self, token: str, data: dict[str, Any]) -> None:
        try:
            self.redis.set(self._key(token), json.dumps(data), ex=self.lifetime_seconds)
        except redis.RedisError as error:
            raise _unavailable(error) from error

    def delete(self, token: str) -> None:
        try:
            self.redis.delete(self._key(token))
        except redis.RedisError as error:
            raise _unavailable(error) from error

    def _key(self, token: str) -> str:
        digest = hmac.new(self._secret, token.encode(), hashlib.sha256).hexdigest()
        return f"advisoryhub:session:{digest}"


def _unavailable(error: Exception) -> ServiceUnavailable:
    log.error("session_store_down", error=type(error).__name__)
    return ServiceUnavailable("Sessions cannot be reached right now. Please try again in a minute.")


@implementer(ISession)
class Session(dict[str, Any]):
    """Pyramid's session over a `SessionStore`, loaded at its first use."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self._store: SessionStore = request.registry.session_store
        cookie = request.cookies.get(self._store.cookie_name)
        self._stale: list[str] = []
        self._token = secrets.token_urlsafe(32)
        # The page that reports a store that does not answer is rendered without a session.
        if request.environ.get(_STORE_DOWN):
            cookie = None
        self._had_cookie = bool(cookie)
        self._dirty = False
        self._environ = request.environ
        data = self._load(cookie) if cookie else None
        self.new = data is None
        if data is not None:
            self._token = cookie
            self.update(data)
        self.setdefault(_CREATED, int(time.time()))

    @property
    def created(self) -> int:
        return int(self[_CREATED])

    def changed(self) -> None:
        self._dirty = True

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self._dirty = True

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self._dirty = True

    def pop(self, key: str, *default: Any) -> Any:
        if key in self:
            self._dirty = True
        return super().pop(key, *default)

    def invalidate(self) -> None:
        """Forget everything and take a new id; the old one is dead from now on."""
        if not self.new:
            self._stale.append(self._token)
        self.clear()
        self._token = secrets.token_urlsafe(32)
        self.new = True
        super().__setitem__(_CREATED, int(time.time()))
        self._dirty = False

    def flash(self, msg: Any, queue: str = "", allow_duplicate: bool = True) -> None:  # noqa: FBT001, FBT002 (ISession)
        waiting = self.setdefault(_FLASH + queue, [])
        if allow_duplicate or msg not in waiting:
            waiting.append(msg)
            self._dirty = True

    def pop_flash(self, queue: str = "") -> list[Any]:
        return self.pop(_FLASH + queue, [])  # type: ignore[no-any-return]  # JSON

    def peek_flash(self, queue: str = "") -> list[Any]:
        return self.get(_FLASH + queue, [])  # type: ignore[no-any-return]  # JSON

    def new_csrf_token(self) -> str:
        token = secrets.token_urlsafe(32)
        self[_CSRF] = token
        return token

    def get_csrf_token(self) -> str:
        return self.get(_CSRF) or self.new_csrf_token()

    def _load(self, token: str) -> dict[str, Any] | None:
        try:
            return self._store.load(token)
        except ServiceUnavailable:
            self._environ[_STORE_DOWN] = True
            raise

    def store_into(self, response: Any) -> None:
        """Keep what has changed, and put the cookie on the response. Raises `ServiceUnavailable`."""
        for token in self._stale:
            self._store.delete(token)
        if self._dirty:
            self._store.save(self._token, self)
            self._set_cookie(response, self._token)
        elif self._stale or (self._had_cookie and self.new):
            self._set_cookie(response, "", max_age=0)

    def _set_cookie(self, response: Any, value: str, *, max_age: int | None = None) -> None:
        response.set_cookie(
            self._store.cookie_name,
            value,
            max_age=max_age,
            httponly=True,
            secure=self._store.secure,
            samesite="Lax",
            path="/",
        )


def includeme(config: Any) -> None:
    config.action("advisoryhub.session_store", _make_store, (config.registry,))
    config.set_session_factory(Session)


def _make_store(registry: Any) -> None:
    registry.session_store = SessionStore(
        REDIS_URL.of(registry),
        SESSION_SECRET.of(registry),
        SESSION_LIFETIME.of(registry),
        secure=BASE_URL.of(registry).startswith("https:"),
    )
