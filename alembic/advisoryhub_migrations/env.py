"""Alembic's environment: one transaction per migration, bounded waits, one deployer at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from alembic import context
from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# Any number that no other user of advisory locks in this database takes.
_DEPLOY_LOCK = 0x41445648


def _include(object_: Any, name: str | None, type_: str, _reflected: bool, _compare_to: Any) -> bool:  # noqa: FBT001 (Alembic's signature)
    if type_ == "table" and name is not None:
        return not name.startswith(("alembic_", "access_log_"))
    return not getattr(object_, "info", {}).get("unmanaged", False)


def _run() -> None:
    connection = cast("Connection", context.config.attributes["connection"])
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes.get("metadata"),
        transaction_per_migration=True,
        include_object=_include,
    )
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _DEPLOY_LOCK})
    # Long enough for a busy table, short enough that waiting for a lock never stops a running site.
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.commit()
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("RESET lock_timeout"))
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _DEPLOY_LOCK})
        connection.commit()


_run()
