"""Advisories, their append-only versions, their identifiers, and grants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from advisoryhub_core.db.ddl import check_values

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None
depends_on = None
STATES = ("triage", "draft", "published", "dismissed")


def upgrade() -> None:

    op.create_table(
        "advisories",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("advisory_id", sa.String(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("native", "ghsa_linked", name="kind", native_enum=False, length=40),
            server_default="native",
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("triage", "draft", "published", "dismissed", name="state", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "review_status",
            sa.Enum(
                "none",
                "submitted",
                "changes_requested",
                "approved",
                name="reviewstatus",
                native_enum=False,
                length=40,
            ),
            server_default="none",
            nullable=False,
        ),
        sa.Column("approved_version", sa.BigInteger(), nullable=True),
        sa.Column("current_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("ghsa_id", sa.String(), server_default="", nullable=False),
        sa.Column("ghsa_owner", sa.String(), server_default="", nullable=False),
        sa.Column("ghsa_repo", sa.String(), server_default="", nullable=False),
        sa.Column("summary", sa.String(), server_default="", nullable=False),
        sa.Column("details", sa.String(), server_default="", nullable=False),
        sa.Column("aliases", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("references", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("affected", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("severity", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("cwe_ids", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("credits", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("assigned_cve_id", sa.String(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(), server_default="", nullable=False),
        sa.Column("severity_level", sa.String(), nullable=True),
        sa.Column("severity_score", sa.Numeric(precision=3, scale=1), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('english', summary), 'A') ||"
                " setweight(to_tsvector('english', details), 'B')",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("dismissed_reason", sa.String(), server_default="", nullable=False),
        sa.Column(
            "dismissed_from_state",
            sa.Enum("triage", "draft", "published", "dismissed", name="state", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("republish_required", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("routing_flagged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comments_locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_advisories_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_advisories_project_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisories")),
        sa.UniqueConstraint("advisory_id", name=op.f("uq_advisories_advisory_id")),
    )
    op.create_index(
        "ix_advisories_modified_at_id",
        "advisories",
        [sa.literal_column("modified_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_advisories_project_id_state_modified_at",
        "advisories",
        ["project_id", "state", sa.literal_column("modified_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_advisories_severity_level_state_modified_at",
        "advisories",
        ["severity_level", "state", sa.literal_column("modified_at DESC"), sa.literal_column("id DESC")],
    )
    op.create_index("ix_advisories_search", "advisories", ["search"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_advisories_state_modified_at_id",
        "advisories",
        ["state", sa.literal_column("modified_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_advisories_summary_trgm",
        "advisories",
        [sa.literal_column("lower(summary) gin_trgm_ops")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "uq_advisories_assigned_cve_id",
        "advisories",
        ["assigned_cve_id"],
        unique=True,
        postgresql_where=sa.text("assigned_cve_id IS NOT NULL"),
    )
    op.create_index(
        "uq_advisories_ghsa_id",
        "advisories",
        ["ghsa_id"],
        unique=True,
        postgresql_where=sa.text("ghsa_id <> ''"),
    )
    op.create_table(
        "advisory_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("editor_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["advisory_id"],
            ["advisories.id"],
            name=op.f("fk_advisory_versions_advisory_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["editor_id"], ["users.id"], name=op.f("fk_advisory_versions_editor_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_versions")),
    )
    op.create_index(
        "uq_advisory_versions_advisory_id_number", "advisory_versions", ["advisory_id", "number"], unique=True
    )
    op.create_table(
        "advisory_identifiers",
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["advisory_id"],
            ["advisories.id"],
            name=op.f("fk_advisory_identifiers_advisory_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("advisory_id", "value", name=op.f("pk_advisory_identifiers")),
    )
    op.create_index(
        "ix_advisory_identifiers_value",
        "advisory_identifiers",
        [sa.literal_column("value text_pattern_ops")],
        unique=False,
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "permission",
            sa.Enum("viewer", "collaborator", name="grantpermission", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["advisory_id"], ["advisories.id"], name=op.f("fk_grants_advisory_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_grants_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_grants_group_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_grants_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_advisory_id", "grants", ["advisory_id"], unique=False)
    op.create_index(
        "uq_grants_group_advisory",
        "grants",
        ["group_id", "advisory_id"],
        unique=True,
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )
    op.create_index(
        "uq_grants_user_advisory",
        "grants",
        ["user_id", "advisory_id"],
        unique=True,
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )

    op.create_foreign_key(
        "fk_advisories_current_version",
        "advisories",
        "advisory_versions",
        ["id", "current_version"],
        ["advisory_id", "number"],
        ondelete="RESTRICT",
        deferrable=True,
        initially="DEFERRED",
    )
    check_values("advisories", "state", STATES)
    check_values("advisories", "dismissed_from_state", ("triage", "draft", "published"), nullable=True)
    check_values("advisories", "review_status", ("none", "submitted", "changes_requested", "approved"))
    check_values("advisories", "kind", ("native", "ghsa_linked"))
    check_values("advisories", "severity_level", ("critical", "high", "medium", "low", "none"), nullable=True)
    check_values("grants", "permission", ("viewer", "collaborator"))
    op.execute(
        "ALTER TABLE grants ADD CONSTRAINT ck_grants_one_principal"
        " CHECK (num_nonnulls(user_id, group_id) = 1)"
    )
    op.execute(
        "ALTER TABLE advisories ADD CONSTRAINT ck_advisories_dismissed CHECK "
        "((state = 'dismissed') = (dismissed_from_state IS NOT NULL))"
    )
    op.execute(
        r"ALTER TABLE advisories ADD CONSTRAINT ck_advisories_assigned_cve_id "
        r"CHECK (assigned_cve_id ~ '^CVE-\d{4}-\d{4,19}$')"
    )


def downgrade() -> None:
    op.drop_constraint("fk_advisories_current_version", "advisories", type_="foreignkey")
    op.drop_table("grants")
    op.drop_table("advisory_identifiers")
    op.drop_table("advisory_versions")
    op.drop_table("advisories")
