"""Job: memories without a vector of the current model get one, so that recall finds them by meaning again."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, or_, select, tuple_, update
from sqlmodel import col

from mia_core.app import App
from mia_core.tables import Memory, Person
from mia_jobs.job import Counts

BATCH = 64
"""Memories of one transaction: some 0.1 s of computing before it, a few milliseconds of writing in it."""


async def re_embed(app: App) -> Counts:
    """Go through all memories once, in order of their key; a run that is cut short loses at most one batch."""
    done, last = 0, (_BEFORE_ALL, 0)
    while rows := await _stale(app, last):
        vectors = await app.embedder.embed([row.statement for row in rows])
        await _store(app, rows, [vector.astype("<f4").tobytes() for vector in vectors])
        done, last = done + len(rows), (rows[-1].person_id, rows[-1].id)
    return {"memories": done}


_BEFORE_ALL = -(2**63)


async def _stale(app: App, after: tuple[int, int]) -> Sequence[Any]:
    """The next memories whose vector is missing or of another model."""
    key = (col(Memory.person_id), col(Memory.id))
    model = col(Memory.embedding_model)
    statement = (
        select(*key, col(Memory.statement))
        .where(
            tuple_(*key) > tuple_(*after),
            or_(col(Memory.embedding).is_(None), model.is_(None), model != app.embedder.name),
        )
        .order_by(*key)
        .limit(BATCH)
    )
    async with app.database.reading() as connection:
        return (await connection.execute(statement)).all()


async def _store(app: App, rows: Sequence[Any], vectors: Sequence[bytes]) -> None:
    """Write the vectors of statements that still read as they did, and have the people's memories read anew."""
    person_ids = {row.person_id for row in rows}
    values = [
        {"key_person": row.person_id, "key_id": row.id, "read": row.statement, "vector": vector}
        for row, vector in zip(rows, vectors, strict=True)
    ]
    same = (
        col(Memory.person_id) == bindparam("key_person"),
        col(Memory.id) == bindparam("key_id"),
        col(Memory.statement) == bindparam("read"),
    )
    async with app.database.writing() as connection:
        await connection.execute(
            update(Person)
            .where(col(Person.id).in_(person_ids))
            .values(memory_version=col(Person.memory_version) + 1)
        )
        await connection.execute(
            update(Memory).where(*same).values(embedding=bindparam("vector"), embedding_model=app.embedder.name),
            values,
        )
