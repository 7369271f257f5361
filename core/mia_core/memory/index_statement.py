"""The one query that an index of a person is read by: memories and messages, those that are new or all."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Executable,
    Integer,
    String,
    bindparam,
    cast,
    literal,
    null,
    select,
    union_all,
)
from sqlmodel import col

from mia_core.tables import Memory, Message
from mia_core.tables.types import Moment


class Row(NamedTuple):
    """A memory or a message."""

    of_memory: bool
    id: int
    kind: str
    text: str
    author: str
    importance: float
    at: datetime
    valid_from: datetime | None
    valid_until: datetime | None
    closed_at: datetime | None
    conflicts_with: int | None
    times_said: int
    version: int
    seq: int
    session: int
    pictures: str | None
    language: str | None
    embedding: bytes | None
    embedding_model: str | None


_MEMORIES = select(
    literal(1).label("of_memory"),
    col(Memory.id),
    col(Memory.kind),
    col(Memory.statement),
    col(Memory.said_by),
    col(Memory.importance),
    col(Memory.learnt_at),
    col(Memory.valid_from),
    col(Memory.valid_until),
    col(Memory.closed_at),
    col(Memory.conflicts_with),
    col(Memory.times_said),
    col(Memory.version),
    cast(literal(0), Integer),
    cast(literal(0), BigInteger),
    cast(null(), String),
    cast(null(), String),
    col(Memory.embedding),
    col(Memory.embedding_model),
).where(col(Memory.person_id) == bindparam("the_person"), col(Memory.version) > bindparam("the_version"))
_MESSAGES = select(
    literal(0),
    col(Message.id),
    literal(""),
    col(Message.text),
    col(Message.author),
    cast(literal(0), Memory.__table__.c.importance.type),  # type: ignore[attr-defined]  # set by SQLModel
    col(Message.at),
    cast(null(), Moment),
    cast(null(), Moment),
    cast(null(), Moment),
    cast(null(), BigInteger),
    cast(literal(1), Integer),
    cast(literal(0), Integer),
    col(Message.seq),
    col(Message.session_id),
    col(Message.pictures),
    col(Message.language),
    col(Message.embedding),
    col(Message.embedding_model),
).where(col(Message.person_id) == bindparam("the_person"), col(Message.seq) > bindparam("the_seq"))
READ: Executable = union_all(_MEMORIES, _MESSAGES).order_by("of_memory", "id")
"""By `the_person`, newer than `the_version` and `the_seq`, in the order in which they came."""
