"""What MIA knows about a person, what she must not learn again, and what they let her tell."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from mia_core.tables.types import Json, Moment, of_person, own_id


class Memory(SQLModel, table=True):
    """One statement about a person or from them. Private unless offered by the person *and* approved."""

    __tablename__ = "memory"
    __table_args__ = (
        CheckConstraint(
            "visibility in ('private', 'offered', 'approved', 'declined')", name="ck_memory_visibility"
        ),
        Index("ix_memory_version", "person_id", "version"),
    )

    person_id: int = of_person()
    id: int = own_id()
    kind: str = Field(description="fact, preference, plan, event, relationship, promise (her own) or reflection.")
    statement: str
    said_by: str = Field(default="person", description="person or mia.")
    valid_from: datetime | None = Field(default=None, sa_type=Moment, description="When it began to be true.")
    valid_until: datetime | None = Field(default=None, sa_type=Moment, description="When it ceased to be.")
    confidence: float = Field(description="0 to 1: how sure.")
    importance: float = Field(description="0 to 1: how much it matters to the person.")
    visibility: str = Field(default="private", description="private, offered, approved or declined.")
    source: str = Field(description="Channel that it was learnt on.")
    source_message_id: int | None = Field(default=None, sa_type=BigInteger)
    learnt_at: datetime = Field(sa_type=Moment)
    embedding: bytes | None = Field(default=None, description="float32 vector of unit length, little-endian.")
    embedding_model: str | None = Field(default=None, description="Name and dimension of what made it.")
    version: int = Field(default=0, description="The person's `memory_version` since the row is as it is.")
    times_said: int = Field(default=1, description="How often it was said: a statement met again is reinforced.")
    last_said_at: datetime | None = Field(default=None, sa_type=Moment, description="When it was last said again.")
    closed_at: datetime | None = Field(
        default=None, sa_type=Moment, description="Since when something else is known to hold; None: it stands."
    )
    closed_by: int | None = Field(default=None, sa_type=BigInteger, description="The memory in its place.")
    conflicts_with: int | None = Field(
        default=None, sa_type=BigInteger, description="An earlier memory that says otherwise; both stand."
    )


class Forgotten(SQLModel, table=True):
    """Keyed hashes of the words of a statement that the person had forgotten, so that it is not learnt again."""

    __tablename__ = "forgotten"

    person_id: int = of_person()
    id: int = own_id()
    sketch: bytes = Field(description="A keyed hash of 8 bytes for each word stem, sorted; holds no text.")
    at: datetime = Field(sa_type=Moment)


class Publication(SQLModel, table=True):
    """A statement that its person offered to everybody: with their consent, and an admin's decision.

    It holds its own words, so that whoever answers in public never reads the table `memory`.
    """

    __tablename__ = "publication"
    __table_args__ = (
        CheckConstraint("state in ('offered', 'approved', 'declined', 'revoked')", name="ck_publication_state"),
        Index("ix_publication_state", "state", "id"),
    )

    person_id: int = of_person()
    id: int = own_id()
    memory_id: int = Field(sa_type=BigInteger, description="The memory that it was made from.")
    statement: str = Field(description="What everybody may read: the memory's words when it was offered.")
    attributed: bool = Field(description="The person agreed to being named with it.")
    state: str = Field(default="offered", description="offered, approved, declined or revoked.")
    consent_version: str = Field(description="Version of the text that the person agreed to.")
    consent_wording: str = Field(description="That text, as they read it.")
    consent_answer: str = Field(description="What they answered, in their words.")
    offered_at: datetime = Field(sa_type=Moment)
    decided_at: datetime | None = Field(default=None, sa_type=Moment, description="When an admin decided.")
    decided_by: str | None = Field(default=None, description="Which admin.")
    revoked_at: datetime | None = Field(default=None, sa_type=Moment, description="When the person took it back.")
    embedding: bytes | None = Field(default=None, description="As in `memory`.")
    embedding_model: str | None = None


class Confirmation(SQLModel, table=True):
    """What a person asked for and must still say yes to; the latest request alone."""

    __tablename__ = "confirmation"

    person_id: int = of_person()
    command: str = Field(description="Name of the command.")
    request: dict[str, Any] = Field(sa_type=Json, description="What it is about: ids of memories, words.")
    asked_at: datetime = Field(sa_type=Moment)
