"""Users and the mirror of the identity provider's groups."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Column, Index, Table, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from advisoryhub_core.db.base import Base, BigId, CreatedAt, restricted_key

# Replaced from the claim at each sign-in, and by nothing else (INV-OIDC-1).
user_groups = Table(
    "user_groups",
    Base.metadata,
    Column("user_id", restricted_key("users.id"), primary_key=True),
    Column("group_id", restricted_key("groups.id"), primary_key=True),
    Index("ix_user_groups_group_id", "group_id"),
)


class Group(Base):
    """A group of the identity provider, in SPN form: `name@realm`."""

    __tablename__ = "groups"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(unique=True)


class User(Base):
    """A person. Provisioned ones are shadows: reachable by mail, never signed in, without any right."""

    __tablename__ = "users"
    __table_args__ = (
        Index("uq_users_email_lower", text("lower(email)"), unique=True),
        Index("uq_users_subject", "subject", unique=True, postgresql_where=text("subject IS NOT NULL")),
    )

    id: Mapped[BigId]
    email: Mapped[str]
    display_name: Mapped[str] = mapped_column(server_default="")
    subject: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    is_provisioned: Mapped[bool] = mapped_column(server_default=text("false"))
    banned_at: Mapped[dt.datetime | None]
    banned_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    ban_reason: Mapped[str] = mapped_column(server_default="")
    theme: Mapped[str] = mapped_column(server_default="auto")
    language: Mapped[str] = mapped_column(server_default="en")
    created_at: Mapped[CreatedAt]
    last_sign_in_at: Mapped[dt.datetime | None]

    groups: Mapped[list[Group]] = relationship(secondary=user_groups, order_by=Group.name)

    @property
    def label(self) -> str:
        """What other people see; an address is shown through the masking rules only."""
        return self.display_name
