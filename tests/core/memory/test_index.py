"""Indexes of one person in several processes: caught up with what others learnt, read anew when more changed."""

from typing import Any

import numpy as np
from sqlalchemy import event, insert, update
from sqlmodel import col

from mia_core.app import App
from mia_core.memory.index import MemoryIndexes, Version
from mia_core.tables import Memory, Message
from tests.core.events import ANA, BRUNO, NOON, dm


async def remember(app: App, version: int, *ids: int) -> None:
    """Memories as a turn of another process stores them."""
    rows = [
        {
            "person_id": ANA.person_id,
            "id": number,
            "kind": "fact",
            "statement": f"Ana has {number} books.",
            "said_by": "person",
            "confidence": 1,
            "importance": 0.5,
            "visibility": "private",
            "source": "dm",
            "learnt_at": NOON,
            "version": version,
        }
        for number in ids
    ]
    async with app.database.writing() as connection:
        await connection.execute(insert(Memory), rows)


async def say(app: App, *numbers: int) -> None:
    """Messages as a turn of another process stores them, with vectors."""
    vectors = await app.embedder.embed([f"I bought book number {number}." for number in numbers])
    rows = [
        {
            "person_id": ANA.person_id,
            "id": 1000 + number,
            "seq": number,
            "session_id": 1,
            "turn_id": 1,
            "channel": "dm",
            "conversation": "c",
            "public": False,
            "author": "person",
            "text": f"I bought book number {number}.",
            "at": NOON,
            "embedding": vector.astype("<f2").tobytes(),
            "embedding_model": app.embedder.name,
        }
        for number, vector in zip(numbers, vectors, strict=True)
    ]
    async with app.database.writing() as connection:
        await connection.execute(insert(Message), rows)


class Reads:
    """Notes the parameters with which indexes are read."""

    def __init__(self, app: App) -> None:
        self.count = 0
        event.listen(app.database.engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.count += "UNION ALL" in statement


async def test_an_index_is_read_by_one_query_and_again_only_for_what_is_new(app: App) -> None:
    await app.inbox.accept([dm("hello")])
    await remember(app, 1, 1, 2)
    await say(app, 1, 2)
    indexes = MemoryIndexes(app.database, app.embedder)
    reads = Reads(app)
    first = await indexes.of(ANA.person_id, Version(1, 2))
    assert (len(first.memories), len(first.messages)) == (2, 2)
    await remember(app, 2, 3)
    await remember(app, 3, 4, 5)
    await say(app, 3)
    index = await indexes.of(ANA.person_id, Version(3, 3))
    assert index is first
    assert [memory.id for memory in index.memories] == [1, 2, 3, 4, 5]
    assert [message.seq for message in index.messages] == [1, 2, 3]
    assert np.allclose(np.linalg.norm(index.message_shelf.vectors, axis=1), 1, atol=1e-3)
    await indexes.of(ANA.person_id, Version(3, 3))
    assert reads.count == 2


async def test_a_change_that_is_no_addition_reads_everything_anew(app: App) -> None:
    await app.inbox.accept([dm("hello")])
    await remember(app, 1, 1, 2)
    indexes = MemoryIndexes(app.database, app.embedder)
    await indexes.of(ANA.person_id, Version(1, 0))
    async with app.database.writing() as connection:
        changed = {"statement": "Ana sold her piano.", "version": 2}
        await connection.execute(update(Memory).where(col(Memory.id) == 1).values(**changed))
    assert "piano" in (await indexes.of(ANA.person_id, Version(2, 0))).memories[0].statement
    async with app.database.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM memory WHERE id = 1")
    assert [memory.id for memory in (await indexes.of(ANA.person_id, Version(3, 0))).memories] == [2]


async def test_the_indexes_that_were_used_last_are_kept_within_the_bound(app: App) -> None:
    await app.inbox.accept([dm("hello"), dm("hello", author=BRUNO)])
    await remember(app, 1, 1)
    indexes = MemoryIndexes(app.database, app.embedder, max_bytes=1)
    await indexes.of(ANA.person_id, Version(1, 0))
    assert indexes.kept(ANA.person_id, Version(1, 0))
    await indexes.of(BRUNO.person_id, Version(0, 0))
    assert indexes.kept(BRUNO.person_id, Version(0, 0))
    assert indexes.kept(ANA.person_id, Version(1, 0)) is None
