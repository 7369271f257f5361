"""One person's memories in the process: read once, searched exactly, kept in a cache bounded in bytes."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select
from sqlmodel import col

from mia_core.database import Database
from mia_core.memory.embed import Vectors
from mia_core.memory.words import words
from mia_core.tables import Memory

Figures = NDArray[np.float64]
"""One number a memory."""

_REMEMBERED = (
    col(Memory.id),
    col(Memory.kind),
    col(Memory.statement),
    col(Memory.said_by),
    col(Memory.importance),
    col(Memory.learnt_at),
    col(Memory.valid_until),
)
"""In the order of `Remembered`."""
_COLUMNS = select(*_REMEMBERED, col(Memory.embedding), col(Memory.embedding_model), col(Memory.version))
_BYTES_BESIDE_TEXT = 1_000
"""What a statement and its postings take beside text and vector: an estimate, for the bound alone."""


@dataclass(frozen=True)
class Remembered:
    """One memory as recall sees it."""

    id: int
    kind: str
    statement: str
    said_by: str
    importance: float
    learnt_at: datetime
    valid_until: datetime | None


class PersonIndex:
    """All memories of one person at one version: statements, their figures, and where each word stands.

    The arrays have room to grow, so that a new memory costs the same however many there are.
    """

    def __init__(self, version: int, dimension: int) -> None:
        self.version = version
        self.memories: list[Remembered] = []
        self.postings: dict[str, list[int]] = {}
        """Word -> rows of the memories that hold it."""
        self.size = 0
        """Bytes, about."""
        self._vectors: Vectors = np.zeros((0, dimension), dtype=np.float32)
        self._importance: Figures = np.zeros(0)
        self._until: Figures = np.zeros(0)

    @property
    def vectors(self) -> Vectors:
        """Row i belongs to `memories[i]`; zeros where a vector of the current model is missing."""
        return self._vectors[: len(self.memories)]

    @property
    def importance(self) -> Figures:
        """Of each memory, 0 to 1."""
        return self._importance[: len(self.memories)]

    @property
    def until(self) -> Figures:
        """When each memory ceases to be true, in seconds since 1970; infinity where that is not known."""
        return self._until[: len(self.memories)]

    def add(self, memories: Sequence[Remembered], vectors: Vectors) -> None:
        """Append memories and their vectors (shape: memories, dimension)."""
        start, end = len(self.memories), len(self.memories) + len(memories)
        if end > len(self._vectors):
            self._grow(max(end, len(self._vectors) * 9 // 8 + 16))
        self._vectors[start:end] = vectors
        for row, memory in enumerate(memories, start=start):
            self._importance[row] = memory.importance
            self._until[row] = memory.valid_until.timestamp() if memory.valid_until else np.inf
            for word in words(memory.statement):
                self.postings.setdefault(word, []).append(row)
            self.size += len(memory.statement) + _BYTES_BESIDE_TEXT
        self.memories.extend(memories)

    def _grow(self, rows: int) -> None:
        more = rows - len(self._vectors)
        self.size += more * self._vectors.itemsize * self._vectors.shape[1]
        self._vectors = np.pad(self._vectors, ((0, more), (0, 0)))
        self._importance = np.pad(self._importance, (0, more))
        self._until = np.pad(self._until, (0, more))


class MemoryIndexes:
    """Gives out the index of one person at a time; keeps the latest used ones within a number of bytes."""

    def __init__(self, database: Database, embedding_model: str, max_bytes: int = 256 * 1024 * 1024) -> None:
        self._database = database
        self._embedding_model = embedding_model
        self._dimension = int(embedding_model.rpartition(":")[2])
        self._max_bytes = max_bytes
        self._kept: OrderedDict[int, PersonIndex] = OrderedDict()
        self._bytes = 0

    async def of(self, person_id: int, version: int) -> PersonIndex:
        """The person's index at `person.memory_version`.

        One query when it is not kept, or when another process has added to it: then for what is new alone.
        """
        kept = self._kept.get(person_id)
        if kept is not None and kept.version < version:
            kept = await self._caught_up(person_id, kept, version)
        if kept is not None and kept.version == version:
            self._kept.move_to_end(person_id)
            return kept
        index = PersonIndex(version, self._dimension)
        self._extend(index, await self._read(person_id))
        self._keep(person_id, index)
        return index

    def learnt(self, person_id: int, version: int, memories: Sequence[Remembered], vectors: Vectors) -> None:
        """Add what was just committed as `version`, so that the next turn need not read everything again."""
        kept = self._kept.get(person_id)
        if kept is None or kept.version != version - 1:
            self.forget(person_id)
            return
        before = kept.size
        kept.add(memories, vectors)
        kept.version = version
        self._bytes += kept.size - before

    def forget(self, person_id: int) -> None:
        """Drop what is kept of a person."""
        if dropped := self._kept.pop(person_id, None):
            self._bytes -= dropped.size

    def _keep(self, person_id: int, index: PersonIndex) -> None:
        self.forget(person_id)
        self._kept[person_id] = index
        self._bytes += index.size
        while self._bytes > self._max_bytes and len(self._kept) > 1:
            self.forget(next(iter(self._kept)))

    async def _caught_up(self, person_id: int, kept: PersonIndex, version: int) -> PersonIndex | None:
        """The kept index with what was added since; None if more was changed than that.

        Every version since must have brought rows that are not there yet. One without stands for a memory that was
        deleted, or written anew in a way that no row tells of.
        """
        rows = await self._read(person_id, col(Memory.version) > kept.version)
        known = {memory.id for memory in kept.memories}
        if {row.version for row in rows} != set(range(kept.version + 1, version + 1)):
            return None
        if any(row.id in known for row in rows) or self._kept.get(person_id) is not kept:
            return None
        self._bytes -= kept.size
        self._extend(kept, rows)
        self._bytes += kept.size
        kept.version = version
        return kept

    async def _read(self, person_id: int, *which: ColumnElement[bool]) -> Sequence[Any]:
        statement = _COLUMNS.where(col(Memory.person_id) == person_id, *which).order_by(col(Memory.id))
        async with self._database.reading() as connection:
            return (await connection.execute(statement)).all()

    def _extend(self, index: PersonIndex, rows: Sequence[Any]) -> None:
        index.add([Remembered(*row[: len(_REMEMBERED)]) for row in rows], self._vectors(rows))

    def _vectors(self, rows: Sequence[Any]) -> Vectors:
        vectors = np.zeros((len(rows), self._dimension), dtype=np.float32)
        for place, row in enumerate(rows):
            if row.embedding_model == self._embedding_model:
                vectors[place] = np.frombuffer(row.embedding, dtype="<f4")
        return vectors
