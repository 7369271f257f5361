"""Column types that behave the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, timezone-aware in Python; SQLite, which has no zones, stores it as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse moments without a zone: they would be read back as something else."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back UTC, whatever zone the connection speaks in."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
"""A document: JSONB on PostgreSQL, text on SQLite."""


def of_person() -> Any:
    """The first column of every key: whose row it is; goes when the person goes."""
    return Field(
        sa_type=BigInteger,
        primary_key=True,
        sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")],
        sa_column_kwargs={"autoincrement": False},
    )


def own_id() -> Any:
    """The second column of a key: an id from `mia_core.ids`, rising with time."""
    return Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
