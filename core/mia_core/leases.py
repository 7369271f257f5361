"""Leases: what only one process may do at a time, among all that share the database."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import delete, or_
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.errors import LeaseLost
from mia_core.statements import insert_into
from mia_core.tables import Lease

_RETRY_S = 0.1


class Leases:
    """Gives out named leases. One that its holder leaves behind is free again after its time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(self, name: str, owner: str, ttl: timedelta) -> bool:
        """Take or renew the lease for `ttl`; False while somebody else holds it."""
        now = self._clock()
        statement = insert_into(self._database, Lease).values(name=name, owner=owner, until=now + ttl)
        statement = statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"owner": owner, "until": now + ttl},
            where=or_(col(Lease.owner) == owner, col(Lease.until) <= now),
        )
        async with self._database.writing() as connection:
            return (await connection.execute(statement.returning(col(Lease.name)))).first() is not None

    async def give_back(self, name: str, owner: str) -> None:
        """Free the lease, if it is still held by `owner`."""
        async with self._database.writing() as connection:
            await connection.execute(delete(Lease).where(col(Lease.name) == name, col(Lease.owner) == owner))

    @asynccontextmanager
    async def holding(self, name: str, *, ttl: timedelta, wait: timedelta) -> AsyncIterator[None]:
        """Hold the lease for the block, which should end well within `ttl`.

        Raises LeaseLost when it cannot be had within `wait`.
        """
        owner = secrets.token_hex(8)
        give_up = asyncio.get_running_loop().time() + wait.total_seconds()
        while not await self.take(name, owner, ttl):
            if asyncio.get_running_loop().time() >= give_up:
                raise LeaseLost(f"the lease {name} was not free within {wait.total_seconds():g} s")
            await asyncio.sleep(_RETRY_S)
        try:
            yield
        finally:
            await self.give_back(name, owner)
