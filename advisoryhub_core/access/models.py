"""Grants on one advisory, to a person or a group, and invitations that wait to become one."""

from __future__ import annotations

import datetime as dt
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
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])


class Invitation(Base):
    """A grant that waits for the first sign-in of its address.

    `token_hash` is the SHA-256 of the single-use token that the mail carries, null until it is sent.
    Matched by address without regard to case (INV-ACCESS-2); it expires (INV-ACCESS-3).
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index(
            "uq_invitations_open",
            "advisory_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("redeemed_at IS NULL"),
        ),
        Index(
            "ix_invitations_email_lower", text("lower(email)"), postgresql_where=text("redeemed_at IS NULL")
        ),
        Index("uq_invitations_token_hash", "token_hash", unique=True),
    )

    id: Mapped[BigId]
    advisory_id: Mapped[int] = mapped_column(restricted_key("advisories.id"))
    email: Mapped[str]
    permission: Mapped[GrantPermission] = mapped_column(enum_column(GrantPermission))
    token_hash: Mapped[bytes | None]
    expires_at: Mapped[dt.datetime]
    redeemed_at: Mapped[dt.datetime | None]
    redeemed_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    created_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))
    created_at: Mapped[CreatedAt]

    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])
