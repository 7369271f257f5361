"""Leases that are kept and led by: one at a time, taken over, and nothing written by who lost them."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.errors import LeaseLost
from mia_core.heartbeat import kept
from mia_core.leases import Held

TTL = timedelta(seconds=0.3)


async def test_only_who_holds_the_lease_moves_the_cursor(app: App, clock: ManualClock) -> None:
    held = Held("x:receive", "one")
    with pytest.raises(LeaseLost):
        await app.cursors.move("x:dms", "5", held=held)
    await app.leases.take("x:receive", "one", TTL)
    await app.cursors.move("x:dms", "5", held=held)
    clock.move(TTL)
    await app.leases.take("x:receive", "two", TTL)
    with pytest.raises(LeaseLost):
        await app.cursors.move("x:dms", "4", held=held)
    assert await app.cursors.get("x:dms") == "5"


async def test_of_two_who_want_to_lead_one_works_and_the_other_follows_when_it_stops(app: App) -> None:
    working: list[str] = []
    began = asyncio.Event()

    async def work(held: Held) -> None:
        working.append(held.owner)
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            working.remove(held.owner)

    stops = {name: asyncio.Event() for name in ("one", "two")}
    leading = [
        asyncio.create_task(app.leases.lead("job", name, ttl=TTL, stop=stop, work=work))
        for name, stop in stops.items()
    ]
    async with asyncio.timeout(10):
        await began.wait()
        await asyncio.sleep(TTL.total_seconds())
        (first,) = working
        began.clear()
        stops[first].set()
        await began.wait()
        assert len(working) == 1
        assert working != [first]
        for stop in stops.values():
            stop.set()
        await asyncio.gather(*leading)


async def test_work_that_breaks_is_told_and_frees_the_lease(app: App) -> None:
    async def work(_: Held) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await app.leases.lead("job", "one", ttl=TTL, stop=asyncio.Event(), work=work)
    assert await app.leases.take("job", "two", TTL)


async def test_a_stop_ends_the_work_at_once_however_long_the_lease(app: App) -> None:
    stop, began = asyncio.Event(), asyncio.Event()

    async def work(_: Held) -> None:
        began.set()
        await asyncio.Event().wait()

    leading = asyncio.create_task(app.leases.lead("job", "one", ttl=timedelta(hours=1), stop=stop, work=work))
    async with asyncio.timeout(10):
        await began.wait()
        stop.set()
        await leading


async def test_work_goes_on_for_longer_than_its_lease_while_it_is_renewed() -> None:
    beats = 0

    async def renew() -> bool:
        nonlocal beats
        beats += 1
        return True

    async with kept(renew, timedelta(seconds=0.06)):
        async with asyncio.timeout(10):
            while beats < 5:
                await asyncio.sleep(0.01)


async def test_work_is_broken_off_when_somebody_else_has_the_lease() -> None:
    async def renew() -> bool:
        return False

    with pytest.raises(LeaseLost):
        async with kept(renew, timedelta(seconds=0.06)):
            await asyncio.sleep(10)


async def test_work_is_broken_off_before_a_lease_lapses_that_cannot_be_renewed() -> None:
    async def renew() -> bool:
        raise ConnectionResetError

    lease = 0.3
    began = asyncio.get_running_loop().time()
    with pytest.raises(LeaseLost):
        async with kept(renew, timedelta(seconds=lease)):
            await asyncio.sleep(10)
    assert asyncio.get_running_loop().time() - began > lease / 3


async def test_who_loses_a_lease_in_an_outage_says_what_ails_the_database() -> None:
    async def renew() -> bool:
        raise OperationalError("UPDATE", {}, psycopg.errors.ReadOnlySqlTransaction())

    with pytest.raises(LeaseLost, match=r"let database\.url lead to the primary"):
        async with kept(renew, timedelta(seconds=0.06)):
            await asyncio.sleep(10)


async def test_a_cancellation_from_outside_stays_one() -> None:
    async def renew() -> bool:
        return True

    async def work() -> None:
        async with kept(renew, timedelta(seconds=30)):
            await asyncio.sleep(10)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
