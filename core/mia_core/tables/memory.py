"""What MIA knows about a person."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from mia_core.tables.types import Moment, of_person, own_id


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
    kind: str = Field(description="fact, preference, plan, event, relationship or promise (her own).")
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
