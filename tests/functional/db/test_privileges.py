"""What the application role may do with each table: no more than is listed here (INV-CONF-3)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from advisoryhub_embedded.postgres import APP_ROLE
from tests.functional.db.kit import superuser
from tests.support.hub import Hub

READ = {"SELECT"}
ADD = {"SELECT", "INSERT"}
CHANGE = ADD | {"UPDATE"}
TAKE_OFF = CHANGE | {"DELETE"}

TABLES = {
    "access_log": ADD,
    "advisories": CHANGE,
    "advisory_identifiers": READ,
    "advisory_notification_preferences": TAKE_OFF,
    "advisory_versions": ADD,
    "advisory_visits": CHANGE,
    "alembic_version": READ,
    "audit_checkpoints": READ,
    "audit_log": READ,
    "audit_replacements": READ,
    "audit_seals": READ,
    "comment_versions": ADD,
    "comments": CHANGE,
    "cve_request_tasks": CHANGE,
    "grants": TAKE_OFF,
    "groups": ADD,
    "invitations": TAKE_OFF,
    "maintenance_mode": READ,
    "notification_events": CHANGE,
    "notification_preferences": TAKE_OFF,
    "notifications": TAKE_OFF,
    "orphan_cves": CHANGE,
    "orphan_reassignment_tasks": CHANGE,
    "projects": CHANGE,
    "publication_artifacts": ADD | {"DELETE"},
    "publication_tasks": CHANGE,
    "review_tasks": CHANGE,
    "roster_entries": TAKE_OFF,
    "user_groups": ADD | {"DELETE"},
    "users": CHANGE,
}

# Where the rest of a row is the database's to say.
COLUMNS = {
    "audit_log": {
        ("INSERT", column)
        for column in (
            "actor_id",
            "action",
            "advisory_id",
            "comment_id",
            "previous",
            "new",
            "metadata",
            "ip",
            "user_agent",
            "request_id",
        )
    },
    "maintenance_mode": {("UPDATE", column) for column in ("message", "enabled_at", "enabled_by_id")},
}

_HELD = """
    SELECT c.relname, held.privilege_type FROM pg_class c, aclexplode(c.relacl) held
    WHERE c.relnamespace IN ('public'::regnamespace, 'hub_private'::regnamespace)
        AND held.grantee IN (0, CAST(:role AS regrole)) AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
"""
_HELD_ON_COLUMNS = """
    SELECT c.relname, held.privilege_type, a.attname
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) held
    WHERE c.relnamespace IN ('public'::regnamespace, 'hub_private'::regnamespace)
        AND held.grantee IN (0, CAST(:role AS regrole))
"""


@pytest.mark.invariant("INV-CONF-3")
def test_the_application_role_holds_what_is_listed_and_nothing_else(hub: Hub) -> None:
    """Partitions, sequences and the private schema are not listed: they are reached through what is."""
    tables: dict[str, set[str]] = {}
    columns: dict[str, set[tuple[str, str]]] = {}
    with superuser(hub) as connection:
        for name, privilege in connection.execute(text(_HELD), {"role": APP_ROLE}):
            tables.setdefault(name, set()).add(privilege)
        for name, privilege, column in connection.execute(text(_HELD_ON_COLUMNS), {"role": APP_ROLE}):
            columns.setdefault(name, set()).add((privilege, column))
        memberships = connection.execute(
            text("SELECT count(*) FROM pg_auth_members WHERE member = CAST(:role AS regrole)"),
            {"role": APP_ROLE},
        ).scalar_one()
    assert tables == TABLES
    assert columns == COLUMNS
    assert memberships == 0
