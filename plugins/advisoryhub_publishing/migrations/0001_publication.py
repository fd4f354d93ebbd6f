"""Publication tasks and the documents they built."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from advisoryhub_core.plugins.migrations import check_values, grant, visible_with_advisory

revision = "publishing_0001"
down_revision = None
branch_labels = ("publishing",)
depends_on = "core_0004"


def upgrade() -> None:
    op.create_table(
        "publication_tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.Column("commit_sha", sa.String(), server_default="", nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("revision_summary", sa.String(), nullable=False),
        sa.Column("first_published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivery_id", sa.String(), server_default="", nullable=False),
        sa.Column("enqueued_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_publication_tasks"),
        sa.ForeignKeyConstraint(
            ["advisory_id"],
            ["advisories.id"],
            name="fk_publication_tasks_advisory_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["advisory_id", "version"],
            ["advisory_versions.advisory_id", "advisory_versions.number"],
            name="fk_publication_tasks_version",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["enqueued_by_id"], ["users.id"], name="fk_publication_tasks_enqueued_by_id", ondelete="RESTRICT"
        ),
    )
    op.create_index(
        "uq_publication_tasks_in_flight",
        "publication_tasks",
        ["advisory_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_index("ix_publication_tasks_advisory_id_id", "publication_tasks", ["advisory_id", "id"])
    op.create_index("ix_publication_tasks_status_created_at", "publication_tasks", ["status", "created_at"])
    op.create_table(
        "publication_artifacts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_publication_artifacts"),
        sa.ForeignKeyConstraint(
            ["advisory_id"],
            ["advisories.id"],
            name="fk_publication_artifacts_advisory_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["publication_tasks.id"],
            name="fk_publication_artifacts_task_id",
            ondelete="RESTRICT",
        ),
    )
    op.create_index("ix_publication_artifacts_advisory_id", "publication_artifacts", ["advisory_id"])
    op.create_index(
        "uq_publication_artifacts_task_id_kind", "publication_artifacts", ["task_id", "kind"], unique=True
    )
    check_values("publication_tasks", "status", ("queued", "running", "succeeded", "failed"))
    grant("publication_tasks", "SELECT, INSERT, UPDATE")
    grant("publication_artifacts", "SELECT, INSERT, DELETE")
    for table in ("publication_tasks", "publication_artifacts"):
        visible_with_advisory(table)


def downgrade() -> None:
    op.drop_table("publication_artifacts")
    op.drop_table("publication_tasks")
