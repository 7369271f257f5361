"""Keeps a receiver looking: at its own pace, through every fault, until it is told to stop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

import structlog

from mia_bot.errors import XRateLimited
from mia_bot.reasons import reason_of
from mia_core.app import App
from mia_core.backoff import pause_after
from mia_core.errors import LeaseLost

log = structlog.get_logger(__name__)


class Receiver(Protocol):
    """Brings events into the inbox."""

    name: str

    async def poll(self) -> int:
        """One look; how many events were new."""
        ...


class Look:
    """Asks a receiver to look before its time."""

    def __init__(self) -> None:
        self._wanted = asyncio.Event()

    def soon(self) -> None:
        """Something may be there."""
        self._wanted.set()

    async def wait(self, pause_s: float) -> None:
        """Until the pause is over, or somebody wants a look."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), pause_s)
        self._wanted.clear()


async def keep_looking(app: App, receiver: Receiver, look: Look, pause_s: Callable[[int], float]) -> None:
    """Poll for ever; `pause_s` gives the wait after a look that found so many. Raises LeaseLost alone.

    Any other fault is logged and waited out, longer each time. A rate limit is waited out whoever wants a look.
    """
    failures = 0
    while True:
        try:
            found = await receiver.poll()
        except LeaseLost:
            raise
        except XRateLimited as limited:
            wait_s = max((limited.retry_at - app.clock()) / timedelta(seconds=1), pause_s(0))
            log.warning("receiver_rate_limited", receiver=receiver.name, wait_s=round(wait_s))
            await asyncio.sleep(wait_s)
        except Exception as error:  # noqa: BLE001 - X or the database may be away; the receiver stays
            failures += 1
            wait_s = max(pause_after(failures, first_s=1.0).total_seconds(), pause_s(0))
            log.error("receiver_failed", receiver=receiver.name, reason=reason_of(error), wait_s=round(wait_s))
            await asyncio.sleep(wait_s)
        else:
            failures = 0
            await look.wait(pause_s(found))
