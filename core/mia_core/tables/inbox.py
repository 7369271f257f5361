"""What came in and waits for its turn: the inbox of events, and the mailboxes that hold a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mia_core.tables.types import Json, Moment, of_person, own_id

_OPEN = text("state = 'open'")
_DEAD = text("state = 'dead'")


class InboxRow(SQLModel, table=True):
    """One event as it came in. `unique(person_id, source, event_id)` makes a second sight a no-op."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("person_id", "source", "event_id", name="uq_inbox_event"),
        CheckConstraint("state in ('open', 'done', 'ignored', 'dead')", name="ck_inbox_state"),
        Index("ix_inbox_open", "person_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_inbox_dead", "id", sqlite_where=_DEAD, postgresql_where=_DEAD),
    )

    person_id: int = of_person()
    id: int = own_id()
    source: str = Field(description="dm, mention, voice or terminal.")
    event_id: str = Field(description="The source's own id of the event.")
    event: dict[str, Any] = Field(sa_type=Json, description="`mia_core.events.Event` as JSON.")
    happened_at: datetime = Field(sa_type=Moment, description="When it was written, by the source's clock.")
    received_at: datetime = Field(sa_type=Moment)
    state: str = Field(default="open", description="open, done, ignored (with reason) or dead (with reason).")
    reason: str | None = Field(default=None, description="Why it was ignored, or died.")
    turn_id: int | None = Field(default=None, sa_type=BigInteger, description="The turn that answered it.")


class Mailbox(SQLModel, table=True):
    """A person with open events. Holding its lease is holding the person; it goes when nothing is open.

    There are as many rows as people who wait, however many are stored, so that finding work costs the same.
    """

    __tablename__ = "mailbox"
    __table_args__ = (Index("ix_mailbox_due", "due_at"),)

    person_id: int = of_person()
    due_at: datetime = Field(sa_type=Moment, description="Not before: arrival, back-off, or a lease's end.")
    owner: str | None = Field(default=None, description="Worker that holds the person.")
    arrivals: int = Field(default=1, description="Events since the row was made: has one come meanwhile?")
    attempts: int = Field(default=0, description="Tries of the waiting events so far.")
    reason: str | None = Field(default=None, description="Why the last try failed.")
