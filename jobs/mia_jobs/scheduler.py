"""The scheduler: of all job processes one leads, by lease, and runs the jobs at their times."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from mia_core.app import App
from mia_core.process import stopped_within
from mia_jobs.job import Job, cursor_name, run_job

log = structlog.get_logger(__name__)

LEASE = "scheduler"
TTL = timedelta(seconds=30)
"""A leader that dies is followed after this, at the latest."""
_NO_DATABASE = (SQLAlchemyError, OSError)


async def run_jobs(app: App, jobs: Sequence[Job], stop: asyncio.Event, *, ttl: timedelta = TTL) -> None:
    """Lead when nobody else does, else stand by; until `stop` is set. The lease is given back at the end."""
    pause = ttl.total_seconds() / 3
    log.info("jobs_started", jobs=[job.name for job in jobs])
    while not stop.is_set():
        if await _lead(app, ttl):
            log.info("jobs_leading")
            async with _scheduling(app, jobs):
                while not await stopped_within(stop, pause) and await _lead(app, ttl):
                    pass
            if not stop.is_set():
                log.warning("jobs_lost_the_lead")
        else:
            await stopped_within(stop, pause)
    with suppress(*_NO_DATABASE):
        await app.leases.give_back(LEASE, app.owner)
    log.info("jobs_stopped")


async def _lead(app: App, ttl: timedelta) -> bool:
    """Take or renew the lead; without a database nobody leads."""
    try:
        return await app.leases.take(LEASE, app.owner, ttl)
    except _NO_DATABASE as error:
        log.warning("jobs_without_database", reason=type(error).__name__)
        return False


@asynccontextmanager
async def _scheduling(app: App, jobs: Sequence[Job]) -> AsyncIterator[None]:
    """Within the block the jobs run at their times; leaving it cuts short what still runs, and waits for that."""
    running: set[asyncio.Task[None]] = set()

    async def run(job: Job) -> None:
        task = asyncio.create_task(run_job(app, job))
        running.add(task)
        task.add_done_callback(running.discard)
        with suppress(asyncio.CancelledError):  # at the end; apscheduler would log it as the job's failure
            await asyncio.wait({task})

    scheduler = AsyncIOScheduler(timezone=UTC)
    for job in jobs:
        scheduler.add_job(
            run,
            trigger=job.trigger,
            args=[job],
            id=job.name,
            next_run_time=await next_run(app, job),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        for task in tuple(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def next_run(app: App, job: Job) -> datetime:
    """When the job is due: in the past if its last time was missed, whichever process should have run it."""
    last = await app.cursors.get(cursor_name(job))
    moment: datetime = job.trigger.get_next_fire_time(datetime.fromisoformat(last) if last else None, app.clock())
    return moment
