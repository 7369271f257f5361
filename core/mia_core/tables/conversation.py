"""What was said: sessions, turns and messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from mia_core.tables.types import Json, Moment, of_person, own_id


class Session(SQLModel, table=True):
    """Messages without a gap longer than the configured idle time. Its end is its last message's time."""

    __tablename__ = "session"

    person_id: int = of_person()
    id: int = own_id()
    channel: str = Field(description="dm, mention, voice or terminal.")
    started_at: datetime = Field(sa_type=Moment)


class Turn(SQLModel, table=True):
    """One or more events of a person, answered together; what was used to answer them."""

    __tablename__ = "turn"

    person_id: int = of_person()
    id: int = own_id()
    session_id: int | None = Field(default=None, sa_type=BigInteger)
    channel: str
    outcome: str = Field(description="answered, or why it was not left to the model: refused, garbled, stop….")
    persona: str = Field(description="Version of the persona: a hash of its text.")
    model: str | None = Field(default=None, description="None when no model was asked.")
    recalled: list[int] = Field(sa_type=Json, description="Ids of the memories in the prompt.")
    recalled_messages: list[int] = Field(default=[], sa_type=Json, description="Ids of earlier messages in it.")
    feeling: dict[str, Any] | None = Field(
        default=None, sa_type=Json, description="What she felt as she answered: emotion, mood, trust."
    )
    moved: dict[str, Any] | None = Field(
        default=None,
        sa_type=Json,
        description="What moved her feelings, and how far: `mia_core.emotion.cause.Moved`.",
    )
    started_at: datetime = Field(sa_type=Moment)
    finished_at: datetime = Field(sa_type=Moment)


class Message(SQLModel, table=True):
    """One text that a person or MIA said. What was said in public is marked so."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("person_id", "seq", name="uq_message_seq"),
        CheckConstraint("author in ('person', 'mia')", name="ck_message_author"),
    )

    person_id: int = of_person()
    id: int = own_id()
    seq: int = Field(description="Ordinal among the person's messages, from 1.")
    session_id: int = Field(sa_type=BigInteger)
    turn_id: int = Field(sa_type=BigInteger)
    channel: str
    conversation: str = Field(description="X's conversation id, or the channel's own.")
    public: bool = Field(description="Was said where others can read it.")
    author: str = Field(description="person or mia.")
    text: str
    language: str | None = None
    event_id: str | None = Field(default=None, description="X's id of a person's message; None for hers.")
    at: datetime = Field(sa_type=Moment)
    pictures: str | None = Field(default=None, description="What its pictures show, as described on X.")
    embedding: bytes | None = Field(default=None, description="float16 vector of unit length, little-endian.")
    embedding_model: str | None = Field(default=None, description="Name and dimension of what made it.")


class ModelCall(SQLModel, table=True):
    """One call to xAI and what it cost, whatever came of it. Holds no text and nobody's id."""

    __tablename__ = "model_call"

    id: int = own_id()
    at: datetime = Field(sa_type=Moment, index=True)
    purpose: str = Field(description="turn, or another reason to ask.")
    model: str
    outcome: str = Field(description="ok, refused, garbled, busy or halted.")
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = Field(default=0, description="Visible ones; reasoning is billed beside them.")
    reasoning_tokens: int = 0
    cost_ticks: int = Field(default=0, sa_type=BigInteger, description="1e10 ticks are one US dollar.")
    duration_ms: int = 0
    request_id: str | None = Field(default=None, description="x-request-id, for xAI's support.")
