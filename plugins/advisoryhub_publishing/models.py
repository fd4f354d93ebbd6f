"""Publication tasks and the documents they built."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from advisoryhub_core.plugins.api import Advisory, Base, BigId, CreatedAt, User, enum_column, restricted_key


class TaskStatus(enum.StrEnum):
    """queued → running → succeeded | failed."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


IN_FLIGHT = (TaskStatus.QUEUED, TaskStatus.RUNNING)


class PublicationTask(Base):
    """One publication, pinned to a version that cannot be deleted (INV-VERSION-2).

    `first_published_at` and `modified_at` are the dates the documents carry, in whole milliseconds;
    `delivery_id` names the message whose run owns the task while it is running.
    """

    __tablename__ = "publication_tasks"
    __table_args__ = (
        # One publication in flight (INV-CONCURRENCY-1).
        Index(
            "uq_publication_tasks_in_flight",
            "advisory_id",
            unique=True,
            postgresql_where=text("status IN ('queued', 'running')"),
        ),
        Index("ix_publication_tasks_advisory_id_id", "advisory_id", "id"),
        Index("ix_publication_tasks_status_created_at", "status", "created_at"),
        ForeignKeyConstraint(
            ["advisory_id", "version"],
            ["advisory_versions.advisory_id", "advisory_versions.number"],
            name="fk_publication_tasks_version",
            ondelete="RESTRICT",
        ),
    )

    id: Mapped[BigId]
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    version: Mapped[int]
    status: Mapped[TaskStatus] = mapped_column(enum_column(TaskStatus))
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str] = mapped_column(server_default="")
    commit_sha: Mapped[str] = mapped_column(server_default="")
    revision: Mapped[int]
    revision_summary: Mapped[str]
    first_published_at: Mapped[dt.datetime]
    modified_at: Mapped[dt.datetime]
    delivery_id: Mapped[str] = mapped_column(server_default="")
    enqueued_by_id: Mapped[int] = mapped_column(restricted_key("users.id"))
    created_at: Mapped[CreatedAt]
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]

    advisory: Mapped[Advisory] = relationship(foreign_keys=[advisory_id])
    enqueued_by: Mapped[User] = relationship()
    artifacts: Mapped[list[PublicationArtifact]] = relationship(
        back_populates="task", order_by="PublicationArtifact.kind"
    )


class PublicationArtifact(Base):
    """A document that a task built: its path in the repository and its content."""

    __tablename__ = "publication_artifacts"
    __table_args__ = (Index("uq_publication_artifacts_task_id_kind", "task_id", "kind", unique=True),)

    id: Mapped[BigId]
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"), index=True)
    task_id: Mapped[int] = mapped_column(restricted_key("publication_tasks.id"))
    kind: Mapped[str]
    path: Mapped[str]
    content: Mapped[Any] = mapped_column(JSONB)

    task: Mapped[PublicationTask] = relationship(back_populates="artifacts")
