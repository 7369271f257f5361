"""Learning: what the model proposes meets what is known, and passes the gate; then it becomes memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import numpy as np
import structlog

from mia_core.events import Event
from mia_core.ids import IdMaker
from mia_core.memory.asked import asked_to_keep
from mia_core.memory.embed import Embedder, Vectors
from mia_core.memory.forgotten import sketch, was_forgotten
from mia_core.memory.index import PersonIndex, Remembered
from mia_core.memory.same import NEAR, figures, say_the_same
from mia_core.memory.sensitive import category_of
from mia_core.memory.words import words
from mia_core.vault import Vault
from mia_core.xai.answer import Learnt

log = structlog.get_logger(__name__)

_LONGEST = 500
"""Characters of a statement; a longer one is no statement."""
_REINFORCED = 0.1
"""What being said again adds to a memory's importance, towards 1."""


@dataclass(frozen=True)
class Change:
    """What changes of a memory that is there already."""

    id: int
    values: Mapping[str, Any]
    """By column of `memory`."""


@dataclass(frozen=True)
class NewMemories:
    """What a turn adds, in the form for the index, with vectors (shape: memories, dimension); what it changes."""

    memories: tuple[Remembered, ...]
    vectors: Vectors
    learnt: tuple[Learnt, ...]
    changes: tuple[Change, ...] = ()

    def rows(
        self, person_id: int, *, source: str, message_id: int, embedding_model: str, version: int
    ) -> list[dict[str, Any]]:
        """Rows of the table `memory`; `version` is the person's `memory_version` from here on."""
        return [
            {
                "person_id": person_id,
                "id": memory.id,
                "kind": memory.kind,
                "statement": memory.statement,
                "said_by": memory.said_by,
                "valid_from": memory.valid_from,
                "valid_until": memory.valid_until,
                "confidence": learnt.confidence,
                "importance": memory.importance,
                "visibility": "private",
                "source": source,
                "source_message_id": message_id,
                "learnt_at": memory.learnt_at,
                "conflicts_with": memory.conflicts_with,
                "embedding": vector.astype("<f4").tobytes(),
                "embedding_model": embedding_model,
                "version": version,
            }
            for memory, learnt, vector in zip(self.memories, self.learnt, self.vectors, strict=True)
        ]


@dataclass(frozen=True)
class Known:
    """What learning is held against: of this person alone."""

    events: Sequence[Event]
    """The messages that it comes from."""
    recalled: Sequence[Remembered]
    """The memories of the prompt, in the order in which it numbers them."""
    index: PersonIndex
    forgotten: Sequence[bytes]
    """Sketches of what the person had forgotten."""
    language: str | None = None
    """That the person writes in, as far as known; BCP-47."""


@dataclass(frozen=True)
class _Meeting:
    """A statement and the memory that it meets."""

    statement: Learnt
    vector: int
    relation: Literal["new", "same", "changed", "contradicts"]
    earlier: Remembered | None = None


async def learn(
    proposed: Sequence[Learnt],
    known: Known,
    *,
    embedder: Embedder,
    vault: Vault,
    ids: IdMaker,
    person_id: int,
    now: datetime,
) -> NewMemories:
    """What becomes of the statements that the model proposes.

    One that is known is reinforced; one that has taken another's place closes it, with the time until which it was
    true; one at odds with another stands beside it, marked, until the person says which holds. Sensitive ones, and
    those that the person had forgotten, are let through only if the person has just asked for it in so many words.
    """
    asked = [event.text for event in known.events if asked_to_keep(event.text)]
    statements = [each for each in proposed if _is_statement(each) and _may_keep(each, asked)]
    statements = [
        each
        for each in statements
        if asked
        or not was_forgotten(sketch(vault, person_id, each.statement, known.index.names.all), known.forgotten)
    ]
    vectors = await embedder.embed([each.statement for each in statements])
    meetings = _meetings(statements, vectors, known)
    return _settle(meetings, vectors, ids, now)


def _is_statement(proposed: Learnt) -> bool:
    return bool(proposed.statement.strip()) and len(proposed.statement) <= _LONGEST


def _may_keep(proposed: Learnt, asked: Sequence[str]) -> bool:
    """The gate: whatever the model says of it, and whatever it leaves unsaid, the words are looked at too.

    What was asked for must be this very thing: the message that asks shares its category or its words.
    """
    category = category_of(proposed.statement)
    if category == "none":
        category = proposed.category
    if category == "none":
        return True
    said = set(words(proposed.statement))
    kept = any(category_of(text) == category or len(said & set(words(text))) > 1 for text in asked)
    if not kept:
        log.info("sensitive_not_learnt", category=category)
    return kept


def _meetings(statements: Sequence[Learnt], vectors: Vectors, known: Known) -> list[_Meeting]:
    meetings: list[_Meeting] = []
    for place, statement in enumerate(statements):
        meeting = _meeting(statement, place, vectors[place], known)
        if not any(
            say_the_same(
                statement.statement, vectors[place], met.statement.statement, vectors[met.vector], known.language
            )
            for met in meetings
        ):
            meetings.append(meeting)
    return meetings


def _meeting(statement: Learnt, place: int, vector: Vectors, known: Known) -> _Meeting:
    """The model says which memory of the prompt is met; one that reads the same is found without it."""
    if twin := _twin(statement, vector, known):
        return _Meeting(statement, place, "same", twin)
    if statement.meets is None or not 1 <= statement.meets <= len(known.recalled):
        return _Meeting(statement, place, "new")
    earlier = known.recalled[statement.meets - 1]
    if statement.relation == "new" or (
        statement.relation == "same" and figures(statement.statement) != figures(earlier.statement)
    ):
        return _Meeting(statement, place, "new")
    return _Meeting(statement, place, statement.relation, earlier)


def _twin(statement: Learnt, vector: Vectors, known: Known) -> Remembered | None:
    """A memory that stands and reads the same."""
    index = known.index
    for row in np.flatnonzero(index.vectors @ vector >= NEAR) if index.memories else ():
        memory = index.memories[row]
        if not memory.closed_at and say_the_same(
            statement.statement, vector, memory.statement, index.vectors[row], known.language
        ):
            return memory
    return None


def _settle(meetings: Sequence[_Meeting], vectors: Vectors, ids: IdMaker, now: datetime) -> NewMemories:
    added: list[tuple[Remembered, Learnt, int]] = []
    changes: dict[int, Change] = {}
    for met in meetings:
        earlier, statement = met.earlier, met.statement
        if met.relation == "same" and earlier:
            changes[earlier.id] = Change(earlier.id, _reinforced(earlier, statement, now))
            continue
        memory = _remembered(statement, ids(), now)
        if met.relation == "changed" and earlier:
            until = statement.valid_from or now
            changes[earlier.id] = Change(
                earlier.id, {"closed_at": now, "closed_by": memory.id, "valid_until": earlier.valid_until or until}
            )
        if met.relation == "contradicts" and earlier:
            memory = replace(memory, conflicts_with=earlier.id)
        added.append((memory, statement, met.vector))
    return NewMemories(
        memories=tuple(memory for memory, _, _ in added),
        vectors=vectors[[place for _, _, place in added]],
        learnt=tuple(statement for _, statement, _ in added),
        changes=tuple(changes.values()),
    )


def _reinforced(earlier: Remembered, statement: Learnt, now: datetime) -> dict[str, Any]:
    importance = max(earlier.importance, statement.importance)
    return {
        "times_said": earlier.times_said + 1,
        "last_said_at": now,
        "importance": min(importance + _REINFORCED * (1 - importance), 1.0),
    }


def _remembered(statement: Learnt, memory_id: int, now: datetime) -> Remembered:
    return Remembered(
        id=memory_id,
        kind=statement.kind,
        statement=statement.statement.strip(),
        said_by=statement.said_by,
        importance=statement.importance,
        learnt_at=now,
        valid_until=statement.valid_until,
        valid_from=statement.valid_from,
    )
