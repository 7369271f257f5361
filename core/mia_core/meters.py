"""Meters: counts of a UTC day that all processes add to, for budgets."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.statements import insert_into
from mia_core.tables import Meter


class Meters:
    """Adds to today's counts and reads them; today is the UTC day of the clock."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, name: str, count: int) -> int:
        """Add to today's count; answers its total."""
        async with self._database.writing() as connection:
            return await self.count(connection, name, count)

    async def count(self, connection: AsyncConnection, name: str, count: int = 1) -> int:
        """Add to today's count inside the caller's transaction; answers its total."""
        statement = insert_into(self._database, Meter).values(name=name, day=self._day(), count=count)
        statement = statement.on_conflict_do_update(
            index_elements=["name", "day"], set_={"count": col(Meter.count) + count}
        )
        return int((await connection.execute(statement.returning(col(Meter.count)))).scalar_one())

    async def by_year(self, prefix: str) -> dict[tuple[str, str], int]:
        """Totals of all counts whose name begins so, by year (YYYY) and name."""
        year = func.substr(col(Meter.day), 1, 4)
        statement = (
            select(year, col(Meter.name), func.sum(col(Meter.count)))
            .where(col(Meter.name).startswith(prefix, autoescape=True))
            .group_by(year, col(Meter.name))
        )
        async with self._database.reading() as connection:
            return {(year, name): int(total) for year, name, total in await connection.execute(statement)}

    async def today(self, name: str) -> int:
        """Today's count so far."""
        statement = select(col(Meter.count)).where(col(Meter.name) == name, col(Meter.day) == self._day())
        async with self._database.reading() as connection:
            return (await connection.execute(statement)).scalar_one_or_none() or 0

    def _day(self) -> str:
        return self._clock().date().isoformat()
