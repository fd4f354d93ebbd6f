"""Migrations: up from empty, down and up again; the models equal the schema; guards are all there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from advisoryhub_core.db.base import Base
from advisoryhub_core.db.migrate import downgrade, migrate, pending
from advisoryhub_core.db.settings import OWNER_URL

GUARDS = {
    "policies": {
        "access_log_readable",
        "access_log_written",
        "advisories_visible",
        "advisory_notification_preferences_own",
        "advisory_visits_own",
        "comment_versions_visible",
        "comments_visible",
        "cve_request_tasks_visible",
        "invitations_visible",
        "notification_events_handled",
        "notification_events_readable",
        "notification_events_written",
        "notification_preferences_own",
        "notifications_own",
        "orphan_cves_visible",
        "orphan_reassignment_tasks_visible",
        "review_tasks_visible",
        "advisory_identifiers_visible",
        "advisory_versions_visible",
        "audit_checkpoints_readable",
        "audit_log_readable",
        "audit_log_written",
        "audit_replacements_readable",
        "audit_seals_readable",
        "grants_visible",
        "publication_artifacts_visible",
        "publication_tasks_visible",
    },
    "triggers": {
        "advisories_append_only",
        "advisories_identifiers",
        "advisories_identity",
        "advisories_lifecycle",
        "comment_versions_append_only",
        "comment_versions_no_truncate",
        "comments_append_only",
        "comments_fixed",
        "comments_no_truncate",
        "advisories_no_truncate",
        "advisory_versions_append_only",
        "advisory_versions_no_truncate",
        "advisory_versions_number",
        "audit_checkpoints_append_only",
        "audit_checkpoints_no_truncate",
        "audit_log_append_only",
        "audit_log_hashed",
        "audit_log_no_truncate",
        "audit_replacements_append_only",
        "audit_replacements_no_truncate",
        "audit_seals_append_only",
        "audit_seals_no_truncate",
        "projects_unsorted",
        "user_groups_no_shadow",
    },
    "functions": {
        "hub_forget_audit",
        "hub_framed",
        "hub_guard_ledger",
        "hub_hash_entry",
        "hub_id_score",
        "hub_index_identifiers",
        "hub_keep_comment",
        "hub_keep_identity",
        "hub_keep_lifecycle",
        "hub_keep_unsorted",
        "hub_maintain_access_log",
        "hub_next_version",
        "hub_no_shadow_in_groups",
        "hub_principal",
        "hub_prune_audit",
        "hub_refuse",
        "hub_seal_audit",
        "hub_search",
    },
}

QUERIES = {
    "policies": "SELECT policyname FROM pg_policies WHERE schemaname = 'public'",
    "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname FROM pg_proc WHERE proname LIKE 'hub\\_%'",
}


@pytest.fixture
def own_database(registry: Any, postgres: Any) -> Iterator[Any]:
    """The registry pointed at an empty database as its owner."""
    postgres.create_database("migrating")
    before = registry.settings[OWNER_URL.key]
    registry.settings[OWNER_URL.key] = postgres.owner_url("migrating")
    engine = create_engine(postgres.owner_url("migrating"))
    yield engine
    engine.dispose()
    registry.settings[OWNER_URL.key] = before
    postgres.drop_database("migrating")


def names(engine: Any, kind: str) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text(QUERIES[kind])))


def test_up_down_and_up_again(own_database: Any, registry: Any) -> None:
    migrate(registry)
    for kind, expected in GUARDS.items():
        assert names(own_database, kind) == expected, kind
    with own_database.connect() as connection:
        assert pending(registry, connection) == []
    downgrade(registry, "base")
    for kind in GUARDS:
        assert names(own_database, kind) == set(), kind
    with own_database.connect() as connection:
        left = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
        assert left == {"alembic_version"}
        assert pending(registry, connection) != []
    migrate(registry)
    migrate(registry)


def test_the_models_equal_the_schema(own_database: Any, registry: Any) -> None:
    migrate(registry)

    def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        return kind != "table" or not str(name).startswith(("access_log_", "alembic_"))

    with own_database.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "compare_server_default": True, "include_object": ours},
        )
        differences = [
            difference
            for difference in compare_metadata(context, Base.metadata)
            if "access_log_default" not in str(difference)
        ]
    assert differences == []


@pytest.mark.invariant("INV-PROJECT-2")
def test_the_project_unsorted_exists_and_keeps_its_name(hub: Any) -> None:
    with hub.system() as act:
        owner = act.db.scalar(
            text(
                "SELECT g.name FROM projects p JOIN groups g ON g.id = p.security_team_id"
                " WHERE slug = 'unsorted'"
            )
        )
        assert owner == "advisoryhub-admins@example.org"
    from sqlalchemy.exc import ProgrammingError  # noqa: PLC0415

    with pytest.raises(ProgrammingError, match="INV-PROJECT-2"), hub.system() as act:
        act.db.execute(text("UPDATE projects SET slug = 'sorted' WHERE slug = 'unsorted'"))
