"""What a job is, and one run of it: always a log line with name, outcome, counts and duration."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from apscheduler.triggers.base import BaseTrigger

from mia_core.app import App

log = structlog.get_logger(__name__)

Counts = Mapping[str, int | float | str]
"""What a run did, in figures; no text of people."""


@dataclass(frozen=True)
class Job:
    """Something done at set times by one process among all. It may be cut short at any await, and run again."""

    name: str
    trigger: BaseTrigger
    """When; in UTC."""
    work: Callable[[App], Awaitable[Counts]]


async def run_job(app: App, job: Job) -> None:
    """Run it once and tell the log. What goes wrong ends this run alone: the next comes at its time."""
    started_at, started = app.clock(), time.monotonic()

    def took_ms() -> int:
        return round((time.monotonic() - started) * 1000)

    try:
        counts = await job.work(app)
        await app.cursors.move(cursor_name(job), started_at.isoformat())
    except asyncio.CancelledError:
        log.info("job_ran", job=job.name, outcome="cut short", duration_ms=took_ms())
        raise
    except Exception:
        log.exception("job_ran", job=job.name, outcome="failed", duration_ms=took_ms())
    else:
        log.info("job_ran", job=job.name, outcome="ok", duration_ms=took_ms(), **counts)


def cursor_name(job: Job) -> str:
    """The cursor that keeps when the job was last begun and went well."""
    return f"job:{job.name}"
