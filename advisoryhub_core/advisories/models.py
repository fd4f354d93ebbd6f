"""The advisory, its append-only versions, and the index of its identifiers."""

from __future__ import annotations

import datetime as dt
import decimal

from sqlalchemy import Computed, ForeignKeyConstraint, Index, Numeric, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from advisoryhub_core.accounts.models import User
from advisoryhub_core.advisories.states import Kind, ReviewStatus, State
from advisoryhub_core.db.base import Base, BigId, CreatedAt, Json, JsonList, enum_column, restricted_key
from advisoryhub_core.projects.models import Project


class Advisory(Base):
    """The central record. Its payload columns always equal the newest version (INV-VERSION-1)."""

    __tablename__ = "advisories"
    __table_args__ = (
        Index("ix_advisories_modified_at_id", text("modified_at DESC"), text("id DESC")),
        Index("ix_advisories_state_modified_at_id", "state", text("modified_at DESC"), text("id DESC")),
        Index(
            "ix_advisories_project_id_state_modified_at",
            "project_id",
            "state",
            text("modified_at DESC"),
            text("id DESC"),
        ),
        Index(
            "ix_advisories_severity_level_state_modified_at",
            "severity_level",
            "state",
            text("modified_at DESC"),
            text("id DESC"),
        ),
        Index(
            "ix_advisories_created_by_id_state_modified_at",
            "created_by_id",
            "state",
            text("modified_at DESC"),
            text("id DESC"),
        ),
        Index(
            "ix_advisories_review_status_state_modified_at",
            "review_status",
            "state",
            text("modified_at DESC"),
            text("id DESC"),
        ),
        Index(
            "ix_advisories_with_cve_state_modified_at",
            "state",
            text("modified_at DESC"),
            text("id DESC"),
            postgresql_where=text("assigned_cve_id IS NOT NULL"),
        ),
        Index(
            "ix_advisories_linked_state_modified_at",
            "state",
            text("modified_at DESC"),
            text("id DESC"),
            postgresql_where=text("kind = 'ghsa_linked'"),
        ),
        Index("ix_advisories_search", "search", postgresql_using="gin"),
        Index(
            "ix_advisories_summary_trgm",
            literal_column("lower(summary)").label("summary_lower"),
            postgresql_using="gin",
            postgresql_ops={"summary_lower": "gin_trgm_ops"},
        ),
        Index(
            "uq_advisories_assigned_cve_id",
            "assigned_cve_id",
            unique=True,
            postgresql_where=text("assigned_cve_id IS NOT NULL"),
        ),
        Index("uq_advisories_ghsa_id", "ghsa_id", unique=True, postgresql_where=text("ghsa_id <> ''")),
        # Deferred: row and version are written in one transaction, and neither stands without the other.
        ForeignKeyConstraint(
            ["id", "current_version"],
            ["advisory_versions.advisory_id", "advisory_versions.number"],
            name="fk_advisories_current_version",
            ondelete="RESTRICT",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
    )

    id: Mapped[BigId]
    advisory_id: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[int] = mapped_column(restricted_key("projects.id"))
    kind: Mapped[Kind] = mapped_column(enum_column(Kind), server_default=Kind.NATIVE.value)
    state: Mapped[State] = mapped_column(enum_column(State))
    review_status: Mapped[ReviewStatus] = mapped_column(
        enum_column(ReviewStatus), server_default=ReviewStatus.NONE.value
    )
    approved_version: Mapped[int | None]
    current_version: Mapped[int] = mapped_column(server_default="1")

    ghsa_id: Mapped[str] = mapped_column(server_default="")
    ghsa_owner: Mapped[str] = mapped_column(server_default="")
    ghsa_repo: Mapped[str] = mapped_column(server_default="")
    summary: Mapped[str] = mapped_column(server_default="")
    details: Mapped[str] = mapped_column(server_default="")
    aliases: Mapped[JsonList] = mapped_column(JSONB, server_default="[]")
    references: Mapped[JsonList] = mapped_column(JSONB, server_default="[]")
    affected: Mapped[JsonList] = mapped_column(JSONB, server_default="[]")
    severity: Mapped[JsonList] = mapped_column(JSONB, server_default="[]")
    cwe_ids: Mapped[JsonList] = mapped_column(JSONB, server_default="[]")
    credits: Mapped[JsonList] = mapped_column(JSONB, server_default="[]")
    assigned_cve_id: Mapped[str | None]
    withdrawn_reason: Mapped[str] = mapped_column(server_default="")

    severity_level: Mapped[str | None]
    severity_score: Mapped[decimal.Decimal | None] = mapped_column(Numeric(3, 1))
    search: Mapped[str] = deferred(
        mapped_column(
            TSVECTOR,
            Computed(
                "setweight(to_tsvector('english', summary), 'A') ||"
                " setweight(to_tsvector('english', details), 'B')",
                persisted=True,
            ),
        )
    )

    published_at: Mapped[dt.datetime | None]
    created_at: Mapped[CreatedAt]
    modified_at: Mapped[CreatedAt]
    created_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    dismissed_reason: Mapped[str] = mapped_column(server_default="")
    dismissed_from_state: Mapped[State | None] = mapped_column(enum_column(State))
    republish_required: Mapped[bool] = mapped_column(server_default=text("false"))
    access_review_required_at: Mapped[dt.datetime | None]
    routing_flagged_at: Mapped[dt.datetime | None]
    comments_locked_at: Mapped[dt.datetime | None]
    comments_locked_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    comments_lock_reason: Mapped[str] = mapped_column(server_default="")
    reassignment_requested_at: Mapped[dt.datetime | None]
    reassignment_requested_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    reassignment_note: Mapped[str] = mapped_column(server_default="")
    reassignment_suggested_id: Mapped[int | None] = mapped_column(restricted_key("projects.id"))
    withdrawal_requested_at: Mapped[dt.datetime | None]
    withdrawal_requested_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    withdrawal_note: Mapped[str] = mapped_column(server_default="")
    cve_requests_banned: Mapped[bool] = mapped_column(server_default=text("false"))

    project: Mapped[Project] = relationship(foreign_keys=[project_id])
    reassignment_suggested: Mapped[Project | None] = relationship(foreign_keys=[reassignment_suggested_id])
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])

    @property
    def is_withdrawing(self) -> bool:
        """Published, with a withdrawal asked for that no push has brought out yet (lifecycle row 8a)."""
        return self.state is State.PUBLISHED and self.withdrawn_reason != ""

    @property
    def is_restoring(self) -> bool:
        """Withdrawn, with the mark taken off again but not yet pushed (lifecycle row 9a)."""
        was_withdrawn = self.state is State.DISMISSED and self.dismissed_from_state is State.PUBLISHED
        return was_withdrawn and self.withdrawn_reason == ""


class AdvisoryVersion(Base):
    """An immutable snapshot of the payload; append-only in the database (INV-IMPL-5)."""

    __tablename__ = "advisory_versions"
    __table_args__ = (Index("uq_advisory_versions_advisory_id_number", "advisory_id", "number", unique=True),)

    id: Mapped[BigId]
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    number: Mapped[int]
    payload: Mapped[Json]
    editor_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    created_at: Mapped[CreatedAt]

    editor: Mapped[User | None] = relationship()


class AdvisoryIdentifier(Base):
    """Every id an advisory is known by, in upper case; kept by a trigger, read by search."""

    __tablename__ = "advisory_identifiers"
    __table_args__ = (
        Index("ix_advisory_identifiers_value", "value", postgresql_ops={"value": "text_pattern_ops"}),
    )

    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"), primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
