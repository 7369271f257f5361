"""Upgrading from every schema that has landed keeps what was stored, on SQLite and PostgreSQL."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import MetaData, insert, select

from mia_core.database import open_database
from mia_core.schema import differences, require_current, upgrade
from mia_core.settings import DatabaseSettings
from tests.core.events import NOON

ROWS_OF_0001: Mapping[str, Mapping[str, Any]] = {
    "person": {
        "id": 1,
        "username": "ana",
        "name": "Ana",
        "is_bot": False,
        "created_at": NOON,
        "last_seen_at": NOON,
        "memory_version": 3,
        "message_count": 0,
    },
    "outbox": {
        "person_id": 1,
        "id": 2,
        "key": "turn:1:0",
        "channel": "dm",
        "address": "1",
        "text": "Hello, Ana",
        "state": "unknown",
        "due_at": NOON,
        "attempts": 1,
        "created_at": NOON,
    },
    "memory": {
        "person_id": 1,
        "id": 3,
        "kind": "fact",
        "statement": "Ana has a piano.",
        "said_by": "person",
        "confidence": 1.0,
        "importance": 0.5,
        "visibility": "private",
        "source": "dm",
        "learnt_at": NOON,
        "embedding": b"\x00\x01",
    },
}


async def test_rows_of_the_first_schema_are_all_there_after_the_upgrade(database_url: str) -> None:
    async with open_database(DatabaseSettings(url=database_url)) as database:
        await upgrade(database, "0001")
        before = MetaData()
        async with database.writing() as connection:
            await connection.run_sync(before.reflect)
            for table, row in ROWS_OF_0001.items():
                stored = {
                    name: value.replace(tzinfo=None) if value is NOON and database.is_sqlite else value
                    for name, value in row.items()
                }
                await connection.execute(insert(before.tables[table]).values(stored))
        await upgrade(database)
        await require_current(database)
        assert await differences(database) == []
        after = MetaData()
        async with database.reading() as connection:
            await connection.run_sync(after.reflect)
            (text,) = (await connection.execute(select(after.tables["outbox"]))).all()
            (memory,) = (await connection.execute(select(after.tables["memory"]))).all()
        assert (text.text, text.state, text.looks) == ("Hello, Ana", "unknown", 0)
        assert (memory.statement, bytes(memory.embedding), memory.version) == ("Ana has a piano.", b"\x00\x01", 0)
