"""Heartbeats: a lease is renewed for as long as the work under it goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from mia_core.errors import LeaseLost
from mia_core.outage import advice

_NO_DATABASE = (SQLAlchemyError, OSError)


@asynccontextmanager
async def kept(renew: Callable[[], Awaitable[bool]], lease: timedelta) -> AsyncIterator[None]:
    """Renew the lease three times in its length until the block ends.

    The block is cancelled, and LeaseLost raised, as soon as `renew` says that the lease is somebody else's, or
    when it could not be renewed for two thirds of its length: the last third is for what is under way to end in.
    The error then says what ails the database, if that is known.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a lease is kept inside a task")
    beating = asyncio.create_task(_beat(renew, lease.total_seconds() / 3, task))
    lost = "the lease could not be renewed while the work went on"
    try:
        yield
    except asyncio.CancelledError:
        if beating.done() and not beating.cancelled() and task.uncancel() == 0:
            why = beating.result()
            raise LeaseLost(f"{lost}: {why}" if why else lost) from None
        raise
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def _beat(renew: Callable[[], Awaitable[bool]], third_s: float, task: "asyncio.Task[object]") -> str | None:
    """Renew until the lease is lost; then cancel the work. Answers what ailed the database, if anything did."""
    loop = asyncio.get_running_loop()
    renewed, ailing = loop.time(), None
    while loop.time() - renewed < 2 * third_s:
        await asyncio.sleep(third_s)
        asked = loop.time()
        try:
            async with asyncio.timeout(third_s):
                if not await renew():
                    ailing = None
                    break
            renewed, ailing = asked, None
        except _NO_DATABASE as error:
            ailing = advice(error) or ailing
    task.cancel()
    return ailing
