"""The declarative base: naming convention, timezone-aware times, enums stored by value."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Enum, ForeignKey, Identity, MetaData, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

# Without names of our own, Alembic could not drop a constraint later.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, Any]
JsonList = list[Any]

BigId = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
Timestamp = Annotated[dt.datetime, mapped_column(DateTime(timezone=True))]
CreatedAt = Annotated[
    dt.datetime, mapped_column(DateTime(timezone=True), server_default=func.now(), nullable=False)
]


class Base(DeclarativeBase):
    """Base of every table; a plugin's models may use it, so that foreign keys to the core resolve."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads a plain dict)
        dt.datetime: DateTime(timezone=True),
        Json: JSONB,
        JsonList: JSONB,
        int: BigInteger,
    }


def enum_column(enumeration: type[enum.StrEnum]) -> Enum:
    """A text column that holds an enum's values; the CHECK constraint is written in the migration."""
    return Enum(
        enumeration,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def restricted_key(target: str) -> ForeignKey:
    """A foreign key that history depends on: RESTRICT, always."""
    return ForeignKey(target, ondelete="RESTRICT")
