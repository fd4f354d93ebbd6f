"""Grants: viewer or collaborator on one advisory, to a person or a group."""

from __future__ import annotations

import enum

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from advisoryhub_core.accounts.models import Group, User
from advisoryhub_core.db.base import Base, BigId, CreatedAt, enum_column, restricted_key


class GrantPermission(enum.StrEnum):
    """What a grant can give. Owner is derived and never granted (INV-AUTH-3)."""

    VIEWER = "viewer"
    COLLABORATOR = "collaborator"


class Grant(Base):
    """One right of one principal on one advisory (INV-ACCESS-1)."""

    __tablename__ = "grants"
    __table_args__ = (
        Index(
            "uq_grants_user_advisory",
            "user_id",
            "advisory_id",
            unique=True,
            postgresql_where=text("user_id IS NOT NULL"),
        ),
        Index(
            "uq_grants_group_advisory",
            "group_id",
            "advisory_id",
            unique=True,
            postgresql_where=text("group_id IS NOT NULL"),
        ),
        Index("ix_grants_advisory_id", "advisory_id"),
    )

    id: Mapped[BigId]
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    user_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    group_id: Mapped[int | None] = mapped_column(restricted_key("groups.id"))
    permission: Mapped[GrantPermission] = mapped_column(enum_column(GrantPermission))
    created_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    created_at: Mapped[CreatedAt]

    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
    group: Mapped[Group | None] = relationship()
