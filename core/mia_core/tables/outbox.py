"""What goes out: texts that are fixed here before the first attempt to send them."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mia_core.tables.types import Moment, of_person, own_id

_WAITING = text("state in ('ready', 'sending', 'unknown')")
_DEAD = text("state = 'dead'")


class OutboxRow(SQLModel, table=True):
    """One DM or post to send, once. `key` says what it is for, so that the same thing is never fixed twice."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("person_id", "key", name="uq_outbox_key"),
        CheckConstraint("state in ('ready', 'sending', 'unknown', 'sent', 'dead')", name="ck_outbox_state"),
        Index("ix_outbox_waiting", "person_id", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_outbox_due", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_outbox_dead", "id", sqlite_where=_DEAD, postgresql_where=_DEAD),
    )

    person_id: int = of_person()
    id: int = own_id()
    key: str = Field(description="turn:ID:PART, or notice:KIND:….")
    channel: str = Field(description="dm or post.")
    address: str = Field(description="dm: the person's X id; post: id of the post that is answered.")
    after_id: int | None = Field(
        default=None, sa_type=BigInteger, description="Row of the part before: this one answers that post."
    )
    turn_id: int | None = Field(default=None, sa_type=BigInteger, description="None for a notice.")
    text: str
    state: str = Field(default="ready", description="ready, sending, unknown, sent or dead.")
    due_at: datetime = Field(sa_type=Moment, description="Not before: creation, back-off, or a lease's end.")
    owner: str | None = Field(default=None, description="Sender that holds the row.")
    attempts: int = Field(default=0)
    looks: int = Field(default=0, description="unknown: times that X was asked for it and did not show it.")
    reason: str | None = Field(default=None, description="Why the last try failed, or why it is dead.")
    created_at: datetime = Field(sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
    sent_id: str | None = Field(default=None, description="X's id of what was sent.")
