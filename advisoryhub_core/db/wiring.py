"""The database slice: engine, session per request, signed principal."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from advisoryhub_core.db import settings
from advisoryhub_core.db.session import act_as, make_engine, open_session


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    config.action("advisoryhub.engine", _make_engine, (config.registry,))
    config.add_request_method(_request_session, "db", reify=True)


def _make_engine(registry: Any) -> None:
    registry.db_engine = make_engine(
        settings.DATABASE_URL.of(registry),
        pool_size=settings.POOL_SIZE.of(registry),
        statement_timeout_ms=settings.STATEMENT_TIMEOUT.of(registry),
    )


def _request_session(request: Any) -> Session:
    session = open_session(
        request.registry.db_engine, settings.PRINCIPAL_KEY.of(request.registry), request.tm
    )
    if request.identity is not None:
        act_as(session, request.identity.principal)
    request.add_finished_callback(lambda _request: session.close())
    return session
