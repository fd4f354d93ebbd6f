"""Comments, their append-only versions, and each person's visits."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from advisoryhub_core.accounts.models import User
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.db.base import Base, BigId, CreatedAt, restricted_key


class Comment(Base):
    """A comment; `body` is Markdown source, empty once redacted.

    `internal` is fixed at creation (INV-COMMENT-1) and a redaction cannot be undone (INV-COMMENT-4), both
    by a trigger. `note_of` names the act whose reason this is (`dismiss`, `review`, …); such a comment was
    posted silently. `author_id` is null for the system.
    """

    __tablename__ = "comments"
    __table_args__ = (
        Index("ix_comments_advisory_id_id", "advisory_id", "id"),
        Index("ix_comments_advisory_id_created_at", "advisory_id", "created_at"),
    )

    id: Mapped[BigId]
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    author_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    body: Mapped[str]
    internal: Mapped[bool] = mapped_column(server_default=text("false"))
    note_of: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]
    edited_at: Mapped[dt.datetime | None]
    redacted_at: Mapped[dt.datetime | None]
    redacted_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))

    advisory: Mapped[Advisory] = relationship()
    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    redacted_by: Mapped[User | None] = relationship(foreign_keys=[redacted_by_id])


class CommentVersion(Base):
    """What a comment said at one time; append-only in the database (INV-COMMENT-3, INV-IMPL-3)."""

    __tablename__ = "comment_versions"
    __table_args__ = (
        Index("uq_comment_versions_comment_id_number", "comment_id", "number", unique=True),
        Index("ix_comment_versions_advisory_id", "advisory_id"),
    )

    id: Mapped[BigId]
    comment_id: Mapped[int] = mapped_column(restricted_key("comments.id"))
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    number: Mapped[int]
    body: Mapped[str]
    editor_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    created_at: Mapped[CreatedAt]

    editor: Mapped[User | None] = relationship()


class AdvisoryVisit(Base):
    """When a person last opened an advisory, and which version they saw; drives "new" and "changed"."""

    __tablename__ = "advisory_visits"

    user_id: Mapped[int] = mapped_column(restricted_key("users.id"), primary_key=True)
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"), primary_key=True, index=True)
    first_at: Mapped[CreatedAt]
    last_at: Mapped[CreatedAt]
    last_version: Mapped[int]
