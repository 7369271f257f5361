"""The bot in a process of its own, which dies by SIGKILL at a boundary that it is told.

A boundary is the moment before or after a commit, or before or after a request to X or xAI. They are counted from
1, and the name of each is written down before the process may die there.
"""

import asyncio
import os
import signal
import zlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import numpy as np
import structlog
from sqlalchemy import select
from sqlmodel import col

from mia_bot.receive.dms import Dms
from mia_bot.receive.loop import Receiver
from mia_bot.receive.mentions import Mentions
from mia_bot.send import Sender
from mia_bot.text.shape import shape_for
from mia_bot.tokens import open_auth
from mia_bot.worker import Workers
from mia_bot.x.client import XClient, open_x
from mia_bot.x.shapes import User
from mia_core.app import App, open_app
from mia_core.clock import ManualClock
from mia_core.database import Database
from mia_core.leases import Held
from mia_core.memory.embed import USE, Vectors
from mia_core.settings import Settings
from mia_core.tables import InboxRow, OutboxRow
from tests.forking import run_forked

STEP = timedelta(seconds=31)
"""How far a successor's clock goes on between its looks: past a lease, and past X's grace time."""
_MOST_STEPS = 40
_PATIENCE_S = 20.0
_RECEIVING = "x:receive"
_UNSETTLED = ("ready", "sending", "unknown")


@dataclass(frozen=True)
class Life:
    """What one process is to do."""

    settings: Settings
    born: datetime
    journal: Path
    """Where the boundaries that it came by are written, one a line; its log goes beside it."""
    dies_at: int | None = None
    """The boundary at which it dies; None for one that lives until everything is answered."""


def live(life: Life) -> bool:
    """Let a process receive, take turns and send. True if it came to the end of that, False if it died.

    Raises RuntimeError, with its log, when it ended in another way.
    """
    code = run_forked(_main, life)
    if code not in {0, -signal.SIGKILL} or (code and life.dies_at is None):
        raise RuntimeError(f"the process ended with {code}: {_log_of(life).read_text()}")
    return code == 0


def _main(life: Life) -> None:
    with _log_of(life).open("w") as log:
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=log))
        asyncio.run(_live(life))


def _log_of(life: Life) -> Path:
    return life.journal.with_suffix(".log")


class _Boundaries:
    """Counts, writes down, and dies."""

    def __init__(self, life: Life) -> None:
        self._journal = os.open(life.journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._dies_at = life.dies_at
        self._passed = 0

    def reach(self, name: str) -> None:
        """Come to a boundary, and perhaps no further."""
        self._passed += 1
        os.write(self._journal, f"{name}\n".encode())
        if self._passed == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, act: Callable[..., Any], name: str) -> Callable[..., Any]:
        """An act with a boundary on each side."""

        def acted(*args: Any, **named: Any) -> Any:
            self.reach(f"before {name}")
            result = act(*args, **named)
            self.reach(f"after {name}")
            return result

        return acted

    def around_request(self, request: Callable[..., Awaitable[Any]], whose: str) -> Callable[..., Any]:
        """A client's request with a boundary on each side."""

        async def requested(client: Any, *args: Any, **named: Any) -> Any:
            first = args[0]
            verb = f"{first.method} {first.url.path}" if isinstance(first, httpx.Request) else _verb(*args)
            self.reach(f"before {whose} {verb}")
            response = await request(client, *args, **named)
            self.reach(f"after {whose} {verb}")
            return response

        return requested

    def watch_requests(self) -> None:
        """Every request of this process from now on."""
        x, xai = aiohttp.ClientSession, httpx.AsyncHTTPTransport
        x._request = self.around_request(x._request, "X's")  # type: ignore[method-assign]  # for this process's life
        xai.handle_async_request = self.around_request(xai.handle_async_request, "xAI's")  # type: ignore[method-assign]  # as above

    def watch_commits(self, database: Database) -> None:
        """Every commit of this database from now on."""
        dialect = database.engine.sync_engine.dialect
        dialect.do_commit = self.around(dialect.do_commit, "a commit")  # type: ignore[method-assign]  # as above


def _verb(method: str, address: Any, *_: Any) -> str:
    return f"{method} {httpx.URL(str(address)).path}"


class _Words:
    """Vectors by the sum of the words, under the real model's name: what they mean is nothing to a crash."""

    name = USE

    def warm_up(self) -> None:
        """Nothing to read."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One row a text."""
        rows = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split():
                row[zlib.crc32(word.encode()) % 512] += 1
        lengths: Vectors = np.linalg.norm(rows, axis=1, keepdims=True).clip(1)
        return rows / lengths

    def close(self) -> None:
        """Nothing is held."""


async def _live(life: Life) -> None:
    boundaries, clock = _Boundaries(life), ManualClock(life.born)
    boundaries.watch_requests()
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(open_app(life.settings, clock=clock, embedder=_Words()))
        boundaries.watch_commits(app.database)
        x = await stack.enter_async_context(open_x(app.settings.x, await open_auth(app), clock))
        me = await x.me()
        bot = _Bot(app, x, me)
        for _ in range(_MOST_STEPS):
            async with asyncio.timeout(_PATIENCE_S):
                if await bot.round():
                    return
            clock.move(STEP)
        raise RuntimeError("not everything was settled in the end")


class _Bot:
    """Each part of the bot in turn, so that a life goes the same way every time."""

    def __init__(self, app: App, x: XClient, me: User) -> None:
        self._app = app
        accept, held = app.inbox.accept, Held(_RECEIVING, app.owner)
        self._receivers: list[Receiver] = [Mentions(app, x, me, accept, held), Dms(app, x, me, accept, held)]
        self._workers = Workers(app, shape_for(app.settings.bot))
        self._sender = Sender(app, x, me)

    async def round(self) -> bool:
        """Receive, answer and send what is due now. Whether all that ever came in is settled."""
        ttl = timedelta(seconds=self._app.settings.bot.lease_s)
        if not await self._app.leases.take(_RECEIVING, self._app.owner, ttl):
            return False
        for receiver in self._receivers:
            await receiver.poll()
        await self._until_idle(self._workers.run, self._nobody_is_due)
        await self._until_idle(self._sender.run, self._no_text_is_due)
        return await self._is_settled()

    async def _until_idle(
        self, run: Callable[[asyncio.Event], Awaitable[None]], idle: Callable[[], Awaitable[bool]]
    ) -> None:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(_awaited(run(stop)))
            while not await idle():
                await asyncio.sleep(0.002)
            stop.set()

    async def _nobody_is_due(self) -> bool:
        due = await self._app.inbox.next_due()
        return due is None or due > self._app.clock()

    async def _no_text_is_due(self) -> bool:
        waiting = [*await self._app.outbox.waiting("dm", 1), *await self._app.outbox.waiting("post", 1)]
        return all(moment > self._app.clock() for moment in waiting)

    async def _is_settled(self) -> bool:
        async with self._app.database.reading() as connection:
            inbox = await connection.execute(select(col(InboxRow.id)).where(col(InboxRow.state) == "open"))
            outbox = await connection.execute(
                select(col(OutboxRow.id)).where(col(OutboxRow.state).in_(_UNSETTLED))
            )
            return inbox.first() is None and outbox.first() is None


async def _awaited(work: Awaitable[None]) -> None:
    await work
