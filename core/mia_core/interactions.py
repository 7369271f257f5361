"""A person's interaction history, counted from their messages when it is asked for, and stored nowhere twice.

It is part of a person's own data. Her sense of familiarity comes from the days on which they talked, and nothing
else does.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlmodel import col

from mia_core.database import Database
from mia_core.tables import Message

_READ = (
    select(
        col(Message.at), col(Message.channel), col(Message.language), col(Message.session_id), col(Message.author)
    )
    .where(col(Message.person_id) == bindparam("the_person"))
    .order_by(col(Message.seq))
)


@dataclass(frozen=True)
class Interactions:
    """Counts of what a person wrote; moments are in UTC."""

    by_day: Mapping[str, int]
    """YYYY-MM-DD -> messages."""
    by_hour: Mapping[int, int]
    """0 to 23 -> messages."""
    by_channel: Mapping[str, int]
    by_language: Mapping[str, int]
    """BCP-47 -> messages; those of no known language are left out."""
    sessions: tuple[timedelta, ...]
    """How long each session lasted, from its first message to its last, hers included; the oldest first."""


async def read_interactions(database: Database, person_id: int) -> Interactions:
    """One query by the person's id."""
    async with database.reading() as connection:
        rows = (await connection.execute(_READ, {"the_person": person_id})).all()
    theirs = [row for row in rows if row.author == "person"]
    bounds: dict[int, tuple[datetime, datetime]] = {}
    for row in rows:
        began, ended = bounds.get(row.session_id, (row.at, row.at))
        bounds[row.session_id] = (min(began, row.at), max(ended, row.at))
    return Interactions(
        by_day=Counter(row.at.date().isoformat() for row in theirs),
        by_hour=Counter(row.at.hour for row in theirs),
        by_channel=Counter(row.channel for row in theirs),
        by_language=Counter(row.language for row in theirs if row.language),
        sessions=tuple(ended - began for began, ended in bounds.values()),
    )
