"""The scheduler: of all job processes one leads, by lease, and runs the jobs at their times."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from mia_core.app import App
from mia_core.leases import Held
from mia_jobs.job import Job, cursor_name, run_job

log = structlog.get_logger(__name__)

LEASE = "scheduler"
TTL = timedelta(seconds=30)
"""A leader that dies is followed after this, at the latest."""


async def run_jobs(app: App, jobs: Sequence[Job], stop: asyncio.Event, *, ttl: timedelta = TTL) -> None:
    """Lead when nobody else does, else stand by; until `stop` is set. The lease is given back at the end."""

    async def lead(_: Held) -> None:
        async with _scheduling(app, jobs):
            await asyncio.Event().wait()  # until the lead ends

    log.info("jobs_started", jobs=[job.name for job in jobs])
    await app.leases.lead(LEASE, app.owner, ttl=ttl, stop=stop, work=lead)
    log.info("jobs_stopped")


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
