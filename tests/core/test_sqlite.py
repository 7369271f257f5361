"""SQLite's connections: none is left when the program ends."""

import asyncio
import threading
from pathlib import Path

from sqlalchemy import text

from mia_core.database import Database, open_database
from mia_core.settings import DatabaseSettings

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT max(i) FROM n"


async def hold(database: Database, held: asyncio.Event, keep: list[object]) -> None:
    """Hold a connection until cancelled, with a statement under way."""
    async with database.reading() as connection:
        keep.append(connection)
        held.set()
        await connection.execute(text(SLOW))


async def test_no_connection_outlives_the_database_whatever_was_cancelled(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    keep: list[object] = []
    async with open_database(DatabaseSettings(url=f"sqlite:///{tmp_path / 'mia.sqlite3'}")) as database:
        held = asyncio.Event()
        task = asyncio.create_task(hold(database, held, keep))
        await held.wait()
        await asyncio.sleep(0)
        task.cancel()
    left = {thread for thread in threading.enumerate() if "_connection_worker_thread" in thread.name}
    assert not left - before
