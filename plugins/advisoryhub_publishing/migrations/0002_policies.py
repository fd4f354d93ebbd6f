"""Policies that reach the advisory by its key (INV-CONF-2: they say what they said)."""

from __future__ import annotations

from collections.abc import Callable

from alembic import op

from advisoryhub_core.plugins.migrations import sees_advisory

revision = "publishing_0002"
down_revision = "publishing_0001"
branch_labels = None
depends_on = None

_ALL = "(SELECT sees_all FROM hub_principal())"
_TABLES = ("publication_tasks", "publication_artifacts")


def upgrade() -> None:
    _rewrite(sees_advisory)


def downgrade() -> None:
    _rewrite(lambda table: f"EXISTS (SELECT FROM advisories a WHERE a.id = {table}.advisory_id)")


def _rewrite(seen: Callable[[str], str]) -> None:
    for table in _TABLES:
        condition = f"{_ALL} OR {seen(table)}"
        op.execute(f"ALTER POLICY {table}_visible ON {table} USING ({condition}) WITH CHECK ({condition})")
