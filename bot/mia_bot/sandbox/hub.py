"""Tells whoever listens that something changed; streams and the page live on it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

ChangeKind = Literal["post", "post_deleted", "dm", "dm_deleted", "person", "other"]


@dataclass(frozen=True)
class Change:
    """What happened, and to which id; never what was said."""

    kind: ChangeKind
    id: int


class Hub:
    """Hands each change to every open subscription, in order, within one event loop."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Change | None]] = set()
        self._closed = False

    def publish(self, change: Change) -> None:
        """Give a change to everyone who listens now."""
        for queue in self._queues:
            queue.put_nowait(change)

    def close(self) -> None:
        """End every subscription, now and from here on: the server is stopping."""
        self._closed = True
        for queue in self._queues:
            queue.put_nowait(None)

    @contextmanager
    def subscription(self) -> Iterator["Subscription"]:
        """Changes from now on, until the block is left."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        if self._closed:
            queue.put_nowait(None)
        self._queues.add(queue)
        try:
            yield Subscription(queue)
        finally:
            self._queues.discard(queue)


class Subscription:
    """One listener's end."""

    def __init__(self, queue: "asyncio.Queue[Change | None]") -> None:
        self._queue = queue

    async def next(self, timeout_s: float | None = None) -> Change | None:
        """The next change; raises TimeoutError after a silence of `timeout_s`; None at the end."""
        async with asyncio.timeout(timeout_s):
            return await self._queue.get()

    def drop_waiting(self) -> None:
        """Forget the changes that have come in the meantime; the end is not forgotten."""
        while not self._queue.empty():
            if self._queue.get_nowait() is None:
                self._queue.put_nowait(None)
                return
