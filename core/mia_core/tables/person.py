"""People: someone known by X id, by a legacy account, or both."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from mia_core.tables.types import Moment

TERMINAL_PERSON = -1
"""Who talks by `mia chat`: the operator at the terminal."""
_UNREFLECTED = text("memory_version > reflected_version")
"""Those alone whom the nightly reflection looks for."""


class Person(SQLModel, table=True):
    """One person. The id *is* the X id; someone known by a legacy account alone has a negative one.

    So the same person is the same row on every machine without asking any directory, and any number of
    databases can share the people among them by id.
    """

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_unreflected", "id", sqlite_where=_UNREFLECTED, postgresql_where=_UNREFLECTED),
    )

    id: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    username: str = Field(default="", description="Name on X without @; changes, so never a key.")
    name: str = Field(default="", description="Shown name.")
    language: str | None = Field(default=None, description="BCP-47, as last seen or as set by the person.")
    is_bot: bool = Field(default=False, description="X labels the account as automated.")
    created_at: datetime = Field(sa_type=Moment)
    last_seen_at: datetime = Field(sa_type=Moment)
    stopped_at: datetime | None = Field(default=None, sa_type=Moment, description="Said stop: nothing is sent.")
    language_chosen: bool = Field(default=False, description="The person chose `language`: it is not followed.")
    turns_until: datetime | None = Field(
        default=None, sa_type=Moment, description="Until when the turns so far count against the person's pace."
    )
    memory_version: int = Field(default=0, description="Rises with each change of the person's memories.")
    memory_paused_at: datetime | None = Field(
        default=None, sa_type=Moment, description="Asked her not to remember: nothing is learnt or recalled."
    )
    feelings_paused_at: datetime | None = Field(
        default=None,
        sa_type=Moment,
        description="Paused what she feels: it neither moves nor shows.",
    )
    reflected_version: int = Field(default=0, description="`memory_version` that the last reflection has seen.")
    message_count: int = Field(default=0, description="Messages so far: the last one's `seq`.")
    session_id: int | None = Field(default=None, sa_type=BigInteger, description="The latest session.")
    session_started_at: datetime | None = Field(default=None, sa_type=Moment, description="When that began.")
    last_message_at: datetime | None = Field(default=None, sa_type=Moment)
