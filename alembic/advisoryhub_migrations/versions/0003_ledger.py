"""The append-only ledger and the access log, partitioned by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=True),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("previous", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("new", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_audit_log_actor_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["advisory_id"], ["advisories.id"], name=op.f("fk_audit_log_advisory_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_action_id", "audit_log", ["action", "id"], unique=False)
    op.create_index("ix_audit_log_actor_id_id", "audit_log", ["actor_id", "id"], unique=False)
    op.create_index("ix_audit_log_advisory_id_id", "audit_log", ["advisory_id", "id"], unique=False)
    op.create_table(
        "access_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_access_log_actor_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["advisory_id"], ["advisories.id"], name=op.f("fk_access_log_advisory_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", "at", name=op.f("pk_access_log")),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index("ix_access_log_actor_id_at", "access_log", ["actor_id", "at"], unique=False)
    op.create_index("ix_access_log_advisory_id_at", "access_log", ["advisory_id", "at"], unique=False)

    op.execute("CREATE TABLE access_log_default PARTITION OF access_log DEFAULT")


def downgrade() -> None:
    op.drop_table("access_log")
    op.drop_table("audit_log")
