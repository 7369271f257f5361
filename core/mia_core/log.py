"""Logs: human lines on a terminal, JSON elsewhere; one event name per thing that happens, no text of people."""

import logging
import sys

import structlog
from structlog.typing import Processor

from mia_core.settings import LogSettings

_QUIET = ("tweepy", "oauthlib", "aiohttp", "httpx", "httpcore", "uvicorn", "apscheduler", "alembic", "asyncio")
"""Libraries that print headers, tokens, every request or their own comings and goings below WARNING."""


def configure(settings: LogSettings, *, process: str) -> None:
    """Send structlog's and the libraries' lines to standard error, in one format.

    `process` (bot, site, jobs, sandbox…) stands in every line.
    """
    human = settings.format == "human" or (settings.format == "auto" and sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if human
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.contextvars.bind_contextvars(process=process)
