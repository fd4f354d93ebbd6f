"""Doing to the ledger what the hub never does: as the superuser, behind the triggers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import make_url

from advisoryhub_core.audit.retention import Sealed, seal_entries
from advisoryhub_core.audit.services import record
from advisoryhub_core.audit.verification import Report, verify
from tests.support.hub import Hub

TABLES = ("audit_log", "audit_seals", "audit_replacements", "audit_checkpoints")


def connect(url: str) -> psycopg.Connection[Any]:
    parts = make_url(url)
    return psycopg.connect(host=parts.query["host"], user=parts.username, dbname=parts.database)


@contextmanager
def behind_the_triggers(hub: Hub) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the superuser's on which no trigger fires."""
    with connect(hub.registry.admin_url) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")  # type: ignore[arg-type]
        yield connection
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")  # type: ignore[arg-type]
            for guard in ("append_only", "no_truncate"):
                always = f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{guard}"
                connection.execute(always)  # type: ignore[arg-type]


def write(hub: Hub, *names: str) -> list[int]:
    """Write an entry that tells of each name, and return the ids of all entries there are."""
    with hub.system() as act:
        for name in names:
            record(act, "project.updated", previous={"name": name}, new={"name": f"new {name}"}, by=name)
    with connect(hub.registry.admin_url) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM audit_log ORDER BY id")]


def seal(hub: Hub, most: int = 1000) -> Sealed:
    with hub.system() as act:
        sealed = seal_entries(act, most)
    assert sealed is not None
    return sealed


def check(hub: Hub, expect: str | None = None) -> Report:
    with hub.system() as act:
        return verify(act, expect=expect)
