"""Projects and the security team that owns their advisories."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from advisoryhub_core.accounts.models import Group, User
from advisoryhub_core.db.base import Base, BigId, CreatedAt, restricted_key

UNSORTED = "unsorted"


class Project(Base):
    """A project; `unsorted` always exists and belongs to the admin group (INV-PROJECT-2)."""

    __tablename__ = "projects"

    id: Mapped[BigId]
    uuid: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True, server_default=text("gen_random_uuid()"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    homepage: Mapped[str] = mapped_column(server_default="")
    security_team_id: Mapped[int] = mapped_column(restricted_key("groups.id"), index=True)
    is_mature_publisher: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[CreatedAt]

    security_team: Mapped[Group] = relationship()

    @property
    def is_unsorted(self) -> bool:
        return self.slug == UNSORTED


class RosterEntry(Base):
    """A member of a project's security team by its roster; leavers are kept with the day they left.

    `user_id` links the person, real or a shadow, who is reached by mail.
    """

    __tablename__ = "roster_entries"
    __table_args__ = (
        Index(
            "uq_roster_entries_active",
            "project_id",
            "username",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index("ix_roster_entries_user_id", "user_id"),
    )

    id: Mapped[BigId]
    project_id: Mapped[int] = mapped_column(restricted_key("projects.id"))
    username: Mapped[str]
    email: Mapped[str]
    display_name: Mapped[str] = mapped_column(server_default="")
    user_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    last_seen_at: Mapped[CreatedAt]
    removed_at: Mapped[dt.datetime | None]

    user: Mapped[User | None] = relationship()
