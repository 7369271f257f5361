"""Of all job processes exactly one leads; times that were missed are made up once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from structlog.testing import capture_logs

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_jobs.job import Counts, Job, run_job
from mia_jobs.scheduler import LEASE, next_run, run_jobs

TTL = timedelta(seconds=0.3)
EVERY_DAY = CronTrigger(hour=6, timezone=UTC)


async def nothing(_: App) -> Counts:
    return {}


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what must come; the test's own time limit is the deadline."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


def counting(done: list[str], who: str) -> Job:
    """A job that is due all the time and says who ran it."""

    async def work(_: App) -> Counts:
        done.append(who)
        return {"count": 1}

    return Job("counting", IntervalTrigger(seconds=0.05, timezone=UTC), work)


@asynccontextmanager
async def process(app: App, done: list[str], who: str) -> AsyncIterator[asyncio.Event]:
    """A job process of its own name, stopped at the end of the block as a signal would."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_jobs(replace(app, owner=who), [counting(done, who)], stop, ttl=TTL))
    try:
        yield stop
    finally:
        stop.set()
        await task


async def test_of_two_processes_one_runs_the_jobs_and_the_other_takes_over_when_it_stops(app: App) -> None:
    done: list[str] = []
    async with process(app, done, "first") as stop_first:
        await until(lambda: len(done) >= 3)
        async with process(app, done, "second"):
            seen = len(done)
            await until(lambda: len(done) >= seen + 3)
            assert set(done) == {"first"}
            stop_first.set()
            await until(lambda: "second" in done)
            assert sorted(done) == done, "never both"


async def test_a_leader_that_dies_is_followed_once_its_lease_has_lapsed(app: App, clock: ManualClock) -> None:
    done: list[str] = []
    assert await app.leases.take(LEASE, "a process that died", timedelta(seconds=30))
    async with process(app, done, "heir"):
        with capture_logs() as lines:
            await asyncio.sleep(TTL.total_seconds())
        assert not done
        assert not [line for line in lines if line["event"] == "jobs_leading"]
        clock.move(timedelta(seconds=31))
        await until(lambda: "heir" in done)


async def test_a_leader_that_lost_its_lease_cuts_short_what_it_runs(app: App, clock: ManualClock) -> None:
    cut = asyncio.Event()
    begun = asyncio.Event()

    async def endless(_: App) -> Counts:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()
        return {}

    stop = asyncio.Event()
    job = Job("endless", IntervalTrigger(seconds=0.05, timezone=UTC), endless)
    task = asyncio.create_task(run_jobs(app, [job], stop, ttl=TTL))
    await asyncio.wait_for(begun.wait(), 20)
    clock.move(TTL * 2)
    assert await app.leases.take(LEASE, "another process", timedelta(seconds=30))
    await asyncio.wait_for(cut.wait(), 20)
    stop.set()
    await task


async def test_a_stop_ends_the_process_at_once_and_frees_the_lease(app: App) -> None:
    done: list[str] = []
    async with process(app, done, "first"):
        await until(lambda: bool(done))
    assert await app.leases.take(LEASE, "next", TTL)


async def test_a_time_that_nobody_was_there_for_is_made_up_late_and_once(app: App, clock: ManualClock) -> None:
    daily = Job("daily", EVERY_DAY, nothing)
    assert await next_run(app, daily) == datetime(2026, 11, 24, 6, tzinfo=UTC), (
        "nothing is missed before the first"
    )
    await run_job(app, daily)
    clock.move(timedelta(days=3))
    assert await next_run(app, daily) == datetime(2026, 11, 24, 6, tzinfo=UTC), "due: in the past"
    await run_job(app, daily)
    assert await next_run(app, daily) == datetime(2026, 11, 27, 6, tzinfo=UTC)


async def test_each_run_is_one_log_line_with_name_outcome_counts_and_duration(app: App) -> None:
    async def work(_: App) -> Counts:
        return {"memories": 3}

    with capture_logs() as lines:
        await run_job(app, Job("tidy", EVERY_DAY, work))
    (line,) = lines
    assert line.pop("duration_ms") >= 0
    assert line == {"event": "job_ran", "log_level": "info", "job": "tidy", "outcome": "ok", "memories": 3}


async def test_a_job_that_fails_says_so_and_does_not_count_as_having_run(app: App) -> None:
    async def work(_: App) -> Counts:
        raise RuntimeError("broken")

    job = Job("fragile", EVERY_DAY, work)
    with capture_logs() as lines:
        await run_job(app, job)
    assert [(line["job"], line["outcome"]) for line in lines] == [("fragile", "failed")]
    assert await app.cursors.get("job:fragile") is None
