"""The signed principal that row-level security believes (INV-CONF-2, INV-CONF-3).

`advisoryhub.principal` is `user|admin|expiry|mac`: the user's id, or `system` for the narrow scope in
which a service acts for somebody who may not read; `1` for an administrator; the expiry in epoch
seconds; and an HMAC-SHA-256 in lower-case hex over the three parts before it. The database function
`hub_principal()` verifies the MAC with a key that the application role cannot read.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass

# Long enough for a request or a task within its hard limit: it is signed anew as each transaction begins.
LIFETIME_SECONDS = 3600
_BLOCK_BYTES = 64


@dataclass(frozen=True)
class Principal:
    """Whom the database is told about. `user_id` None with `admin` is the system scope."""

    user_id: int | None
    admin: bool

    @property
    def is_nobody(self) -> bool:
        return self.user_id is None and not self.admin


NOBODY = Principal(user_id=None, admin=False)
SYSTEM = Principal(user_id=None, admin=True)


def signed(principal: Principal, key: str, *, now: float | None = None) -> str:
    """Return the value for `advisoryhub.principal`; the empty string for nobody."""
    if principal.is_nobody:
        return ""
    expiry = int(now if now is not None else time.time()) + LIFETIME_SECONDS
    user = "system" if principal.user_id is None else str(principal.user_id)
    message = f"{user}|{int(principal.admin)}|{expiry}"
    mac = hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
    return f"{message}|{mac}"


def key_pads(key: str) -> tuple[bytes, bytes]:
    """Return the inner and outer pad of HMAC-SHA-256 for `key` (RFC 2104).

    The database stores these two instead of the key, so that the policy function needs nothing but the
    built-in `sha256()`: pgcrypto is not everywhere.
    """
    raw = key.encode()
    if len(raw) > _BLOCK_BYTES:
        raw = hashlib.sha256(raw).digest()
    block = raw.ljust(_BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
