"""What happened that people are told of, their inbox, and what they wish to hear."""

from __future__ import annotations

import datetime as dt
import enum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from advisoryhub_core.access.models import Invitation
from advisoryhub_core.accounts.models import User
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.db.base import Base, BigId, CreatedAt, Json, enum_column, restricted_key


class CommentLevel(enum.StrEnum):
    """Which comments a person hears of; mentions always arrive."""

    ALL = "all"
    MENTIONED = "mentioned"


class Digest(enum.StrEnum):
    """Whether mails come one by one or gathered."""

    OFF = "off"
    HOURLY = "hourly"
    DAILY = "daily"


class Preset(enum.StrEnum):
    """How one advisory differs from a person's own defaults."""

    DEFAULTS = "defaults"
    EVERYTHING = "everything"
    IMPORTANT = "important"
    MENTIONS = "mentions"
    CUSTOM = "custom"


class MailStatus(enum.StrEnum):
    """What became of a notification's mail; `dropped` where the person lost sight of the advisory.

    `sending` is written before the mail server is asked, so that a mail whose worker died is not sent twice:
    where it stays, the outcome is unknown.
    """

    NONE = "none"
    QUEUED = "queued"
    DIGEST = "digest"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    DROPPED = "dropped"


class NotificationEvent(Base):
    """Something to tell people of, written in the act's own transaction: the outbox.

    Recipients are resolved when it is handled, never when it happens (INV-PRIVACY-2). `data` holds ids and
    codes, never content (INV-SECRET-3).
    """

    __tablename__ = "notification_events"
    __table_args__ = (
        Index("ix_notification_events_waiting", "id", postgresql_where=text("handled_at IS NULL")),
        Index("ix_notification_events_advisory_id", "advisory_id"),
    )

    id: Mapped[BigId]
    event: Mapped[str]
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    actor_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    data: Mapped[Json] = mapped_column(JSONB, server_default="{}")
    created_at: Mapped[CreatedAt]
    handled_at: Mapped[dt.datetime | None]

    advisory: Mapped[Advisory] = relationship()


class Notification(Base):
    """One person's inbox row for one event, and what became of its mail.

    `reason` is a value of `recipients.Reason`: why this person is told. An invitation's mail goes to an
    address without an account: such a row has `invitation_id` in place of `user_id`, and is in no inbox. A
    queued mail is tried from `mail_due_at` on.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        Index("uq_notifications_event_id_user_id", "event_id", "user_id", unique=True),
        Index("ix_notifications_user_id_id", "user_id", "id"),
        Index("ix_notifications_unread", "user_id", "advisory_id", postgresql_where=text("read_at IS NULL")),
        Index(
            "ix_notifications_mail_waiting",
            "mail_status",
            "id",
            postgresql_where=text("mail_status IN ('queued', 'digest')"),
        ),
        Index(
            "ix_notifications_mail_queued",
            "advisory_id",
            "id",
            postgresql_where=text("mail_status = 'queued'"),
        ),
        Index(
            "ix_notifications_mail_digest", "user_id", "id", postgresql_where=text("mail_status = 'digest'")
        ),
        Index(
            "uq_notifications_event_id_invitation_id",
            "event_id",
            "invitation_id",
            unique=True,
            postgresql_where=text("invitation_id IS NOT NULL"),
        ),
        Index(
            "ix_notifications_invitation_id",
            "invitation_id",
            postgresql_where=text("invitation_id IS NOT NULL"),
        ),
        Index("ix_notifications_advisory_id", "advisory_id"),
        CheckConstraint("(user_id IS NULL) <> (invitation_id IS NULL)", name="addressee"),
    )

    id: Mapped[BigId]
    event_id: Mapped[int] = mapped_column(restricted_key("notification_events.id"))
    user_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id", ondelete="CASCADE"))
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    reason: Mapped[str]
    created_at: Mapped[CreatedAt]
    read_at: Mapped[dt.datetime | None]
    mail_status: Mapped[MailStatus] = mapped_column(
        enum_column(MailStatus), server_default=MailStatus.NONE.value
    )
    mail_attempts: Mapped[int] = mapped_column(server_default="0")
    mail_error: Mapped[str] = mapped_column(server_default="")
    mail_due_at: Mapped[CreatedAt]
    mailed_at: Mapped[dt.datetime | None]

    event: Mapped[NotificationEvent] = relationship()
    user: Mapped[User | None] = relationship()
    invitation: Mapped[Invitation | None] = relationship()
    advisory: Mapped[Advisory] = relationship()


class NotificationPreference(Base):
    """A person's own defaults; without a row, those of the columns hold."""

    __tablename__ = "notification_preferences"

    user_id: Mapped[int] = mapped_column(restricted_key("users.id"), primary_key=True)
    created: Mapped[bool] = mapped_column(server_default=text("true"))
    triage: Mapped[bool] = mapped_column(server_default=text("true"))
    submitted: Mapped[bool] = mapped_column(server_default=text("true"))
    published: Mapped[bool] = mapped_column(server_default=text("true"))
    export: Mapped[bool] = mapped_column(server_default=text("true"))
    comments: Mapped[CommentLevel] = mapped_column(
        enum_column(CommentLevel), server_default=CommentLevel.ALL.value
    )
    digest: Mapped[Digest] = mapped_column(enum_column(Digest), server_default=Digest.OFF.value)
    last_digest_at: Mapped[dt.datetime | None]


class AdvisoryNotificationPreference(Base):
    """How one person's wishes for one advisory differ; `overrides` holds only what differs (custom)."""

    __tablename__ = "advisory_notification_preferences"

    user_id: Mapped[int] = mapped_column(restricted_key("users.id"), primary_key=True)
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"), primary_key=True, index=True)
    preset: Mapped[Preset] = mapped_column(enum_column(Preset))
    overrides: Mapped[Json] = mapped_column(JSONB, server_default="{}")
