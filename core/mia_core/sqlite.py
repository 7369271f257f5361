"""SQLite beside the event loop: aiosqlite, with one hop to its thread for a statement instead of four.

Making the cursor, executing, fetching and closing are four journeys to the connection's thread and back in
SQLAlchemy's adapter of aiosqlite. A turn's statements are short, so that the journeys were most of their time.
"""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any

import aiosqlite

_ITER_CHUNK = 64


def connect(database: str, **options: Any) -> "OneHopConnection":
    """A connection for SQLAlchemy's `async_creator_fn`: awaited by it, and opened in its own thread."""
    connection = OneHopConnection(partial(sqlite3.connect, database, **options), _ITER_CHUNK)
    connection.let_die_with_the_process()
    return connection


class OneHopConnection(aiosqlite.Connection):
    """A connection whose cursors do all of a statement in one go."""

    def let_die_with_the_process(self) -> None:
        """Do not hold up the interpreter's end, as SQLAlchemy asks of the connections that it makes itself."""
        self._thread.daemon = True

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
