"""`/healthz` and `/readyz`: alive without touching anything; ready when every part answers."""

from __future__ import annotations

from typing import Any

import redis
import structlog
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import text

from advisoryhub_core.db.migrate import pending
from advisoryhub_core.jobs.settings import BROKER_URL
from advisoryhub_core.plugins.extensions import extensions
from advisoryhub_core.settings import Setting, boolean
from advisoryhub_core.web.resources import Root

log = structlog.get_logger(__name__)

READYZ_BROKER = Setting(
    key="readyz.include_broker",
    env="READYZ_INCLUDE_BROKER",
    parse=boolean(),
    default=False,
    help="Whether /readyz also asks the message broker.",
)


class MigrationsPending(Exception):
    """The database is behind the code."""


def healthz(_context: Any, _request: Any) -> dict[str, str]:
    return {"status": "ok"}


def readyz(_context: Any, request: Any) -> dict[str, Any]:
    """Answer 200, or 503 with the failing parts and the type of each failure, never its text."""
    failures: dict[str, str] = {}
    for name, check in _checks(request.registry).items():
        try:
            check(request.registry)
        except Exception as error:  # noqa: BLE001 (whatever fails means not ready)
            log.warning("not_ready", part=name, error=type(error).__name__)
            failures[name] = type(error).__name__
    if not failures:
        return {"status": "ok"}
    request.response.status_int = 503
    return {"status": "fail", "failures": failures}


def _checks(registry: Any) -> dict[str, Any]:
    checks: dict[str, Any] = {"database": _database, "redis": _redis, "migrations": _migrations}
    if READYZ_BROKER.of(registry):
        checks["broker"] = _broker
    for name, (check, setting_name) in extensions(registry).readiness.items():
        if setting_name is None or registry.settings[setting_name]:
            checks[name] = check
    return checks


def _database(registry: Any) -> None:
    with registry.db_engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def _redis(registry: Any) -> None:
    registry.session_store.redis.ping()


def _migrations(registry: Any) -> None:
    # What was at head once stays there while this process runs.
    if getattr(registry, "hub_migrations_at_head", False):
        return
    with registry.db_engine.connect() as connection:
        waiting = pending(registry, connection)
    if waiting:
        raise MigrationsPending(", ".join(waiting))
    registry.hub_migrations_at_head = True


def _broker(registry: Any) -> None:
    redis.Redis.from_url(BROKER_URL.of(registry), socket_connect_timeout=2, socket_timeout=2).ping()


def includeme(config: Any) -> None:
    config.add_settings((READYZ_BROKER,))
    for name, view in (("healthz", healthz), ("readyz", readyz)):
        config.add_view(
            view,
            context=Root,
            name=name,
            renderer="json",
            permission=NO_PERMISSION_REQUIRED,
            request_method="GET",
        )
