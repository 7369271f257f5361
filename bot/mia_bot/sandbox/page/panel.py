"""What MIA remembers of one person and feels towards them, read from her database for the sandbox's panel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from mia_core.database import Database
from mia_core.emotion.feeling import Feeling, as_of
from mia_core.emotion.store import read_feeling
from mia_core.tables import FeelingRow, Memory

_MOST = 50


@dataclass(frozen=True)
class Mind:
    """MIA's side of one relationship."""

    memories: Sequence[Memory]
    """The latest first."""
    feeling: Feeling


async def read_mind(database: Database, person_id: int, now: datetime) -> Mind:
    """Two queries, both by the person's id."""
    memories = (
        select(Memory).where(col(Memory.person_id) == person_id).order_by(col(Memory.id).desc()).limit(_MOST)
    )
    feeling = select(FeelingRow).where(col(FeelingRow.person_id) == person_id)
    async with database.reading() as connection, AsyncSession(connection) as session:
        remembered = (await session.scalars(memories)).all()
        felt = (await session.scalars(feeling)).first()
    return Mind(memories=remembered, feeling=as_of(read_feeling(felt, now), now))
