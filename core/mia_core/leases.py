"""Leases: what only one process may do at a time, among all that share the database."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import delete, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.errors import LeaseLost
from mia_core.outage import advice
from mia_core.statements import insert_into
from mia_core.tables import Lease

log = structlog.get_logger(__name__)

_RETRY_S = 0.1
_NO_DATABASE = (SQLAlchemyError, OSError)


@dataclass(frozen=True)
class Held:
    """A lease in somebody's hands, for writes that are fenced by it."""

    name: str
    owner: str


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

    async def lead(
        self,
        name: str,
        owner: str,
        *,
        ttl: timedelta,
        stop: asyncio.Event,
        work: Callable[[Held], Coroutine[Any, Any, None]],
    ) -> None:
        """Do the work while holding the lease, and stand by while somebody else does; until `stop` is set.

        The work is cancelled at a stop, and as soon as the lease is somebody else's or could not be renewed for
        two thirds of its length, which leaves the last third to end in. What the work raises is raised here.
        """
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                if await self._taken(name, owner, ttl):
                    await self._work(Held(name, owner), ttl, stopping, work)
                await asyncio.wait({stopping}, timeout=await self._until_free_s(name, ttl))
        finally:
            stopping.cancel()
            with suppress(*_NO_DATABASE):
                await self.give_back(name, owner)

    async def _work(
        self,
        held: Held,
        ttl: timedelta,
        stopping: "asyncio.Task[bool]",
        work: Callable[[Held], Coroutine[Any, Any, None]],
    ) -> None:
        """Work until a stop, until the work's own end, or until the lease is lost."""
        log.info("lead_taken", lease=held.name)
        working = asyncio.create_task(work(held))
        try:
            await self._keep(held, ttl, {stopping, working})
        finally:
            working.cancel()
            await asyncio.wait({working})
        if not working.cancelled():
            try:
                working.result()
            except* LeaseLost:
                log.debug("lead_lost_at_a_write", lease=held.name)
        if not stopping.done():
            log.warning("lead_lost", lease=held.name)

    async def _keep(self, held: Held, ttl: timedelta, ends: "set[asyncio.Task[Any]]") -> None:
        """Renew the lease until one of the tasks ends, or until the lease cannot be counted on any more."""
        third = ttl.total_seconds() / 3
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        while loop.time() - renewed < 2 * third:
            ended, _ = await asyncio.wait(ends, timeout=third, return_when=asyncio.FIRST_COMPLETED)
            if ended:
                return
            asked = loop.time()
            taken = await self._taken(held.name, held.owner, ttl)
            if taken:
                renewed = asked
            elif taken is False:
                return

    async def _until_free_s(self, name: str, ttl: timedelta) -> float:
        """Seconds until it is worth trying: the lease's end as it is now, but it may be given back before."""
        third = ttl.total_seconds() / 3
        try:
            async with asyncio.timeout(third), self._database.reading() as connection:
                end = (await connection.execute(select(col(Lease.until)).where(col(Lease.name) == name))).scalar()
        except _NO_DATABASE:
            return third
        left = (end - self._clock()).total_seconds() if end else 0.0
        return min(max(left, _RETRY_S), third)

    async def _taken(self, name: str, owner: str, ttl: timedelta) -> bool | None:
        """Take or renew it. None when the database cannot say: then nobody begins to lead."""
        try:
            async with asyncio.timeout(ttl.total_seconds() / 3):
                return await self.take(name, owner, ttl)
        except _NO_DATABASE as error:
            log.warning("lead_without_database", lease=name, reason=advice(error) or type(error).__name__)
            return None


async def require_held(connection: AsyncConnection, held: Held) -> None:
    """Fence the caller's transaction: raises LeaseLost unless the lease is in this hand, and keeps it there."""
    mine = select(col(Lease.name)).where(col(Lease.name) == held.name, col(Lease.owner) == held.owner)
    if (await connection.execute(mine.with_for_update(read=True))).first() is None:
        raise LeaseLost(f"the lease {held.name} was taken over")
