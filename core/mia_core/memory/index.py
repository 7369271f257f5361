"""One person's memories and messages in the process: read once, searched exactly, bounded in bytes."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mia_core.database import Database
from mia_core.memory.centre import find_centre
from mia_core.memory.embed import Embedder, Vectors
from mia_core.memory.index_statement import READ, Row
from mia_core.memory.shelf import Centre, Shelf, Text
from mia_core.memory.words import language_of, tells_time, terms, without, words

Figures = NDArray[np.float64]
"""One number a memory."""

_BUILD_IN_THREAD = 200
"""Rows from which an index is built beside the event loop; each takes about 50 microseconds."""
_QUESTION_MARKS = ("?", "？", "؟")


class Version(NamedTuple):
    """How far an index goes: `person.memory_version` and `person.message_count`."""

    memories: int
    messages: int


@dataclass(frozen=True)
class Names:
    """How the two speakers are called."""

    person: frozenset[str]
    mia: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Both."""
        return self.person | self.mia


NOBODY = Names(frozenset(), frozenset())


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
    valid_from: datetime | None = None
    closed_at: datetime | None = None
    conflicts_with: int | None = None
    times_said: int = 1
    version: int = 0
    """The person's `memory_version` since it is as it is."""


@dataclass(frozen=True)
class Past:
    """One message of the past as recall sees it."""

    id: int
    seq: int
    by_mia: bool
    text: str
    at: datetime
    session: int
    pictures: str | None = None
    language: str | None = None


class PersonIndex:
    """All memories and messages of one person at one version, each on a shelf that can be searched.

    A new memory or message costs the same however many there are.
    """

    def __init__(self, version: Version, centre: Centre, names: Names = NOBODY) -> None:
        self.version = version
        self.names = names
        self.memories: list[Remembered] = []
        self.messages: list[Past] = []
        self.memory_shelf = Shelf(centre, alone=True)
        self.message_shelf = Shelf(centre)
        self._figures = _Figures()
        self._characters = 0

    @property
    def size(self) -> int:
        """Bytes, about."""
        return self.memory_shelf.size + self.message_shelf.size + self._characters

    @property
    def vectors(self) -> Vectors:
        """Row i belongs to `memories[i]`; zeros where a vector of the current model is missing."""
        return self.memory_shelf.vectors

    @property
    def importance(self) -> Figures:
        """Of each memory, 0 to 1."""
        return self._figures.importance

    @property
    def until(self) -> Figures:
        """When each memory ceases to be true, in seconds since 1970; infinity where that is not known."""
        return self._figures.until

    @property
    def learnt(self) -> Figures:
        """When each memory was learnt, in seconds since 1970."""
        return self._figures.learnt

    @property
    def closed(self) -> NDArray[np.bool_]:
        """Whether something else is known to hold by now."""
        return self._figures.closed

    def add(self, memories: Sequence[Remembered], vectors: Vectors, languages: Sequence[str | None] = ()) -> None:
        """Append memories and their vectors (shape: memories, dimension)."""
        spoken = languages or [None] * len(memories)
        self.memory_shelf.add(
            [
                Text(
                    terms=terms(without(memory.statement, self.names.all), language_of(language)),
                    vector=vector,
                    session=memory.id,
                    at=memory.learnt_at,
                    by_mia=memory.said_by == "mia",
                    asks=False,
                    tells_time=tells_time(words(memory.statement)),
                )
                for memory, vector, language in zip(memories, vectors, spoken, strict=True)
            ]
        )
        self.memories.extend(memories)
        self._characters += sum(len(memory.statement) for memory in memories)
        self._figures.add(memories)

    def hear(self, messages: Sequence[Past], vectors: Vectors) -> None:
        """Append messages and their vectors (shape: messages, dimension)."""
        self.message_shelf.add(
            [
                Text(
                    terms=terms(self._searched(message), language_of(message.language)),
                    vector=vector,
                    session=message.session,
                    at=message.at,
                    by_mia=message.by_mia,
                    asks=message.text.rstrip().endswith(_QUESTION_MARKS),
                    tells_time=tells_time(words(message.text)),
                )
                for message, vector in zip(messages, vectors, strict=True)
            ]
        )
        self.messages.extend(messages)
        self._characters += sum(len(message.text) for message in messages)

    def change(self, changes: Mapping[int, Mapping[str, Any]]) -> None:
        """Change fields of memories, by id; their words stay."""
        fields = Remembered.__dataclass_fields__.keys()
        for row, memory in enumerate(self.memories):
            if values := changes.get(memory.id):
                known = {name: value for name, value in values.items() if name in fields}
                self.memories[row] = replace(memory, **known)
                self._figures.set(row, self.memories[row])

    def _searched(self, message: Past) -> str:
        return without(searched(message.text, message.pictures), self.names.all)


def searched(text: str, pictures: str | None) -> str:
    """What a message is searched by: its words, and what its pictures show."""
    return f"{text} {pictures}" if pictures else text


class MemoryIndexes:
    """Gives out the index of one person at a time; keeps the latest used ones within a number of bytes."""

    def __init__(self, database: Database, embedder: Embedder, max_bytes: int = 256 * 1024 * 1024) -> None:
        self._database = database
        self._embedder = embedder
        self._dimension = int(embedder.name.rpartition(":")[2])
        self._max_bytes = max_bytes
        self._kept: OrderedDict[int, PersonIndex] = OrderedDict()
        self._sizes: dict[int, int] = {}
        self._bytes = 0
        self._centre: Centre | None = None

    async def of(self, person_id: int, version: Version, names: Names = NOBODY) -> PersonIndex:
        """The person's index at this version.

        One query when it is not kept, or when another process has added to it: then for what is new alone.
        """
        kept = self._kept.get(person_id)
        if kept is not None and kept.version != version:
            kept = await self._caught_up(person_id, kept, version)
        if kept is not None:
            self._kept.move_to_end(person_id)
            return kept
        if self._centre is None:
            self._centre = await find_centre(self._embedder)
        index = PersonIndex(version, self._centre, names)
        rows = await self._read(person_id, Version(-1, 0))
        if len(rows) > _BUILD_IN_THREAD:
            await asyncio.to_thread(self._extend, index, rows)
        else:
            self._extend(index, rows)
        self._keep(person_id, index)
        return index

    def kept(self, person_id: int, version: Version) -> PersonIndex | None:
        """The index if it is here and of this version, to be added to by who has just committed the next."""
        index = self._kept.get(person_id)
        return index if index is not None and index.version == version else None

    def grown(self, person_id: int, version: Version) -> None:
        """What was added to a kept index has brought it to this version."""
        index = self._kept[person_id]
        index.version = version
        self._weigh(person_id, index)
        self._make_room()

    def forget(self, person_id: int) -> None:
        """Drop what is kept of a person."""
        if self._kept.pop(person_id, None) is not None:
            self._bytes -= self._sizes.pop(person_id)

    def _keep(self, person_id: int, index: PersonIndex) -> None:
        self.forget(person_id)
        self._kept[person_id] = index
        self._weigh(person_id, index)
        self._make_room()

    def _weigh(self, person_id: int, index: PersonIndex) -> None:
        size = index.size
        self._bytes += size - self._sizes.get(person_id, 0)
        self._sizes[person_id] = size

    def _make_room(self) -> None:
        while self._bytes > self._max_bytes and len(self._kept) > 1:
            self.forget(next(iter(self._kept)))

    async def _caught_up(self, person_id: int, kept: PersonIndex, version: Version) -> PersonIndex | None:
        """The kept index with what was added since; None if more was changed than that.

        Every version since must have brought memories that are not there yet. One without stands for a memory that
        was deleted, or written anew in a way that no row tells of.
        """
        if version.memories < kept.version.memories or version.messages < kept.version.messages:
            return None
        rows = await self._read(person_id, kept.version)
        known = {memory.id for memory in kept.memories}
        learnt = [row for row in rows if row.of_memory]
        expected = set(range(kept.version.memories + 1, version.memories + 1))
        if {row.version for row in learnt} != expected or any(row.id in known for row in learnt):
            return None
        if self._kept.get(person_id) is not kept:
            return None
        self._extend(kept, rows)
        kept.version = version
        self._weigh(person_id, kept)
        return kept

    async def _read(self, person_id: int, after: Version) -> Sequence[Row]:
        bounds = {"the_person": person_id, "the_version": after.memories, "the_seq": after.messages}
        async with self._database.reading() as connection:
            rows = (await connection.execute(READ, bounds)).all()
        return [Row(*row) for row in rows]

    def _extend(self, index: PersonIndex, rows: Sequence[Row]) -> None:
        learnt = [row for row in rows if row.of_memory]
        said = [row for row in rows if not row.of_memory]
        memories = [
            Remembered(
                id=row.id,
                kind=row.kind,
                statement=row.text,
                said_by=row.author,
                importance=row.importance,
                learnt_at=row.at,
                valid_until=row.valid_until,
                valid_from=row.valid_from,
                closed_at=row.closed_at,
                conflicts_with=row.conflicts_with,
                times_said=row.times_said,
                version=row.version,
            )
            for row in learnt
        ]
        messages = [
            Past(row.id, row.seq, row.author == "mia", row.text, row.at, row.session, row.pictures, row.language)
            for row in said
        ]
        index.add(memories, self._vectors(learnt, "<f4"))
        index.hear(messages, self._vectors(said, "<f2"))

    def _vectors(self, rows: Sequence[Row], form: str) -> Vectors:
        vectors = np.zeros((len(rows), self._dimension), dtype=np.float32)
        for place, row in enumerate(rows):
            if row.embedding is not None and row.embedding_model == self._embedder.name:
                vectors[place] = np.frombuffer(row.embedding, dtype=form)
        return vectors


class _Figures:
    """What is known of each memory beside its words, with room to grow."""

    def __init__(self) -> None:
        self._count = 0
        self._room: NDArray[np.float64] = np.zeros((4, 0))

    def add(self, memories: Sequence[Remembered]) -> None:
        """Append."""
        end = self._count + len(memories)
        if end > self._room.shape[1]:
            more = max(end, self._room.shape[1] * 9 // 8 + 16) - self._room.shape[1]
            self._room = np.pad(self._room, ((0, 0), (0, more)))
        for row, memory in enumerate(memories, start=self._count):
            self.set(row, memory)
        self._count = end

    def set(self, row: int, memory: Remembered) -> None:
        """Fill a column."""
        until = memory.valid_until.timestamp() if memory.valid_until else np.inf
        self._room[:, row] = (memory.importance, until, memory.learnt_at.timestamp(), bool(memory.closed_at))

    @property
    def importance(self) -> Figures:
        return self._room[0, : self._count]

    @property
    def until(self) -> Figures:
        return self._room[1, : self._count]

    @property
    def learnt(self) -> Figures:
        return self._room[2, : self._count]

    @property
    def closed(self) -> NDArray[np.bool_]:
        return self._room[3, : self._count] > 0
