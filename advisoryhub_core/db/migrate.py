"""Running migrations of the core and of every plugin's branch, as the owner of the schema."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.engine import Connection, Engine

from advisoryhub_core.db import settings
from advisoryhub_core.db.base import Base
from advisoryhub_core.db.principal import key_pads

_CORE_SCRIPTS = "advisoryhub_migrations"


class MigrationFailed(Exception):
    """The schema cannot be brought to head; the message says why and what to set."""


@dataclass(frozen=True)
class Branch:
    """A plugin's own migrations: the package that holds `versions` scripts, and their branch label."""

    package: str
    label: str


def add_migrations(config: Any, package: str, branch: str) -> None:
    """Directive: add a plugin's Alembic branch, kept in `package` under the label `branch`."""
    registry = config.registry

    def register() -> None:
        migration_branches(registry).append(Branch(package, branch))

    intr = config.introspectable("advisoryhub migrations", branch, branch, "migrations")
    intr["package"] = package
    config.action(("advisoryhub.migrations", branch), register, introspectables=(intr,), order=-10)


def migration_branches(registry: Any) -> list[Branch]:
    if not hasattr(registry, "hub_migrations"):
        registry.hub_migrations = []
    return registry.hub_migrations  # type: ignore[no-any-return]  # the registry is untyped


def alembic_config(registry: Any, connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for the core and all loaded plugins."""
    script_root = importlib.resources.files(_CORE_SCRIPTS)
    locations = [str(script_root / "versions")]
    locations += [str(importlib.resources.files(b.package)) for b in migration_branches(registry)]
    config = Config()
    config.set_main_option("script_location", str(script_root))
    config.set_main_option("version_locations", "\n".join(locations))
    config.set_main_option("path_separator", "newline")
    config.attributes["metadata"] = Base.metadata
    config.attributes["app_role"] = make_url(settings.DATABASE_URL.of(registry)).username
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def owner_engine(registry: Any) -> Engine:
    """Return an unpooled engine as the schema's owner; raise `MigrationFailed` if its URL is missing."""
    url = settings.OWNER_URL.of(registry)
    if not url:
        raise MigrationFailed(
            f"{settings.OWNER_URL.key} ({settings.OWNER_URL.env}) is not set: "
            "migrations run as the role that owns the schema"
        )
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)


def migrate(registry: Any) -> None:
    """Bring the schema to head and install the key that verifies principals (INV-CONF-3)."""
    engine = owner_engine(registry)
    with engine.connect() as connection:
        command.upgrade(alembic_config(registry, connection), "heads")
    with engine.begin() as connection:
        inner, outer = key_pads(settings.PRINCIPAL_KEY.of(registry))
        connection.execute(
            text("SELECT hub_private.install_principal_key(:inner, :outer)"),
            {"inner": inner, "outer": outer},
        )
    engine.dispose()


def downgrade(registry: Any, revision: str) -> None:
    """Take the schema back to `revision` (`base` for nothing)."""
    engine = owner_engine(registry)
    with engine.connect() as connection:
        command.downgrade(alembic_config(registry, connection), revision)
    engine.dispose()


def pending(registry: Any, connection: Connection) -> list[str]:
    """Return the heads of the code that the database has not reached yet."""
    script = ScriptDirectory.from_config(alembic_config(registry))
    reached: set[str] = set()
    for head in MigrationContext.configure(connection).get_current_heads():
        known = script.get_revision(head) if head in _known(script) else None
        if known is not None:
            reached |= {revision.revision for revision in script.iterate_revisions(head, "base")}
    return sorted(head for head in script.get_heads() if head not in reached)


def _known(script: ScriptDirectory) -> set[str]:
    return {revision.revision for revision in script.walk_revisions()}
