"""The duty of care: when somebody was told that she is an AI, what protects them, what waits for operators."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from mia_core.tables.types import Moment, of_person, own_id

_OPEN = text("state = 'open'")


class Disclosure(SQLModel, table=True):
    """When a person was last told, on a channel, that she is an AI."""

    __tablename__ = "disclosure"

    person_id: int = of_person()
    channel: str = Field(primary_key=True, description="dm, mention, voice or terminal.")
    told_at: datetime = Field(sa_type=Moment)


class Care(SQLModel, table=True):
    """What is known of a person for their protection, and hers. Most people have no row."""

    __tablename__ = "care"

    person_id: int = of_person()
    crisis_at: datetime | None = Field(
        default=None, sa_type=Moment, description="When they last spoke of a crisis."
    )
    minor_until: datetime | None = Field(
        default=None, sa_type=Moment, description="Until when they may be under 18, as far as they said."
    )
    quarantined_at: datetime | None = Field(
        default=None, sa_type=Moment, description="May be under 13: nothing is answered until an operator decided."
    )
    paused_until: datetime | None = Field(
        default=None, sa_type=Moment, description="Flooded or insulted: nothing is answered before."
    )
    strikes: int = Field(default=0, description="Insults in the last days, fewer with each day that is kind.")
    struck_at: datetime | None = Field(default=None, sa_type=Moment, description="The latest strike.")
    pauses: int = Field(default=0, description="Pauses so far: each is longer than the one before.")


class CareCase(SQLModel, table=True):
    """Something about a person that an operator looks at: a sign of age, or a pause. Holds no text."""

    __tablename__ = "care_case"
    __table_args__ = (
        CheckConstraint("state in ('open', 'closed')", name="ck_care_case_state"),
        Index("ix_care_case_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    person_id: int = of_person()
    id: int = own_id()
    kind: str = Field(description="age or pause.")
    sign: str = Field(description="What was seen: child, parent; flood, insults.")
    channel: str
    event_id: str
    opened_at: datetime = Field(sa_type=Moment)
    state: str = Field(default="open", description="open or closed.")
    decision: str | None = Field(default=None, description="lifted or confirmed.")
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_by: str | None = Field(default=None, description="Which operator.")
