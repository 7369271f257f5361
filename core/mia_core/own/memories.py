"""A person's memories in their own hands: searched, read, corrected, deleted, offered to everybody, taken back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlmodel import col

from mia_core.app import App
from mia_core.memory.forget import forget, messages_that_say
from mia_core.memory.mind import index_of
from mia_core.memory.publication import Consent, Statement, offer, revoke
from mia_core.memory.sensitive import category_of
from mia_core.memory.version import raise_version
from mia_core.tables import Memory, Person

LONGEST = 500
"""Characters of a statement."""
_SHOWN = (
    col(Memory.id),
    col(Memory.kind),
    col(Memory.statement),
    col(Memory.said_by),
    col(Memory.source),
    col(Memory.visibility),
    col(Memory.learnt_at),
    col(Memory.valid_from),
    col(Memory.valid_until),
    col(Memory.closed_at),
    col(Memory.times_said),
)


@dataclass(frozen=True)
class OwnMemory:
    """A memory as its person sees it."""

    id: int
    kind: str
    statement: str
    said_by: str
    source: str
    visibility: str
    learnt_at: datetime
    valid_from: datetime | None
    valid_until: datetime | None
    closed_at: datetime | None
    times_said: int


async def find_memories(
    app: App, person_id: int, words: str = "", *, most: int, before: int | None = None
) -> list[OwnMemory]:
    """Those that hold the words, the newest first, at most so many; `before`: older than the one with that id."""
    chosen = [col(Memory.person_id) == person_id]
    chosen += [col(Memory.statement).icontains(word, autoescape=True) for word in words.split()]
    if before is not None:
        chosen.append(col(Memory.id) < before)
    statement = select(*_SHOWN).where(*chosen).order_by(col(Memory.id).desc()).limit(most)
    async with app.database.reading() as connection:
        return [OwnMemory(**row) for row in (await connection.execute(statement)).mappings()]


async def count_memories(app: App, person_id: int) -> int:
    """How many there are."""
    statement = select(func.count()).where(col(Memory.person_id) == person_id)
    async with app.database.reading() as connection:
        return int((await connection.execute(statement)).scalar_one())


async def read_memory(app: App, person_id: int, memory_id: int) -> OwnMemory | None:
    """One of this person; None when there is none (any more)."""
    statement = select(*_SHOWN).where(col(Memory.person_id) == person_id, col(Memory.id) == memory_id)
    async with app.database.reading() as connection:
        row = (await connection.execute(statement)).mappings().first()
    return OwnMemory(**row) if row else None


async def delete_memory(app: App, person: Person, memory_id: int) -> bool:
    """Forget it with the messages that say it; it is not learnt again. False when it was gone already."""
    index = await index_of(app, person)
    if all(memory.id != memory_id for memory in index.memories):
        return False
    heard = messages_that_say(index, (memory_id,))
    async with app.database.writing() as connection:
        await raise_version(connection, person.id)
        await forget(connection, app, index, person.id, memory_ids=(memory_id,), message_ids=heard)
    app.indexes.forget(person.id)
    return True


async def correct_memory(app: App, person: Person, memory_id: int, statement: str) -> int | None:
    """Put the person's own words in its place; answers the new one's id, None when it was gone already.

    What was wrong is deleted and not learnt again. What others were told of it is taken back: they agreed to other
    words. The messages stay, they are what was said.
    """
    index = await index_of(app, person)
    old = next((memory for memory in index.memories if memory.id == memory_id), None)
    if old is None:
        return None
    (vector,) = await app.embedder.embed([statement])
    now, new_id = app.clock(), app.ids()
    async with app.database.writing() as connection:
        version = await raise_version(connection, person.id)
        await forget(connection, app, index, person.id, memory_ids=(memory_id,), message_ids=())
        row: dict[str, Any] = {
            "person_id": person.id,
            "id": new_id,
            "kind": old.kind if old.kind != "reflection" else "fact",
            "statement": statement,
            "said_by": "person",
            "valid_from": old.valid_from,
            "valid_until": old.valid_until,
            "confidence": 1.0,
            "importance": old.importance,
            "visibility": "private",
            "source": "site",
            "learnt_at": now,
            "embedding": vector.astype("<f4").tobytes(),
            "embedding_model": app.embedder.name,
            "version": version,
        }
        await connection.execute(insert(Memory), [row])
    app.indexes.forget(person.id)
    return new_id


def may_be_offered(memory: OwnMemory) -> bool:
    """Whether it is theirs to offer: what they said, still true, of no sensitive category."""
    theirs = memory.said_by == "person" and memory.kind != "reflection" and memory.closed_at is None
    return theirs and memory.visibility == "private" and category_of(memory.statement) == "none"


async def offer_memory(app: App, person: Person, memory_id: int, consent: Consent) -> bool:
    """Offer it to everybody; an admin decides. False when it is gone, or may not be offered."""
    own = await read_memory(app, person.id, memory_id)
    if own is None or not may_be_offered(own):
        return False
    index = await index_of(app, person)
    row = next((row for row, memory in enumerate(index.memories) if memory.id == memory_id), None)
    if row is None:
        return False
    said = Statement(index.memories[row], index.vectors[row].copy(), app.embedder.name)
    async with app.database.writing() as connection:
        await offer(connection, person.id, app.ids(), said, consent, app.clock())
    return True


async def take_back(app: App, person_id: int, memory_id: int) -> bool:
    """Nobody is told it from now on. False when it was not public, nor about to be."""
    async with app.database.writing() as connection:
        return await revoke(connection, person_id, app.clock(), memory_ids=(memory_id,)) > 0
