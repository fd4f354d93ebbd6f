"""What `up` makes once for a folder and keeps: secrets, and the port of the identity provider."""

from __future__ import annotations

import errno
import json
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path

from advisoryhub_embedded.constants import LOOPBACK
from advisoryhub_embedded.errors import StackRefused
from advisoryhub_embedded.files import write_private
from advisoryhub_embedded.redis import free_port

SECRET_NAMES = ("session", "principal", "oidc_client", "redis")

_SECRET_BYTES = 32
_HIGHEST_PORT = 65535
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def load_secrets(path: Path) -> dict[str, str]:
    """Return a random secret for each of `SECRET_NAMES`, the same at every call with this file."""
    kept = _load(path)
    missing = [name for name in SECRET_NAMES if not isinstance(kept.get(name), str)]
    known = {name: str(value) for name, value in kept.items()}
    known |= {name: secrets.token_urlsafe(_SECRET_BYTES) for name in missing}
    if missing:
        write_private(path, json.dumps(known, indent=1))
    path.chmod(0o600)
    return known


def provider_port(path: Path, web_port: int) -> int:
    """Return a port for the provider that nobody uses, the same as last time if that is possible.

    Its address is the issuer: with another one, people would have to sign in anew.
    """
    kept = _load(path)
    last = kept.get(str(web_port))
    candidates = [last] if isinstance(last, int) else []
    candidates += [web_port + 1] if web_port < _HIGHEST_PORT else []
    port = next((candidate for candidate in candidates if is_free(candidate)), None) or free_port()
    if port != last:
        write_private(path, json.dumps({**kept, str(web_port): port}))
    return port


def is_free(port: int, hosts: Iterable[str] = (LOOPBACK, "::1")) -> bool:
    """Tell whether nobody listens on a port; browsers may take `localhost` for either loopback address."""
    return all(_can_listen(host, port) for host in hosts)


def _can_listen(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                # A machine without IPv6 has no such address, and nobody can listen there either.
                return host != LOOPBACK and error.errno in _NO_SUCH_ADDRESS
    except OSError:
        return host != LOOPBACK
    return True


def _load(path: Path) -> dict[str, object]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StackRefused(f"{path} cannot be read ({type(error).__name__}): remove it") from None
    if not isinstance(kept, dict):
        raise StackRefused(f"{path} does not hold what it should: remove it")
    return kept
