"""Rosters, what people are told, and what they wish to hear."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0008"
down_revision = "core_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notification_preferences",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("triage", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("submitted", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("export", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "comments",
            sa.Enum("all", "mentioned", name="commentlevel", native_enum=False, length=40),
            server_default="all",
            nullable=False,
        ),
        sa.Column(
            "digest",
            sa.Enum("off", "hourly", "daily", name="digest", native_enum=False, length=40),
            server_default="off",
            nullable=False,
        ),
        sa.Column("last_digest_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notification_preferences_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_preferences")),
    )
    op.create_table(
        "roster_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), server_default="", nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_roster_entries_project_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_roster_entries_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_entries")),
    )
    op.create_index("ix_roster_entries_user_id", "roster_entries", ["user_id"], unique=False)
    op.create_index(
        "uq_roster_entries_active",
        "roster_entries",
        ["project_id", "username"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "advisory_notification_preferences",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "preset",
            sa.Enum(
                "defaults",
                "everything",
                "important",
                "mentions",
                "custom",
                name="preset",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("overrides", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["advisory_id"],
            ["advisories.id"],
            name=op.f("fk_advisory_notification_preferences_advisory_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_advisory_notification_preferences_user_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("user_id", "advisory_id", name=op.f("pk_advisory_notification_preferences")),
    )
    op.create_index(
        op.f("ix_advisory_notification_preferences_advisory_id"),
        "advisory_notification_preferences",
        ["advisory_id"],
        unique=False,
    )
    op.create_table(
        "notification_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_notification_events_actor_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["advisory_id"],
            ["advisories.id"],
            name=op.f("fk_notification_events_advisory_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_events")),
    )
    op.create_index(
        "ix_notification_events_advisory_id", "notification_events", ["advisory_id"], unique=False
    )
    op.create_index(
        "ix_notification_events_waiting",
        "notification_events",
        ["id"],
        unique=False,
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("advisory_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "mail_status",
            sa.Enum(
                "none",
                "queued",
                "digest",
                "sent",
                "refused",
                "dropped",
                name="mailstatus",
                native_enum=False,
                length=40,
            ),
            server_default="none",
            nullable=False,
        ),
        sa.Column("mail_attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("mail_error", sa.String(), server_default="", nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["advisory_id"], ["advisories.id"], name=op.f("fk_notifications_advisory_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["notification_events.id"],
            name=op.f("fk_notifications_event_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notifications_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index("ix_notifications_advisory_id", "notifications", ["advisory_id"], unique=False)
    op.create_index(
        "ix_notifications_mail_waiting",
        "notifications",
        ["mail_status", "id"],
        unique=False,
        postgresql_where=sa.text("mail_status IN ('queued', 'digest')"),
    )
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["user_id", "advisory_id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_notifications_user_id_id", "notifications", ["user_id", "id"], unique=False)
    op.create_index(
        "uq_notifications_event_id_user_id", "notifications", ["event_id", "user_id"], unique=True
    )


def downgrade() -> None:
    op.drop_table("notifications")
    op.drop_table("notification_events")
    op.drop_table("advisory_notification_preferences")
    op.drop_table("notification_preferences")
    op.drop_table("roster_entries")
