"""Engine and sessions: one per request or task, owned by the transaction manager."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import zope.sqlalchemy
from pyramid_retry import mark_error_retryable
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.orm import Session, SessionTransaction

from advisoryhub_core.db.principal import NOBODY, SYSTEM, Principal, signed

_PRINCIPAL = "hub.principal"
_KEY = "hub.principal_key"
_SET_PRINCIPAL = text("SELECT set_config('advisoryhub.principal', :value, true)")


def make_engine(url: str, *, pool_size: int = 8, statement_timeout_ms: int = 30000) -> Engine:
    """Return an engine for the application role.

    JIT is off because the plans that row-level security gives cross its cost threshold and compiling
    them takes longer than running them.
    """
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={
            "options": f"-c jit=off -c timezone=UTC -c statement_timeout={statement_timeout_ms}",
            "connect_timeout": 5,
        },
    )
    event.listen(engine, "handle_error", _mark_conflicts_retryable)
    return engine


def open_session(engine: Engine, principal_key: str, transaction_manager: Any) -> Session:
    """Return a session joined to `transaction_manager`, acting as nobody until `act_as` is called.

    It is registered as already changed: otherwise the transaction manager would roll back, without any
    error, statements that bypass the unit of work.
    """
    session = Session(engine, info={_KEY: principal_key, _PRINCIPAL: NOBODY})
    event.listen(session, "after_begin", _set_principal_when_a_transaction_begins)
    zope.sqlalchemy.register(session, transaction_manager=transaction_manager, initial_state="changed")
    return session


def current_principal(session: Session) -> Principal:
    return session.info.get(_PRINCIPAL, NOBODY)  # type: ignore[no-any-return]  # info is an untyped dict


def act_as(session: Session, principal: Principal) -> None:
    """Set whom the database believes this session to act for, now and in its later transactions."""
    if current_principal(session) == principal:
        return
    session.info[_PRINCIPAL] = principal
    if session.in_transaction():
        session.execute(_SET_PRINCIPAL, {"value": signed(principal, session.info[_KEY])})


@contextmanager
def system_scope(session: Session) -> Iterator[None]:
    """Let a service write or look up what the acting person may not read, and nothing longer than that.

    Pending changes are flushed on both sides, so that each is judged under the principal that made it.
    """
    before = current_principal(session)
    session.flush()
    act_as(session, SYSTEM)
    try:
        yield
        session.flush()
    finally:
        if session.is_active:
            act_as(session, before)
        else:
            session.info[_PRINCIPAL] = before


def _set_principal_when_a_transaction_begins(
    session: Session, _transaction: SessionTransaction, connection: Connection
) -> None:
    # In the event and not in a tween: after an error and rollback the error page begins a new one.
    value = signed(current_principal(session), session.info[_KEY])
    connection.execute(_SET_PRINCIPAL, {"value": value})


def _mark_conflicts_retryable(context: ExceptionContext) -> None:
    # Class 40: serialization failure and deadlock. Marked here, and not unwrapped, so that both a
    # statement's and a COMMIT's conflict reach pyramid_retry and the task base as retryable.
    sqlstate = getattr(context.original_exception, "sqlstate", None) or ""
    if sqlstate.startswith("40") and context.sqlalchemy_exception is not None:
        mark_error_retryable(context.sqlalchemy_exception)
