"""Signals: word that something may be due, within this process at once and from other processes soon.

A signal is a hint. Whoever waits looks again by itself now and then, so that one that is lost costs time and
nothing else. On PostgreSQL other processes are told by NOTIFY; on SQLite they see that the file was changed.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from mia_core.database import SERVER, Database
from mia_core.outage import advice

log = structlog.get_logger(__name__)

Topic = Literal["inbox", "outbox"]
_TOPICS: tuple[Topic, ...] = ("inbox", "outbox")
_CHANNEL = "mia"
_GATHER_S = 0.02
"""Announcements of one process that are this close together are one NOTIFY."""
_WATCH_S = 0.25
"""How often the SQLite file is asked whether another process has changed it: a read of some microseconds."""
_RETRY_S = 2.0
_NO_DATABASE = (SQLAlchemyError, psycopg.Error, OSError)


class Signals:
    """Tells and waits. Waiting needs `listening` to be entered for news of other processes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._me = secrets.token_hex(4)
        self._counts: dict[Topic, int] = dict.fromkeys(_TOPICS, 0)
        self._changed = {topic: asyncio.Event() for topic in _TOPICS}
        self._served: set[Topic] = set()
        self._untold: set[Topic] = set()
        self._telling: asyncio.Task[None] | None = None

    def announce(self, topic: Topic) -> None:
        """Wake who waits for the topic: here now, elsewhere within moments. Call it after the commit."""
        self._wake(topic)
        if self._database.is_sqlite or topic in self._served:
            return
        self._untold.add(topic)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    def serve(self, topic: Topic) -> None:
        """From now on this process sees to what it announces of the topic by itself: others need not be told."""
        self._served.add(topic)

    def remind(self, topic: Topic) -> None:
        """Wake who waits for the topic in this process alone."""
        self._wake(topic)

    def count(self, topic: Topic) -> int:
        """How often the topic was announced: take it before looking, and hand it to `wait`."""
        return self._counts[topic]

    async def wait(self, topic: Topic, *, since: int, timeout_s: float) -> None:
        """Until the topic was announced after `since`, or the time is up."""
        if self._counts[topic] != since:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed[topic].wait(), timeout_s)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear of other processes for as long as the block lasts."""
        listener = asyncio.create_task(self._watch_file() if self._database.is_sqlite else self._listen())
        try:
            yield
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def close(self) -> None:
        """Tell what is not told yet."""
        if self._telling:
            await asyncio.gather(self._telling, return_exceptions=True)

    def _wake(self, topic: Topic) -> None:
        self._counts[topic] += 1
        self._changed[topic].set()
        self._changed[topic] = asyncio.Event()

    async def _tell(self) -> None:
        """NOTIFY in a transaction of its own: inside another it would make all commits wait for one another."""
        await asyncio.sleep(_GATHER_S)
        while self._untold:
            topics, self._untold = self._untold, set()
            try:
                async with self._database.reading() as connection:
                    for topic in topics:
                        payload = {"channel": _CHANNEL, "payload": f"{topic} {self._me}"}
                        await connection.execute(text("SELECT pg_notify(:channel, :payload)"), payload)
            except _NO_DATABASE as error:
                log.warning(
                    "signal_not_sent",
                    reason=advice(error) or type(error).__name__,
                    consequence="others look by themselves",
                )

    async def _listen(self) -> None:
        """PostgreSQL: one connection that only listens; whenever it is made anew, everybody looks."""
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(url, autocommit=True, **SERVER) as connection:
                    await connection.execute(f"LISTEN {_CHANNEL}")
                    self._wake_all()
                    async for note in connection.notifies():
                        self._heard(note.payload)
            except _NO_DATABASE as error:
                log.warning("signals_not_heard", reason=advice(error) or type(error).__name__, again_in_s=_RETRY_S)
            await asyncio.sleep(_RETRY_S)

    def _heard(self, payload: str) -> None:
        topic, _, who = payload.partition(" ")
        if who != self._me:
            for known in _TOPICS:
                if known == topic:
                    self._wake(known)

    async def _watch_file(self) -> None:
        """SQLite: its data version changes, on one and the same connection, when any other one has committed."""
        while True:
            try:
                async with self._database.reading() as connection:
                    seen = None
                    while True:
                        version = (await connection.exec_driver_sql("PRAGMA data_version")).scalar_one()
                        if version != seen:
                            seen = version
                            self._wake_all()
                        await asyncio.sleep(_WATCH_S)
            except _NO_DATABASE as error:
                log.warning("signals_not_heard", reason=advice(error) or type(error).__name__, again_in_s=_RETRY_S)
            await asyncio.sleep(_RETRY_S)

    def _wake_all(self) -> None:
        for topic in _TOPICS:
            self._wake(topic)
