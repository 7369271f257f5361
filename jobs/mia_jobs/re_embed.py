"""Job: memories and messages without a vector of the current model get one, so that their meaning is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, or_, select, tuple_, update
from sqlmodel import col

from mia_core.app import App
from mia_core.memory.index import searched
from mia_core.memory.names import names_of
from mia_core.memory.words import without
from mia_core.tables import Memory, Message, Person
from mia_jobs.job import Counts

BATCH = 64
"""Texts of one transaction: some 0.1 s of computing before it, a few milliseconds of writing in it."""
_BEFORE_ALL = -(2**63)


@dataclass(frozen=True)
class _Kind:
    """A table whose texts have vectors."""

    table: type[Memory] | type[Message]
    text: Any
    """Its column of words."""
    form: str
    """numpy's name of a vector's numbers."""


_MEMORIES = _Kind(Memory, col(Memory.statement), "<f4")
_MESSAGES = _Kind(Message, col(Message.text), "<f2")


async def re_embed(app: App) -> Counts:
    """Go through both tables once, in order of their keys; a run that is cut short loses at most one batch."""
    return {"memories": await _all_of(app, _MEMORIES), "messages": await _all_of(app, _MESSAGES)}


async def _all_of(app: App, kind: _Kind) -> int:
    done, last = 0, (_BEFORE_ALL, 0)
    while rows := await _stale(app, kind, last):
        vectors = await app.embedder.embed(_texts(app, kind, rows))
        await _store(app, kind, rows, [vector.astype(kind.form).tobytes() for vector in vectors])
        done, last = done + len(rows), (rows[-1].person_id, rows[-1].id)
    return done


def _texts(app: App, kind: _Kind, rows: Sequence[Any]) -> list[str]:
    """What is embedded: of a memory its statement, of a message what a turn takes of it."""
    if kind is _MEMORIES:
        return [row.text for row in rows]
    return [without(searched(row.text, row.pictures), _names(app, row)) for row in rows]


def _names(app: App, row: Any) -> frozenset[str]:
    return names_of(row.name, row.username, her_username=app.settings.x.username).all


async def _stale(app: App, kind: _Kind, after: tuple[int, int]) -> Sequence[Any]:
    """The next texts whose vector is missing or of another model."""
    key = (col(kind.table.person_id), col(kind.table.id))
    model = col(kind.table.embedding_model)
    columns = [*key, kind.text.label("text"), col(Person.name), col(Person.username)]
    if kind is _MESSAGES:
        columns.append(col(Message.pictures))
    statement = (
        select(*columns)
        .join(Person, col(Person.id) == key[0])
        .where(
            tuple_(*key) > tuple_(*after),
            or_(col(kind.table.embedding).is_(None), model.is_(None), model != app.embedder.name),
        )
        .order_by(*key)
        .limit(BATCH)
    )
    async with app.database.reading() as connection:
        return (await connection.execute(statement)).all()


async def _store(app: App, kind: _Kind, rows: Sequence[Any], vectors: Sequence[bytes]) -> None:
    """Write the vectors of texts that still read as they did, and have the people's memories read anew."""
    person_ids = {row.person_id for row in rows}
    values = [
        {"key_person": row.person_id, "key_id": row.id, "read": row.text, "vector": vector}
        for row, vector in zip(rows, vectors, strict=True)
    ]
    same = (
        col(kind.table.person_id) == bindparam("key_person"),
        col(kind.table.id) == bindparam("key_id"),
        kind.text == bindparam("read"),
    )
    async with app.database.writing() as connection:
        await connection.execute(
            update(Person)
            .where(col(Person.id).in_(person_ids))
            .values(memory_version=col(Person.memory_version) + 1)
        )
        await connection.execute(
            update(kind.table)
            .where(*same)
            .values(embedding=bindparam("vector"), embedding_model=app.embedder.name),
            values,
        )
