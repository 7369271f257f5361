"""Accounts from before sign-in with X, and how often somebody may try to prove one."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlmodel import Field, SQLModel

from mia_core.tables.types import Moment, of_person


class LegacyAccount(SQLModel, table=True):
    """An account with a username and a password. What it holds stands under a person of its own at first."""

    __tablename__ = "legacy_account"

    person_id: int = of_person()
    """Negative: somebody who is known by this account alone."""
    username: str = Field(primary_key=True, index=True, description="In lower case.")
    password_hash: str = Field(description="bcrypt, with its salt and cost.")
    created_at: datetime = Field(sa_type=Moment, description="When the account was made.")
    imported_at: datetime = Field(sa_type=Moment)
    joined_to: int | None = Field(
        default=None,
        sa_type=BigInteger,
        sa_column_args=[ForeignKey("person.id", ondelete="SET NULL")],
        index=True,
        description="The person on X who brought it along.",
    )
    joined_at: datetime | None = Field(default=None, sa_type=Moment)
    consent: str | None = Field(default=None, description="What they ticked, in the words of the page.")


class Throttle(SQLModel, table=True):
    """How often something was tried of late: by a keyed hash of what is tried, or of where from."""

    __tablename__ = "throttle"

    key: str = Field(primary_key=True)
    count: int
    ends_at: datetime = Field(sa_type=Moment, index=True, description="When counting begins anew.")
