"""Connections for what the tests of the database compare: the superuser's, and the application role's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from advisoryhub_core.accounts.identity import SYSTEM_IDENTITY, Identity, load_identity
from advisoryhub_core.db.principal import Principal, signed
from advisoryhub_core.db.session import make_engine
from advisoryhub_embedded.postgres import APP_ROLE
from tests.support.hub import ADMINS, PRINCIPAL_KEY, Hub


@contextmanager
def superuser(hub: Hub) -> Iterator[Connection]:
    """A connection that no policy holds, in a transaction that is rolled back."""
    engine = make_engine(hub.registry.admin_url, pool_size=1)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def application(connection: Connection, principal: Principal) -> Iterator[Connection]:
    """The same connection as the application role, acting for somebody: it sees what was not committed."""
    connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
    connection.execute(
        text("SELECT set_config('advisoryhub.principal', :value, true)"),
        {"value": signed(principal, PRINCIPAL_KEY)},
    )
    yield connection
    connection.execute(text("SELECT set_config('advisoryhub.principal', '', true)"))
    connection.execute(text("RESET ROLE"))


def identity_of(connection: Connection, user_id: int | None) -> Identity | None:
    """Return who this is to the hub: the system for None, None for somebody who may not sign in."""
    if user_id is None:
        return SYSTEM_IDENTITY
    return load_identity(connection, user_id, admin_group=ADMINS)
