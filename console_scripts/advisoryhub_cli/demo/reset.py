"""Whether a hub may be seeded at all, whether it is empty, and how it is emptied."""

from __future__ import annotations

import ipaddress
import os
from typing import Any
from urllib.parse import urlsplit

import redis
from sqlalchemy import exists, select
from sqlalchemy.exc import ProgrammingError

from advisoryhub_core.accounts.settings import ADMIN_GROUP
from advisoryhub_core.db.migrate import MigrationFailed, downgrade, migrate, pending
from advisoryhub_core.errors import HubError
from advisoryhub_core.jobs.context import TaskContext
from advisoryhub_core.projects.models import UNSORTED, Project
from advisoryhub_core.projects.services import ensure_unsorted
from advisoryhub_core.web.settings import BASE_URL

EMBEDDED_ENV = "ADVISORYHUB_EMBEDDED"
_SESSIONS = "advisoryhub:session:*"


class InProduction(HubError):
    """Invented data has no place in a hub that people work with."""

    code = "in_production"


class SessionsRemain(HubError):
    """The sessions of the emptied hub could not be ended."""

    code = "sessions_remain"


def refuse_in_production(registry: Any) -> None:
    """Raise `InProduction` unless this is the embedded stack or a hub on loopback."""
    if os.environ.get(EMBEDDED_ENV) == "1":
        return
    host = urlsplit(BASE_URL.of(registry)).hostname or ""
    if not is_loopback(host):
        raise InProduction(
            f"Demo data is refused in production: the base URL's host is {host}, and this is not the embedded"
            f" stack. Seed a hub of your own instead: run `advisoryhub up`, or set {BASE_URL.key}"
            f" ({BASE_URL.env}) to a localhost address."
        )


def is_loopback(host: str) -> bool:
    """Tell whether a URL's host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_schema(registry: Any) -> None:
    """Raise `MigrationFailed` where the schema is not at head."""
    with registry.db_engine.connect() as connection:
        try:
            behind = bool(pending(registry, connection))
        except ProgrammingError:
            # Taken back to nothing, the schema does not even let this role read how far it is.
            behind = True
    if behind:
        raise MigrationFailed("The database schema is not at head. Run `advisoryhub migrate` first.")


def is_empty(registry: Any) -> bool:
    """Tell whether there is no project besides `unsorted`."""
    with TaskContext(registry).system() as act:
        return not act.db.scalar(select(exists().where(Project.slug != UNSORTED)))


def empty(registry: Any) -> None:
    """Drop the schema and make it again, as its owner, and end all sessions.

    Nothing less would do: the database deletes no advisory, version or ledger entry. Sessions go too,
    since a session names a person by a number that somebody else will have. Raises `MigrationFailed`
    without the owner's URL, and `SessionsRemain`, before anything has changed, without Redis.
    """
    _end_sessions(registry)
    downgrade(registry, "base")
    registry.db_engine.dispose()
    _end_sessions(registry)
    migrate(registry)
    with TaskContext(registry).system() as act:
        ensure_unsorted(act.db, ADMIN_GROUP.of(registry))


def _end_sessions(registry: Any) -> None:
    store = registry.session_store.redis
    try:
        for key in store.scan_iter(match=_SESSIONS, count=1000):
            store.delete(key)
    except redis.RedisError as error:
        raise SessionsRemain(
            f"Redis cannot be reached ({type(error).__name__}), and the sessions in it would outlive the"
            " people they belong to. Start it and try again."
        ) from error
