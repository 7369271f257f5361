"""Job: near-duplicate memories become one, and she writes a short reflection on whom she has learnt about."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.app import App
from mia_core.errors import ModelBusy, ModelGarbled, ModelHalted, ModelRefused
from mia_core.memory.embed import Vectors
from mia_core.memory.index import Remembered
from mia_core.memory.learn import Change
from mia_core.memory.sensitive import category_of
from mia_core.memory.tidy import merged
from mia_core.record import change_memories, write_calls
from mia_core.tables import Memory, Person
from mia_core.xai.client import Prompt
from mia_core.xai.usage import CallRecord
from mia_jobs.job import Counts

log = structlog.get_logger(__name__)

_PAGE = 100
_BEFORE_ALL = -(2**63)
_QUIET = timedelta(hours=1)
"""Who wrote within it is left for another night: their next turn shall not find its memories changed under it."""
_MOST = 200
"""Memories that one reflection is made of: the newest ones that stand."""
_FEWEST = 3
"""Memories below which there is nothing to reflect on."""
_LONGEST = 600
"""Characters of a reflection."""
_PURPOSE = "reflection"
_CURSOR = "reflect"
"""Whom the last run came to."""


@dataclass(frozen=True)
class _Known:
    """A person as this job sees them."""

    person_id: int
    version: int
    language: str | None
    memories: list[Remembered]
    vectors: Vectors


@dataclass(frozen=True)
class _Thought:
    """What the model made of somebody's memories, and what that cost."""

    text: str | None = None
    calls: tuple[CallRecord, ...] = ()


_NOTHING = _Thought()


async def reflect(app: App) -> Counts:
    """Go through the people about whom something was learnt since; what is left is gone on with the next night.

    At most `jobs.reflections` people get a reflection in one run, with one model call each; it ends early when the
    day's budget or xAI is at its end.
    """
    counts = {"people": 0, "merged": 0, "reflections": 0}
    most = app.settings.jobs.reflections
    last = int(await app.cursors.get(_CURSOR) or _BEFORE_ALL)
    while people := await _waiting(app, last):
        for row in people:
            known = await _known(app, row)
            changes = await asyncio.to_thread(merged, known.memories, known.vectors, known.language, app.clock())
            try:
                thought = await _think(app, known) if most and len(known.memories) >= _FEWEST else _NOTHING
            except (ModelBusy, ModelHalted) as failure:
                log.warning("reflections_ended", reason=failure.reason)
                await write_calls(app, failure.calls, purpose=_PURPOSE)
                return counts
            kept = await _write(app, known, changes, thought)
            counts["people"] += 1
            counts["merged"] += sum("closed_by" in change.values for change in changes) if kept else 0
            counts["reflections"] += bool(thought.text and kept)
            last = row.id
            await app.cursors.move(_CURSOR, str(last))
            if most and counts["reflections"] >= most:
                return counts
    await app.cursors.move(_CURSOR, str(_BEFORE_ALL))
    return counts


async def _waiting(app: App, after: int) -> Sequence[Any]:
    """The next people who were learnt about and are silent now, and who did not ask her to pause or to stop."""
    statement = (
        select(col(Person.id), col(Person.memory_version), col(Person.language))
        .where(
            col(Person.memory_version) > col(Person.reflected_version),
            col(Person.id) > after,
            col(Person.memory_paused_at).is_(None),
            col(Person.stopped_at).is_(None),
            col(Person.last_message_at) < app.clock() - _QUIET,
        )
        .order_by(col(Person.id))
        .limit(_PAGE)
    )
    async with app.database.reading() as connection:
        return (await connection.execute(statement)).all()


async def _known(app: App, person: Any) -> _Known:
    statement = (
        select(Memory)
        .where(col(Memory.person_id) == person.id, col(Memory.kind) != "reflection")
        .order_by(col(Memory.id))
    )
    async with app.database.reading() as connection:
        rows = (await connection.execute(statement)).all()
    memories = [
        Remembered(
            id=row.id,
            kind=row.kind,
            statement=row.statement,
            said_by=row.said_by,
            importance=row.importance,
            learnt_at=row.learnt_at,
            valid_until=row.valid_until,
            closed_at=row.closed_at,
            times_said=row.times_said,
        )
        for row in rows
    ]
    dimension = int(app.embedder.name.rpartition(":")[2])
    vectors = np.zeros((len(rows), dimension), dtype=np.float32)
    for place, row in enumerate(rows):
        if row.embedding is not None and row.embedding_model == app.embedder.name:
            vectors[place] = np.frombuffer(row.embedding, dtype="<f4")
    return _Known(person.id, person.memory_version, person.language, memories, vectors)


async def _think(app: App, known: _Known) -> _Thought:
    """One model call. Raises ModelBusy or ModelHalted when there is no use in asking on."""
    standing = [memory for memory in known.memories if not memory.closed_at]
    told = [memory for memory in standing if category_of(memory.statement) == "none"]
    pseudonym = app.vault.pseudonym(known.person_id)
    items = app.prompts.reflection(told[-_MOST:], app.clock())
    try:
        reply = await app.xai.ask(Prompt(items=items, cache_key=pseudonym, safety_identifier=pseudonym))
    except (ModelRefused, ModelGarbled) as error:
        log.warning("reflection_not_written", person=pseudonym, reason=error.outcome)
        return _Thought(calls=error.calls)
    text = reply.answer.reply[:_LONGEST].strip()
    return _Thought(text if category_of(text) == "none" else None, reply.calls)


async def _write(app: App, known: _Known, changes: Sequence[Change], thought: _Thought) -> bool:
    """Commit it all, unless a turn has changed the person's memories meanwhile; what was spent is kept anyhow."""
    vectors = await app.embedder.embed([thought.text] if thought.text else [])
    version = known.version + 1 if changes or thought.text else known.version
    async with app.database.writing() as connection:
        await app.spending.record(connection, thought.calls, purpose=_PURPOSE)
        kept = await connection.execute(
            update(Person)
            .where(
                col(Person.id) == known.person_id,
                col(Person.memory_version) == known.version,
                col(Person.memory_paused_at).is_(None),
            )
            .values(memory_version=version, reflected_version=version)
        )
        if kept.rowcount == 0:
            return False
        await change_memories(connection, known.person_id, changes, version)
        if thought.text:
            await _keep(app, connection, known.person_id, thought.text, vectors[0], version)
    return True


async def _keep(
    app: App, connection: AsyncConnection, person_id: int, text: str, vector: NDArray[np.float32], version: int
) -> None:
    """Put the reflection in the place of the last one; its row stays, so that other processes see it change."""
    written = {
        "statement": text,
        "learnt_at": app.clock(),
        "embedding": vector.astype("<f4").tobytes(),
        "embedding_model": app.embedder.name,
        "version": version,
    }
    changed = await connection.execute(
        update(Memory)
        .where(col(Memory.person_id) == person_id, col(Memory.kind) == "reflection")
        .values(**written)
    )
    if changed.rowcount == 0:
        first = {"kind": "reflection", "said_by": "mia", "confidence": 0.7, "importance": 0.7, "source": _PURPOSE}
        await connection.execute(insert(Memory), [{"person_id": person_id, "id": app.ids(), **first, **written}])
