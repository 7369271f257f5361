"""Learning: statements from a turn become memories, once each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from mia_core.ids import IdMaker
from mia_core.memory.embed import Embedder, Vectors
from mia_core.memory.index import PersonIndex, Remembered
from mia_core.xai.answer import Learnt

_SAME = 0.95
"""Likeness from which two statements say the same."""
_LONGEST = 500
"""Characters of a statement; a longer one is no statement."""


@dataclass(frozen=True)
class NewMemories:
    """What a turn adds, in the form for the index, with vectors of the shape (memories, dimension)."""

    memories: tuple[Remembered, ...]
    vectors: Vectors
    learnt: tuple[Learnt, ...]

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
                "valid_from": learnt.valid_from,
                "valid_until": memory.valid_until,
                "confidence": learnt.confidence,
                "importance": memory.importance,
                "visibility": "private",
                "source": source,
                "source_message_id": message_id,
                "learnt_at": memory.learnt_at,
                "embedding": vector.astype("<f4").tobytes(),
                "embedding_model": embedding_model,
                "version": version,
            }
            for memory, learnt, vector in zip(self.memories, self.learnt, self.vectors, strict=True)
        ]


async def learn(
    statements: Sequence[Learnt], index: PersonIndex, embedder: Embedder, ids: IdMaker, now: datetime
) -> NewMemories:
    """The statements that the person's memory does not hold yet, ready to be stored."""
    candidates = [
        statement
        for statement in statements
        if statement.statement.strip() and len(statement.statement) <= _LONGEST
    ]
    vectors = await embedder.embed([candidate.statement for candidate in candidates])
    chosen: list[int] = []
    for place, vector in enumerate(vectors):
        if not _holds(index.vectors, vector) and not _holds(vectors[chosen], vector):
            chosen.append(place)
    learnt = tuple(candidates[place] for place in chosen)
    memories = tuple(
        Remembered(
            id=ids(),
            kind=statement.kind,
            statement=statement.statement.strip(),
            said_by=statement.said_by,
            importance=statement.importance,
            learnt_at=now,
            valid_until=statement.valid_until,
        )
        for statement in learnt
    )
    return NewMemories(memories=memories, vectors=vectors[chosen], learnt=learnt)


def _holds(known: Vectors, vector: Vectors) -> bool:
    """Whether one of the known statements says the same."""
    return bool(len(known)) and float(np.max(known @ vector)) >= _SAME
