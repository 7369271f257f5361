"""What the processes need to run: cursors, leases, limits, counts, notes, sealed credentials. No person's data."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from mia_core.tables.types import Moment, own_id


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


class LimitWindow(SQLModel, table=True):
    """What a service last said of a limit, less what processes have set aside since; shared by all of them."""

    __tablename__ = "limit_window"

    name: str = Field(primary_key=True, description="Method and route, with * in place of ids.")
    size: int = Field(description="Requests that a whole window takes.")
    remaining: int
    resets_at: datetime = Field(sa_type=Moment)


class Note(SQLModel, table=True):
    """What an operator should know of: since when another persona or model answers."""

    __tablename__ = "note"

    id: int = own_id()
    at: datetime = Field(sa_type=Moment)
    kind: str = Field(description="persona or model.")
    value: str = Field(description="The persona's version; the model's name, as xAI tells it.")


class Meter(SQLModel, table=True):
    """A count of a UTC day, added to by all processes."""

    __tablename__ = "meter"

    name: str = Field(primary_key=True)
    day: str = Field(primary_key=True, description="YYYY-MM-DD.")
    count: int
