"""Review tasks, CVE requests, numbers taken off advisories, and what is to become of those."""

from __future__ import annotations

import datetime as dt
import enum

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from advisoryhub_core.accounts.models import User
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.db.base import Base, BigId, CreatedAt, enum_column, restricted_key


class ReviewTaskStatus(enum.StrEnum):
    """open → approved | changes_requested | withdrawn."""

    OPEN = "open"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    WITHDRAWN = "withdrawn"


class CVERequestStatus(enum.StrEnum):
    """queued → reserved | rejected | cancelled."""

    QUEUED = "queued"
    RESERVED = "reserved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class OrphanStatus(enum.StrEnum):
    """orphaned → marked_rejected | reassigned; a rejected one may still be reassigned."""

    ORPHANED = "orphaned"
    MARKED_REJECTED = "marked_rejected"
    REASSIGNED = "reassigned"


class ReassignmentStatus(enum.StrEnum):
    """queued → reassigned (the number is put back) | replaced (a new number is set)."""

    QUEUED = "queued"
    REASSIGNED = "reassigned"
    REPLACED = "replaced"


class ReviewTask(Base):
    """A submission for review, pinned to a version that cannot be deleted (INV-REVIEW-2, INV-VERSION-2).

    `decided_version` is the version that an approval was given to: the pinned one or the newest.
    """

    __tablename__ = "review_tasks"
    __table_args__ = (
        Index("uq_review_tasks_open", "advisory_id", unique=True, postgresql_where=text("status = 'open'")),
        Index("ix_review_tasks_advisory_id_id", "advisory_id", "id"),
        Index("ix_review_tasks_status_id", "status", "id"),
        ForeignKeyConstraint(
            ["advisory_id", "version"],
            ["advisory_versions.advisory_id", "advisory_versions.number"],
            name="fk_review_tasks_version",
            ondelete="RESTRICT",
        ),
        ForeignKeyConstraint(
            ["advisory_id", "decided_version"],
            ["advisory_versions.advisory_id", "advisory_versions.number"],
            name="fk_review_tasks_decided_version",
            ondelete="RESTRICT",
        ),
    )

    id: Mapped[BigId]
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    version: Mapped[int]
    status: Mapped[ReviewTaskStatus] = mapped_column(
        enum_column(ReviewTaskStatus), server_default=ReviewTaskStatus.OPEN.value
    )
    submitted_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    reviewer_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    decided_version: Mapped[int | None]
    notes: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[dt.datetime | None]

    advisory: Mapped[Advisory] = relationship(foreign_keys=[advisory_id])
    submitted_by: Mapped[User | None] = relationship(foreign_keys=[submitted_by_id])
    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewer_id])


class CVERequestTask(Base):
    """A request for a CVE number; one is open at a time for an advisory (INV-CVE-1)."""

    __tablename__ = "cve_request_tasks"
    __table_args__ = (
        Index(
            "uq_cve_request_tasks_open",
            "advisory_id",
            unique=True,
            postgresql_where=text("status = 'queued'"),
        ),
        Index("ix_cve_request_tasks_advisory_id_id", "advisory_id", "id"),
        Index("ix_cve_request_tasks_status_id", "status", "id"),
    )

    id: Mapped[BigId]
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    status: Mapped[CVERequestStatus] = mapped_column(
        enum_column(CVERequestStatus), server_default=CVERequestStatus.QUEUED.value
    )
    cve_id: Mapped[str | None]
    requested_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    assignee_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    notes: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[dt.datetime | None]

    advisory: Mapped[Advisory] = relationship(foreign_keys=[advisory_id])
    requested_by: Mapped[User | None] = relationship(foreign_keys=[requested_by_id])
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])


class OrphanCVE(Base):
    """A number taken off an advisory: to be rejected at cve.org, or to be put to use again."""

    __tablename__ = "orphan_cves"
    __table_args__ = (
        # Once at a time for an advisory; a number may have gone through several of them.
        Index(
            "uq_orphan_cves_open",
            "advisory_id",
            "cve_id",
            unique=True,
            postgresql_where=text("status IN ('orphaned', 'marked_rejected')"),
        ),
        Index("ix_orphan_cves_advisory_id_id", "advisory_id", "id"),
        Index("ix_orphan_cves_status_id", "status", "id"),
    )

    id: Mapped[BigId]
    cve_id: Mapped[str]
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    status: Mapped[OrphanStatus] = mapped_column(
        enum_column(OrphanStatus), server_default=OrphanStatus.ORPHANED.value
    )
    created_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    created_at: Mapped[CreatedAt]
    resolved_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    resolved_at: Mapped[dt.datetime | None]

    advisory: Mapped[Advisory] = relationship(foreign_keys=[advisory_id])


class OrphanReassignmentTask(Base):
    """A reopened advisory wants its number back, which an administrator has to decide."""

    __tablename__ = "orphan_reassignment_tasks"
    __table_args__ = (
        Index(
            "uq_orphan_reassignment_tasks_open",
            "advisory_id",
            unique=True,
            postgresql_where=text("status = 'queued'"),
        ),
        Index("ix_orphan_reassignment_tasks_advisory_id_id", "advisory_id", "id"),
        Index("ix_orphan_reassignment_tasks_status_id", "status", "id"),
    )

    id: Mapped[BigId]
    orphan_id: Mapped[int] = mapped_column(restricted_key("orphan_cves.id"))
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    status: Mapped[ReassignmentStatus] = mapped_column(
        enum_column(ReassignmentStatus), server_default=ReassignmentStatus.QUEUED.value
    )
    replacement_cve_id: Mapped[str | None]
    requested_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    created_at: Mapped[CreatedAt]
    resolved_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    resolved_at: Mapped[dt.datetime | None]

    orphan: Mapped[OrphanCVE] = relationship()
    advisory: Mapped[Advisory] = relationship(foreign_keys=[advisory_id])
