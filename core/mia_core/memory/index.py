"""One person's memories in the process: read once, searched exactly, kept in a cache bounded in bytes."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlmodel import col

from mia_core.database import Database
from mia_core.memory.embed import Vectors
from mia_core.memory.words import words
from mia_core.tables import Memory

Figures = NDArray[np.float64]
"""One number a memory."""

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
        """The person's index at `person.memory_version`; one query when it is not kept or has changed."""
        kept = self._kept.get(person_id)
        if kept is not None and kept.version == version:
            self._kept.move_to_end(person_id)
            return kept
        index = await self._load(person_id, version)
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

    async def _load(self, person_id: int, version: int) -> PersonIndex:
        statement = (
            select(
                col(Memory.id),
                col(Memory.kind),
                col(Memory.statement),
                col(Memory.said_by),
                col(Memory.importance),
                col(Memory.learnt_at),
                col(Memory.valid_until),
                col(Memory.embedding),
                col(Memory.embedding_model),
            )
            .where(col(Memory.person_id) == person_id)
            .order_by(col(Memory.id))
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(statement)).all()
        index = PersonIndex(version, self._dimension)
        index.add([Remembered(*row[:7]) for row in rows], self._vectors(rows))
        return index

    def _vectors(self, rows: Sequence[Any]) -> Vectors:
        vectors = np.zeros((len(rows), self._dimension), dtype=np.float32)
        for place, row in enumerate(rows):
            if row.embedding_model == self._embedding_model:
                vectors[place] = np.frombuffer(row.embedding, dtype="<f4")
        return vectors
