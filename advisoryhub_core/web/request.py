"""The request: what every view may rely on, typed."""

from __future__ import annotations

import ipaddress
import re
import secrets
import sys
import uuid
from typing import TYPE_CHECKING

from pyramid.request import Request

from advisoryhub_core.acts import Act, Origin
from advisoryhub_core.web.settings import MAX_BODY_BYTES, TRUSTED_PROXIES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from advisoryhub_core.accounts.identity import Identity

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,100}")


class HubRequest(Request):  # type: ignore[misc]  # Pyramid ships no types
    """A request with its identity, its act and its ids.

    `db` and `identity` come from the database and accounts slices.
    """

    db: Session
    identity: Identity | None
    # What is under embargo is not spooled to a disk; no larger body is ever read.
    request_body_tempfile_limit = sys.maxsize

    def make_body_seekable(self) -> None:
        """Leave a body that will be refused for its size where it is: retrying would copy it first."""
        if (self.content_length or 0) <= MAX_BODY_BYTES.of(self.registry):
            super().make_body_seekable()

    @property
    def request_id(self) -> str:
        """The caller's `X-Request-ID` where it is well-formed, else a new one; the same all along."""
        cached: str | None = self.environ.get("hub.request_id")
        if cached is None:
            given = self.headers.get("X-Request-ID", "")
            cached = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
            self.environ["hub.request_id"] = cached
        return cached

    @property
    def csp_nonce(self) -> str:
        cached: str | None = self.environ.get("hub.csp_nonce")
        if cached is None:
            cached = self.environ["hub.csp_nonce"] = secrets.token_urlsafe(16)
        return cached

    @property
    def client_ip(self) -> str | None:
        """The caller's address: that many `X-Forwarded-For` entries from the right as there are proxies."""
        proxies = TRUSTED_PROXIES.of(self.registry)
        forwarded = [
            part.strip() for part in self.headers.get("X-Forwarded-For", "").split(",") if part.strip()
        ]
        if proxies and len(forwarded) >= proxies:
            return _address(forwarded[-proxies])
        return _address(self.environ.get("REMOTE_ADDR"))

    @property
    def is_htmx(self) -> bool:
        return bool(self.headers.get("HX-Request") == "true")

    @property
    def act(self) -> Act:
        """The act of this request's person; raises `LookupError` where nobody is signed in."""
        if self.identity is None:
            raise LookupError("nobody is signed in")
        return self.act_as(self.identity)

    def act_as(self, identity: Identity) -> Act:
        """Return an act of `identity` from this request, for sign-in itself."""
        agent: str | None = self.user_agent
        return Act(
            db=self.db,
            identity=identity,
            registry=self.registry,
            tm=self.tm,
            origin=Origin(self.client_ip, agent, self.request_id),
            from_web=True,
        )


def _address(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(text or ""))
    except ValueError:
        return None
