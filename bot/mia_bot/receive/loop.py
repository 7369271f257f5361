"""Keeps a receiver looking: at its pace, through every fault, until it is told to stop."""

import asyncio
from datetime import timedelta
from typing import Protocol

import structlog

from mia_bot.errors import XRateLimited
from mia_bot.reasons import reason_of
from mia_core.app import App

log = structlog.get_logger(__name__)

_LONGEST_PAUSE_S = 300.0


class Receiver(Protocol):
    """Brings events into the inbox."""

    name: str

    async def poll(self) -> int:
        """One look; how many events were new."""
        ...


async def keep_looking(app: App, receiver: Receiver, every_s: float) -> None:
    """Poll for ever. A fault is logged and waited out, longer each time; it never ends the process."""
    failures = 0
    while True:
        pause = every_s
        try:
            await receiver.poll()
            failures = 0
        except XRateLimited as limited:
            pause = max((limited.retry_at - app.clock()) / timedelta(seconds=1), every_s)
            log.warning("receiver_rate_limited", receiver=receiver.name, wait_s=round(pause))
        except Exception as error:  # noqa: BLE001 - X or the database may be away; the receiver stays
            failures += 1
            pause = max(every_s, min(every_s * 2 ** min(failures, 10), _LONGEST_PAUSE_S))
            log.error("receiver_failed", receiver=receiver.name, reason=reason_of(error), wait_s=round(pause))
        await asyncio.sleep(pause)
