"""The append-only ledger and the partitioned access log."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, Identity, Index, func
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
    # A trigger's, whatever an insert says (INV-AUDIT-7).
    salt: Mapped[bytes] = mapped_column(deferred=True)
    commitment: Mapped[bytes] = mapped_column(deferred=True)
    entry_hash: Mapped[bytes] = mapped_column(deferred=True)


class AuditSeal(Base):
    """A batch of entries, by their hashes, chained to the batch before it (INV-AUDIT-7)."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_entry_id: Mapped[int]
    last_entry_id: Mapped[int]
    entry_count: Mapped[int]
    entry_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    entry_hashes: Mapped[bytes]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]
    sealed_at: Mapped[dt.datetime]


class AuditReplacement(Base):
    """The commitment to an entry's values after they were rewritten by the act of `forgotten_entry_id`."""

    __tablename__ = "audit_replacements"
    __table_args__ = (
        Index("ix_audit_replacements_entry_id_forgotten_entry_id", "entry_id", "forgotten_entry_id"),
    )

    forgotten_entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    commitment: Mapped[bytes]


class AuditCheckpoint(Base):
    """Where the chain begins after a prune: the last seal that went, and the entry that tells of it."""

    __tablename__ = "audit_checkpoints"

    seal_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seal_hash: Mapped[bytes]
    last_entry_id: Mapped[int]
    entry_count: Mapped[int]
    pruned_entry_id: Mapped[int]


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
