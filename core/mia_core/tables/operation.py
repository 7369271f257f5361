"""What the processes need to run: cursors, leases and sealed credentials. No person's data."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from mia_core.tables.types import Moment


class Cursor(SQLModel, table=True):
    """How far a receiver has read a source. Only the receiver moves it, after its rows are committed."""

    __tablename__ = "cursor"

    name: str = Field(primary_key=True)
    value: str
    moved_at: datetime = Field(sa_type=Moment)


class Lease(SQLModel, table=True):
    """Who holds something that only one process may do at a time; free once `until` has passed."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    owner: str
    until: datetime = Field(sa_type=Moment)


class Credential(SQLModel, table=True):
    """Tokens of her own X account, sealed with the vault's keys."""

    __tablename__ = "credential"

    name: str = Field(primary_key=True)
    sealed: bytes = Field(description="MultiFernet token of the JSON of the tokens.")
    changed_at: datetime = Field(sa_type=Moment)
