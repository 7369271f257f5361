"""SQLite beside the event loop: aiosqlite, with one hop to its thread for a statement instead of four.

Making the cursor, executing, fetching and closing are four journeys to the connection's thread and back in
SQLAlchemy's adapter of aiosqlite. A turn's statements are short, so that the journeys were most of their time.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import aiosqlite

_ITER_CHUNK = 64
_END_S = 10


class Connections:
    """Opens connections for SQLAlchemy's `async_creator_fn`, and sees to it that none outlives the event loop."""

    def __init__(self) -> None:
        self._opened: list[OneHopConnection] = []

    async def open(self, database: str, **options: Any) -> "OneHopConnection":
        """A connection in a thread of its own."""
        self._opened = [connection for connection in self._opened if connection.is_alive()]
        connection = OneHopConnection(partial(sqlite3.connect, database, **options), _ITER_CHUNK)
        self._opened.append(connection)
        await connection
        return connection

    async def close(self) -> None:
        """Wait for every thread's end: the pool forgets a connection whose holder was cancelled, and goes on."""
        for connection in self._opened:
            await connection.end()


class OneHopConnection(aiosqlite.Connection):
    """A connection whose cursors do all of a statement in one go."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._thread.daemon = True  # as SQLAlchemy has it: the interpreter's end does not wait for it

    def is_alive(self) -> bool:
        """Whether its thread runs, or has still to begin."""
        return self._running or self._thread.is_alive()

    async def end(self) -> None:
        """Close it, if nobody has, and wait a while for the statement that still runs."""
        if self._running:
            self.stop()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, _END_S)

    def cursor(self) -> "OneHopCursor":  # type: ignore[override]  # SQLAlchemy only enters it
        """A cursor that costs nothing to make or to close."""
        return OneHopCursor(self)

    async def rollback(self) -> None:
        """End the transaction; without one, as after every read, there is nothing to go to the thread for."""
        if self._conn.in_transaction:
            await super().rollback()

    async def run(self, statement: str, parameters: Any, *, many: bool) -> "Result":
        """Execute and fetch, in the connection's thread."""
        result: Result = await self._execute(  # type: ignore[no-untyped-call]  # aiosqlite leaves it untyped
            _run, self._conn, statement, parameters, many
        )
        return result


class Result:
    """What a statement left behind."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self.rows: list[Any] = cursor.fetchall() if cursor.description else []
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid


class OneHopCursor:
    """The part of a DBAPI cursor that SQLAlchemy's adapter uses; rows are there when `execute` returns."""

    arraysize = 1

    def __init__(self, connection: OneHopConnection) -> None:
        self._connection = connection
        self._result: Result | None = None

    async def __aenter__(self) -> "OneHopCursor":
        """Nothing to wait for."""
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> "OneHopCursor":
        """Run one statement and fetch its rows."""
        self._result = await self._connection.run(statement, parameters or (), many=False)
        return self

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> "OneHopCursor":
        """Run one statement for each set of parameters."""
        self._result = await self._connection.run(statement, parameters, many=True)
        return self

    async def fetchall(self) -> list[Any]:
        """The rows."""
        return self._result.rows if self._result else []

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def description(self) -> Any:
        """The columns of the rows; None where a statement gives none."""
        return self._result.description if self._result else None

    @property
    def rowcount(self) -> int:
        """Rows that the statement changed."""
        return self._result.rowcount if self._result else -1

    @property
    def lastrowid(self) -> int | None:
        """Row id of the last insertion."""
        return self._result.lastrowid if self._result else None


def _run(connection: sqlite3.Connection, statement: str, parameters: Any, many: bool) -> Result:
    cursor = connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(statement, parameters)
        return Result(cursor)
    finally:
        cursor.close()
