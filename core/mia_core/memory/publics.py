"""What everybody may know: the approved statements of all people, searched for what bears on a message."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.cursors import Cursors
from mia_core.database import Database
from mia_core.memory.centre import find_centre
from mia_core.memory.embed import Embedder
from mia_core.memory.publication import APPROVED
from mia_core.memory.shelf import Centre, Shelf, Text
from mia_core.memory.words import language_of, terms
from mia_core.tables import Person, Publication

_MOST = 2_000
"""Statements that are held: the newest ones, some 3 MB."""
_LOOKED_AT = timedelta(seconds=30)
"""How often it is asked whether something new was approved. What is taken back is asked for every time."""
_CHOSEN = 5
_SHARED, _ALIKE = 0.15, 0.35
"""Share of a message's words, and likeness to it, from either of which on a statement bears on it."""


@dataclass(frozen=True)
class PublicMemory:
    """A statement that its person lets her tell everybody."""

    id: int
    person_id: int
    statement: str
    by: str | None
    """Their username, if they agreed to being named."""


class Publics:
    """The approved statements, in the process. It reads the table `publication` alone, never `memory`."""

    def __init__(self, database: Database, embedder: Embedder, cursors: Cursors, clock: Clock) -> None:
        self._database = database
        self._embedder = embedder
        self._cursors = cursors
        self._clock = clock
        self._looked_at: datetime | None = None
        self._mark: str | None = None
        self._memories: list[PublicMemory] = []
        self._shelf: Shelf | None = None

    async def recall(self, said: str, language: str | None, *, but_of: int | None = None) -> list[PublicMemory]:
        """The statements that bear on what is said, the best first; `but_of` leaves one person's own out.

        None of them was taken back when this returns.
        """
        await self._look()
        if not self._memories or self._shelf is None:
            return []
        (vector,) = await self._embedder.embed([said])
        shared = self._shelf.lexical(terms(said, language_of(language))).near
        alike = self._shelf.meaning(vector)
        (fitting,) = np.nonzero((shared >= _SHARED) | (alike >= _ALIKE))
        ranked = fitting[np.argsort(-(shared + alike)[fitting], kind="stable")]
        chosen = [self._memories[row] for row in ranked if self._memories[row].person_id != but_of]
        return await self._still_public(chosen[:_CHOSEN])

    async def _look(self) -> None:
        """Read the statements anew, if one was approved since."""
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < _LOOKED_AT:
            return
        self._looked_at = now
        mark = await self._cursors.get(APPROVED)
        if mark != self._mark:
            await self._read()
            self._mark = mark

    async def _read(self) -> None:
        statement = (
            select(
                col(Publication.id),
                col(Publication.person_id),
                col(Publication.statement),
                col(Publication.attributed),
                col(Publication.offered_at),
                col(Publication.embedding),
                col(Publication.embedding_model),
                col(Person.username),
                col(Person.language),
            )
            .join(Person, col(Person.id) == col(Publication.person_id))
            .where(col(Publication.state) == "approved")
            .order_by(col(Publication.id).desc())
            .limit(_MOST)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(statement)).all()
        centre = await find_centre(self._embedder)
        self._shelf = await asyncio.to_thread(self._shelve, centre, rows)
        self._memories = [
            PublicMemory(row.id, row.person_id, row.statement, row.username if row.attributed else None)
            for row in rows
        ]

    def _shelve(self, centre: Centre, rows: Sequence[Row[*tuple[Any, ...]]]) -> Shelf:
        shelf = Shelf(centre, alone=True)
        shelf.add(
            [
                Text(
                    terms=terms(row.statement, language_of(row.language)),
                    vector=self._vector(row.embedding, row.embedding_model),
                    session=row.id,
                    at=row.offered_at,
                    by_mia=False,
                    asks=False,
                    tells_time=False,
                )
                for row in rows
            ]
        )
        return shelf

    def _vector(self, embedding: bytes | None, model: str | None) -> NDArray[np.float32]:
        if embedding is None or model != self._embedder.name:
            return np.zeros(int(self._embedder.name.rpartition(":")[2]), dtype=np.float32)
        return np.frombuffer(embedding, dtype="<f2").astype(np.float32)

    async def _still_public(self, chosen: Sequence[PublicMemory]) -> list[PublicMemory]:
        """Those that are approved at this moment, whatever any process has kept."""
        if not chosen:
            return []
        statement = select(col(Publication.id)).where(
            col(Publication.state) == "approved", col(Publication.id).in_([memory.id for memory in chosen])
        )
        async with self._database.reading() as connection:
            public = set((await connection.execute(statement)).scalars())
        if len(public) < len(chosen):
            self._mark, self._looked_at = None, None
        return [memory for memory in chosen if memory.id in public]
