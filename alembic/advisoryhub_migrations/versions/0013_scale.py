"""Policies that reach an advisory by its key, and an index for each filter of the list.

INV-CONF-2: the policies say what they said; see `sees_advisory` for why they say it in other words.
"""

from __future__ import annotations

from collections.abc import Callable

from alembic import op

from advisoryhub_core.db.ddl import sees_advisory

revision = "core_0013"
down_revision = "core_0012"
branch_labels = None
depends_on = None

_ALL = "(SELECT sees_all FROM hub_principal())"
_OWN = "user_id = (SELECT user_id FROM hub_principal())"

_WITH_ADVISORY = (
    "advisory_versions",
    "advisory_identifiers",
    "grants",
    "review_tasks",
    "cve_request_tasks",
    "orphan_cves",
    "orphan_reassignment_tasks",
    "invitations",
)
_READABLE = ("audit_log", "access_log", "notification_events")
_OWN_VISIBLE = ("advisory_visits", "notifications", "advisory_notification_preferences")

_NEWEST_FIRST = "modified_at DESC, id DESC"
_INDEXES = {
    "ix_advisories_created_by_id_state_modified_at": f"advisories (created_by_id, state, {_NEWEST_FIRST})",
    "ix_advisories_review_status_state_modified_at": f"advisories (review_status, state, {_NEWEST_FIRST})",
    "ix_advisories_with_cve_state_modified_at": (
        f"advisories (state, {_NEWEST_FIRST}) WHERE assigned_cve_id IS NOT NULL"
    ),
    "ix_advisories_linked_state_modified_at": (
        f"advisories (state, {_NEWEST_FIRST}) WHERE kind = 'ghsa_linked'"
    ),
    "ix_comments_advisory_id_created_at": "comments (advisory_id, created_at)",
}


def upgrade() -> None:
    _rewrite_policies(sees_advisory, "(SELECT c.id FROM comments c WHERE c.id = comment_id) IS NOT NULL")
    with op.get_context().autocommit_block():
        for name, columns in _INDEXES.items():
            # An attempt that was broken off leaves an index that is not used.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {columns}")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in _INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    _rewrite_policies(
        lambda table: f"EXISTS (SELECT FROM advisories a WHERE a.id = {table}.advisory_id)",
        "EXISTS (SELECT FROM comments c WHERE c.id = comment_id)",
    )


def _rewrite_policies(seen: Callable[[str], str], comment_seen: str) -> None:
    for table in _WITH_ADVISORY:
        condition = f"{_ALL} OR {seen(table)}"
        op.execute(f"ALTER POLICY {table}_visible ON {table} USING ({condition}) WITH CHECK ({condition})")
    for table in _READABLE:
        op.execute(f"ALTER POLICY {table}_readable ON {table} USING ({_ALL} OR {seen(table)})")
    for table in _OWN_VISIBLE:
        op.execute(f"ALTER POLICY {table}_own ON {table} USING ({_ALL} OR ({_OWN} AND {seen(table)}))")
    op.execute(f"ALTER POLICY comment_versions_visible ON comment_versions USING ({_ALL} OR {comment_seen})")
