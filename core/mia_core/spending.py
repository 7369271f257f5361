"""What the model calls cost: recorded one by one, added up by UTC day."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.ids import IdMaker
from mia_core.statements import plain_insert
from mia_core.tables import ModelCall
from mia_core.xai.usage import CallRecord


class Spending:
    """Keeps the record of calls to xAI, and answers what today has cost."""

    def __init__(self, database: Database, ids: IdMaker, clock: Clock) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock

    async def record(self, connection: AsyncConnection, calls: Sequence[CallRecord], *, purpose: str) -> None:
        """Add calls inside the caller's transaction, in one statement."""
        if calls:
            rows = [{"id": self._ids(), "purpose": purpose, **asdict(call)} for call in calls]
            await connection.execute(plain_insert(ModelCall), rows)

    async def today(self) -> int:
        """Ticks (1e10 are one US dollar) that all processes spent on this UTC day."""
        midnight = datetime.combine(self._clock().date(), time(), tzinfo=UTC)
        statement = select(func.coalesce(func.sum(col(ModelCall.cost_ticks)), 0)).where(
            col(ModelCall.at) >= midnight
        )
        async with self._database.reading() as connection:
            return int((await connection.execute(statement)).scalar_one())
