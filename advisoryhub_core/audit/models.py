"""The append-only ledger and the partitioned access log."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import DateTime, Identity, Index, func
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from advisoryhub_core.db.base import Base, BigId, CreatedAt, Json, restricted_key


class AuditLogEntry(Base):
    """One act of governance. The database refuses to change or delete it (INV-AUDIT-1)."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_advisory_id_id", "advisory_id", "id"),
        Index("ix_audit_log_action_id", "action", "id"),
        Index("ix_audit_log_actor_id_id", "actor_id", "id"),
    )

    id: Mapped[BigId]
    at: Mapped[CreatedAt]
    actor_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    action: Mapped[str]
    advisory_id: Mapped[int | None] = mapped_column(restricted_key("advisories.id"))
    comment_id: Mapped[int | None]
    previous: Mapped[Any | None] = mapped_column(JSONB)
    new: Mapped[Any | None] = mapped_column(JSONB)
    details: Mapped[Json] = mapped_column("metadata", server_default="{}")
    ip: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str | None]
    request_id: Mapped[str | None]


class AccessLogEntry(Base):
    """An ephemeral event (sign-in, view, chatter), partitioned by month (INV-AUDIT-5)."""

    __tablename__ = "access_log"
    __table_args__ = (
        Index("ix_access_log_actor_id_at", "actor_id", "at"),
        Index("ix_access_log_advisory_id_at", "advisory_id", "at"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), primary_key=True
    )
    actor_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    action: Mapped[str]
    advisory_id: Mapped[int | None] = mapped_column(restricted_key("advisories.id"))
    details: Mapped[Json] = mapped_column("metadata", server_default="{}")
    ip: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str | None]
    request_id: Mapped[str | None]
