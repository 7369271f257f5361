"""Cursors: how far each receiver has read its source."""

from sqlalchemy import select
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.leases import Held, require_held
from mia_core.statements import upsert
from mia_core.tables import Cursor


class Cursors:
    """Reads and moves cursors. Only the receiver of a source moves its cursor, after its rows are committed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, name: str) -> str | None:
        """The cursor's value; None before the first start."""
        async with self._database.reading() as connection:
            return (
                await connection.execute(select(col(Cursor.value)).where(col(Cursor.name) == name))
            ).scalar_one_or_none()

    async def move(self, name: str, value: str, *, held: Held | None = None) -> None:
        """Set the cursor. Raises LeaseLost, with nothing written, if `held` is not in that hand any more."""
        row = {"name": name, "value": value, "moved_at": self._clock()}
        statement = upsert(self._database, Cursor, key=("name",), changed=("value", "moved_at"))
        async with self._database.writing() as connection:
            if held:
                await require_held(connection, held)
            await connection.execute(statement, [row])
