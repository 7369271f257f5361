"""What she feels towards a person, for that person: how it stands, how it came to be, and to begin anew."""

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.app import App
from mia_core.emotion.feeling import Feeling, as_of
from mia_core.emotion.store import read_feeling
from mia_core.emotion.timeline import Point, read_timeline
from mia_core.tables import FeelingRow, Turn


@dataclass(frozen=True)
class OwnFeelings:
    """How it stands now, and each turn that it came from, the oldest first."""

    now: Feeling
    timeline: tuple[Point, ...]


async def read_feelings(app: App, person_id: int) -> OwnFeelings | None:
    """None when she has felt nothing yet."""
    async with app.database.reading() as connection:
        statement = select(FeelingRow).where(col(FeelingRow.person_id) == person_id)
        row = (await connection.execute(statement)).mappings().first()
    if row is None:
        return None
    now = app.clock()
    return OwnFeelings(
        now=as_of(read_feeling(FeelingRow(**row), now), now),
        timeline=tuple(await read_timeline(app.database, person_id)),
    )


async def reset_feelings(connection: AsyncConnection, person_id: int) -> None:
    """What she feels, and how it came to be, is gone."""
    await connection.execute(delete(FeelingRow).where(col(FeelingRow.person_id) == person_id))
    turns = update(Turn).where(col(Turn.person_id) == person_id)
    await connection.execute(turns.values(moved=None, feeling=None))
