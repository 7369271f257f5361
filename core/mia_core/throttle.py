"""Throttles: how often something may be tried within a while, counted for all processes together."""

from datetime import timedelta

from sqlalchemy import case, delete
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.statements import insert_into
from mia_core.tables import Throttle


class Throttles:
    """Counts tries by key; a key is a keyed hash, never a name or an address itself."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def count(self, key: str, within: timedelta) -> int:
        """Count one try more; answers how many there were since the first one of the while."""
        now = self._clock()
        over = col(Throttle.ends_at) <= now
        statement = insert_into(self._database, Throttle).values(key=key, count=1, ends_at=now + within)
        statement = statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((over, 1), else_=col(Throttle.count) + 1),
                "ends_at": case((over, now + within), else_=col(Throttle.ends_at)),
            },
        )
        async with self._database.writing() as connection:
            await connection.execute(delete(Throttle).where(over, col(Throttle.key) != key))
            return int((await connection.execute(statement.returning(col(Throttle.count)))).scalar_one())
