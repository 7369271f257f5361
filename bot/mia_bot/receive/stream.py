"""Receiving what X pushes: a stream that is opened again whenever it ends, and gives way when X refuses it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

import structlog

from mia_bot.errors import XRateLimited, XRefused, XUnauthorized
from mia_bot.reasons import reason_of
from mia_bot.x.stream import Document, XStreamCrowded, XStreamRefused
from mia_core.backoff import pause_after
from mia_core.clock import Clock
from mia_core.errors import LeaseLost

log = structlog.get_logger(__name__)

Sleep = Callable[[float], Awaitable[None]]

_SOUND = timedelta(minutes=1)
"""A line that stood for this long was a good one: the next failure counts as the first."""
_FIRST_S = 1.0
_CROWDED_S = 60.0
"""X's advice when another connection still stands."""


class Source(Protocol):
    """A stream of X's."""

    name: str

    async def prepare(self) -> None:
        """See that X has the rules or subscriptions. Raises XError."""
        ...

    def connected(self) -> AbstractAsyncContextManager[AsyncIterator[Document]]:
        """A line that stands."""
        ...

    async def take(self, document: Document) -> None:
        """Bring what it holds into the inbox."""
        ...


class Standing:
    """Whether a stream stands at this moment, and what is to be done when one begins to."""

    def __init__(self, repair: Callable[[], None]) -> None:
        self.now = False
        self._repair = repair

    def opened(self) -> None:
        """A line stands: what came before it is to be asked for."""
        self.now = True
        self._repair()

    def closed(self) -> None:
        """It stands no more."""
        self.now = False


async def follow(source: Source, standing: Standing, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
    """Take what the stream pushes, for ever. Raises XStreamRefused when X does not give it, and LeaseLost."""
    failures = 0
    while True:
        began = clock()
        wait_s, reason = await _stand(source, standing, clock)
        failures = 1 if clock() - began >= _SOUND else failures + 1
        pause_s = max(wait_s, pause_after(failures, first_s=_FIRST_S).total_seconds())
        log.warning("stream_ended", stream=source.name, reason=reason, again_in_s=round(pause_s, 1))
        await sleep(pause_s)


async def _stand(source: Source, standing: Standing, clock: Clock) -> tuple[float, str]:
    """One connection, until it ends: the least time to wait then, and why it ended."""
    try:
        await source.prepare()
        async with source.connected() as documents:
            log.info("stream_stands", stream=source.name)
            standing.opened()
            async for document in documents:
                await _take(source, document)
    except (XRefused, XUnauthorized) as refused:
        raise XStreamRefused(str(refused)) from None
    except (XStreamRefused, LeaseLost):
        raise
    except XRateLimited as limited:
        return (limited.retry_at - clock()).total_seconds(), str(limited)
    except XStreamCrowded as crowded:
        return _CROWDED_S, str(crowded)
    except Exception as error:  # noqa: BLE001 - X or the database may be away; the stream is opened again
        return 0.0, reason_of(error)
    finally:
        standing.closed()
    return 0.0, "X closed it"


async def _take(source: Source, document: Document) -> None:
    """A post or message that cannot be taken now is left to the poll behind the stream."""
    try:
        await source.take(document)
    except LeaseLost:
        raise
    except Exception as error:  # noqa: BLE001 - one that cannot be read must not end the stream
        log.warning("stream_event_left_to_the_poll", stream=source.name, reason=reason_of(error))
