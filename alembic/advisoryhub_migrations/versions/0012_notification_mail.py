"""What handing mail over needs: when it is due, that it has begun, and mail to people without an account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from advisoryhub_core.db.ddl import check_values

revision = "core_0012"
down_revision = "core_0011"
branch_labels = None
depends_on = None

_BEFORE = ("none", "queued", "digest", "sent", "refused", "dropped")
_STATUSES = (*_BEFORE, "sending")


def upgrade() -> None:
    op.add_column(
        "notifications",
        sa.Column("mail_due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.alter_column("notifications", "user_id", existing_type=sa.BigInteger(), nullable=True)
    op.add_column("notifications", sa.Column("invitation_id", sa.BigInteger(), nullable=True))
    # A revoked invitation is deleted, and takes what was not sent yet with it.
    op.create_foreign_key(
        op.f("fk_notifications_invitation_id"),
        "notifications",
        "invitations",
        ["invitation_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_check_constraint(
        op.f("ck_notifications_addressee"), "notifications", "(user_id IS NULL) <> (invitation_id IS NULL)"
    )
    op.create_index(
        "uq_notifications_event_id_invitation_id",
        "notifications",
        ["event_id", "invitation_id"],
        unique=True,
        postgresql_where=sa.text("invitation_id IS NOT NULL"),
    )
    op.create_index(
        "ix_notifications_invitation_id",
        "notifications",
        ["invitation_id"],
        postgresql_where=sa.text("invitation_id IS NOT NULL"),
    )
    op.create_index(
        "ix_notifications_mail_queued",
        "notifications",
        ["advisory_id", "id"],
        postgresql_where=sa.text("mail_status = 'queued'"),
    )
    op.create_index(
        "ix_notifications_mail_digest",
        "notifications",
        ["user_id", "id"],
        postgresql_where=sa.text("mail_status = 'digest'"),
    )
    op.execute("ALTER TABLE notifications DROP CONSTRAINT ck_notifications_mail_status")
    check_values("notifications", "mail_status", _STATUSES)


def downgrade() -> None:
    op.execute("DELETE FROM notifications WHERE user_id IS NULL")
    op.execute("UPDATE notifications SET mail_status = 'sent' WHERE mail_status = 'sending'")
    op.execute("ALTER TABLE notifications DROP CONSTRAINT ck_notifications_mail_status")
    check_values("notifications", "mail_status", _BEFORE)
    for index in (
        "ix_notifications_mail_digest",
        "ix_notifications_mail_queued",
        "ix_notifications_invitation_id",
        "uq_notifications_event_id_invitation_id",
    ):
        op.drop_index(index, "notifications")
    op.drop_constraint(op.f("ck_notifications_addressee"), "notifications", type_="check")
    op.drop_constraint(op.f("fk_notifications_invitation_id"), "notifications", type_="foreignkey")
    op.drop_column("notifications", "invitation_id")
    op.alter_column("notifications", "user_id", existing_type=sa.BigInteger(), nullable=False)
    op.drop_column("notifications", "mail_due_at")
