"""Projects and the security team that owns their advisories."""

from __future__ import annotations

import uuid

from sqlalchemy import Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from advisoryhub_core.accounts.models import Group
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
