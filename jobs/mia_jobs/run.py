"""The process `mia jobs`: every job and its times, from settings to a clean stop."""

from datetime import UTC
from pathlib import Path

from apscheduler.triggers.cron import CronTrigger

from mia_core.app import open_app
from mia_core.log import configure
from mia_core.process import stop_requested
from mia_core.settings import load_settings
from mia_jobs.budget_report import budget_report
from mia_jobs.job import Job
from mia_jobs.legacy_deadline import legacy_deadline
from mia_jobs.re_embed import re_embed
from mia_jobs.reflect import reflect
from mia_jobs.scheduler import run_jobs

JOBS = (
    Job("budget_report", CronTrigger(hour=0, minute=10, timezone=UTC), budget_report),
    Job("reflect", CronTrigger(hour=3, minute=20, timezone=UTC), reflect),
    Job("legacy_deadline", CronTrigger(hour=4, minute=10, timezone=UTC), legacy_deadline),
    Job("re_embed", CronTrigger(minute=17, timezone=UTC), re_embed),
)


async def run_process(config: Path | None) -> None:
    """Run the jobs until SIGTERM or SIGINT. Raises OperatorError."""
    settings = load_settings(config)
    configure(settings.log, process="jobs")
    stop = stop_requested()
    async with open_app(settings) as app:
        await run_jobs(app, JOBS, stop)
