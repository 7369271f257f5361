"""Indexes of one person in several processes: caught up with what others learnt, read anew when more changed."""

from typing import Any

from sqlalchemy import event, insert, update
from sqlmodel import col

from mia_core.app import App
from mia_core.memory.index import MemoryIndexes
from mia_core.tables import Memory
from tests.core.events import ANA, NOON, dm


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


class Rows:
    """Counts the rows that are read."""

    def __init__(self, app: App) -> None:
        self.parameters: list[Any] = []
        event.listen(app.database.engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.parameters.append("version >" in statement)


async def test_only_what_another_process_learnt_meanwhile_is_read(app: App) -> None:
    await app.inbox.accept([dm("hello")])
    await remember(app, 1, 1, 2)
    indexes = MemoryIndexes(app.database, app.embedder.name)
    assert len((await indexes.of(ANA.person_id, 1)).memories) == 2
    await remember(app, 2, 3)
    await remember(app, 3, 4, 5)
    read = Rows(app)
    index = await indexes.of(ANA.person_id, 3)
    assert [memory.id for memory in index.memories] == [1, 2, 3, 4, 5]
    assert index.postings["books"] == [0, 1, 2, 3, 4]
    assert read.parameters == [True]


async def test_a_change_that_is_no_addition_reads_everything_anew(app: App) -> None:
    await app.inbox.accept([dm("hello")])
    await remember(app, 1, 1, 2)
    indexes = MemoryIndexes(app.database, app.embedder.name)
    await indexes.of(ANA.person_id, 1)
    async with app.database.writing() as connection:
        changed = {"statement": "Ana sold her piano.", "version": 2}
        await connection.execute(update(Memory).where(col(Memory.id) == 1).values(**changed))
    assert "piano" in (await indexes.of(ANA.person_id, 2)).memories[0].statement
    async with app.database.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM memory WHERE id = 1")
    assert [memory.id for memory in (await indexes.of(ANA.person_id, 3)).memories] == [2]
