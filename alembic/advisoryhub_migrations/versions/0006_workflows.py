"""Reviews, CVE requests, orphaned numbers, and what requests and locks leave on an advisory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0006"
down_revision = "core_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cve_request_tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "reserved",
                "rejected",
                "cancelled",
                name="cverequeststatus",
                native_enum=False,
                length=40,
            ),
            server_default="queued",
            nullable=False,
        ),
        sa.Column("cve_id", sa.String(), nullable=True),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=True),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.Column("notes", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["advisory_id"],
            ["advisories.id"],
            name=op.f("fk_cve_request_tasks_advisory_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["users.id"], name=op.f("fk_cve_request_tasks_assignee_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"],
            ["users.id"],
            name=op.f("fk_cve_request_tasks_requested_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cve_request_tasks")),
    )
    op.create_index(
        "ix_cve_request_tasks_advisory_id_id", "cve_request_tasks", ["advisory_id", "id"], unique=False
    )
    op.create_index("ix_cve_request_tasks_status_id", "cve_request_tasks", ["status", "id"], unique=False)
    op.create_index(
        "uq_cve_request_tasks_open",
        "cve_request_tasks",
        ["advisory_id"],
        unique=True,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_table(
        "orphan_cves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("cve_id", sa.String(), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "orphaned", "marked_rejected", "reassigned", name="orphanstatus", native_enum=False, length=40
            ),
            server_default="orphaned",
            nullable=False,
        ),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resolved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["advisory_id"], ["advisories.id"], name=op.f("fk_orphan_cves_advisory_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_orphan_cves_created_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["users.id"], name=op.f("fk_orphan_cves_resolved_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orphan_cves")),
    )
    op.create_index("ix_orphan_cves_advisory_id_id", "orphan_cves", ["advisory_id", "id"], unique=False)
    op.create_index("ix_orphan_cves_status_id", "orphan_cves", ["status", "id"], unique=False)
    op.create_index(
        "uq_orphan_cves_open",
        "orphan_cves",
        ["advisory_id", "cve_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('orphaned', 'marked_rejected')"),
    )
    op.create_table(
        "orphan_reassignment_tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("orphan_id", sa.BigInteger(), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued", "reassigned", "replaced", name="reassignmentstatus", native_enum=False, length=40
            ),
            server_default="queued",
            nullable=False,
        ),
        sa.Column("replacement_cve_id", sa.String(), nullable=True),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resolved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["advisory_id"],
            ["advisories.id"],
            name=op.f("fk_orphan_reassignment_tasks_advisory_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["orphan_id"],
            ["orphan_cves.id"],
            name=op.f("fk_orphan_reassignment_tasks_orphan_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"],
            ["users.id"],
            name=op.f("fk_orphan_reassignment_tasks_requested_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"],
            ["users.id"],
            name=op.f("fk_orphan_reassignment_tasks_resolved_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orphan_reassignment_tasks")),
    )
    op.create_index(
        "ix_orphan_reassignment_tasks_advisory_id_id",
        "orphan_reassignment_tasks",
        ["advisory_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_orphan_reassignment_tasks_status_id", "orphan_reassignment_tasks", ["status", "id"], unique=False
    )
    op.create_index(
        "uq_orphan_reassignment_tasks_open",
        "orphan_reassignment_tasks",
        ["advisory_id"],
        unique=True,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_table(
        "review_tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "approved",
                "changes_requested",
                "withdrawn",
                name="reviewtaskstatus",
                native_enum=False,
                length=40,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("submitted_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reviewer_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_version", sa.BigInteger(), nullable=True),
        sa.Column("notes", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["advisory_id", "decided_version"],
            ["advisory_versions.advisory_id", "advisory_versions.number"],
            name="fk_review_tasks_decided_version",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["advisory_id", "version"],
            ["advisory_versions.advisory_id", "advisory_versions.number"],
            name="fk_review_tasks_version",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["advisory_id"], ["advisories.id"], name=op.f("fk_review_tasks_advisory_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["users.id"], name=op.f("fk_review_tasks_reviewer_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"],
            ["users.id"],
            name=op.f("fk_review_tasks_submitted_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_tasks")),
    )
    op.create_index("ix_review_tasks_advisory_id_id", "review_tasks", ["advisory_id", "id"], unique=False)
    op.create_index("ix_review_tasks_status_id", "review_tasks", ["status", "id"], unique=False)
    op.create_index(
        "uq_review_tasks_open",
        "review_tasks",
        ["advisory_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.add_column(
        "advisories", sa.Column("access_review_required_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("advisories", sa.Column("comments_locked_by_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "advisories", sa.Column("comments_lock_reason", sa.String(), server_default="", nullable=False)
    )
    op.add_column(
        "advisories", sa.Column("reassignment_requested_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("advisories", sa.Column("reassignment_requested_by_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "advisories", sa.Column("reassignment_note", sa.String(), server_default="", nullable=False)
    )
    op.add_column("advisories", sa.Column("reassignment_suggested_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "advisories", sa.Column("withdrawal_requested_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("advisories", sa.Column("withdrawal_requested_by_id", sa.BigInteger(), nullable=True))
    op.add_column("advisories", sa.Column("withdrawal_note", sa.String(), server_default="", nullable=False))
    op.add_column(
        "advisories",
        sa.Column("cve_requests_banned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_foreign_key(
        op.f("fk_advisories_withdrawal_requested_by_id"),
        "advisories",
        "users",
        ["withdrawal_requested_by_id"],
        ["id"],
        ondelete="RESTRICT",
    )
    op.create_foreign_key(
        op.f("fk_advisories_comments_locked_by_id"),
        "advisories",
        "users",
        ["comments_locked_by_id"],
        ["id"],
        ondelete="RESTRICT",
    )
    op.create_foreign_key(
        op.f("fk_advisories_reassignment_suggested_id"),
        "advisories",
        "projects",
        ["reassignment_suggested_id"],
        ["id"],
        ondelete="RESTRICT",
    )
    op.create_foreign_key(
        op.f("fk_advisories_reassignment_requested_by_id"),
        "advisories",
        "users",
        ["reassignment_requested_by_id"],
        ["id"],
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    op.drop_table("orphan_reassignment_tasks")
    op.drop_table("orphan_cves")
    op.drop_table("cve_request_tasks")
    op.drop_table("review_tasks")
    op.drop_constraint("fk_advisories_withdrawal_requested_by_id", "advisories", type_="foreignkey")
    op.drop_constraint("fk_advisories_comments_locked_by_id", "advisories", type_="foreignkey")
    op.drop_constraint("fk_advisories_reassignment_suggested_id", "advisories", type_="foreignkey")
    op.drop_constraint("fk_advisories_reassignment_requested_by_id", "advisories", type_="foreignkey")
    op.drop_column("advisories", "access_review_required_at")
    op.drop_column("advisories", "comments_locked_by_id")
    op.drop_column("advisories", "comments_lock_reason")
    op.drop_column("advisories", "reassignment_requested_at")
    op.drop_column("advisories", "reassignment_requested_by_id")
    op.drop_column("advisories", "reassignment_note")
    op.drop_column("advisories", "reassignment_suggested_id")
    op.drop_column("advisories", "withdrawal_requested_at")
    op.drop_column("advisories", "withdrawal_requested_by_id")
    op.drop_column("advisories", "withdrawal_note")
    op.drop_column("advisories", "cve_requests_banned")
