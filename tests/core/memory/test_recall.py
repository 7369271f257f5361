"""Recall: what matters for a message comes first, in whatever language it is asked."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from mia_core.memory.embed import UseEmbedder
from mia_core.memory.index import PersonIndex, Remembered
from mia_core.memory.recall import rank, within

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STATEMENTS = [
    "Ana's dog is called Luna.",
    "Ana starts a new job in Lisbon on Monday.",
    "Ana plays the cello in an orchestra.",
    "Ana is allergic to peanuts.",
    "Ana's brother Marco studies architecture.",
]


async def index_of(statements: list[str], embedder: UseEmbedder) -> PersonIndex:
    """An index of statements."""
    index = PersonIndex(0, 512)
    memories = [
        Remembered(
            id=place,
            kind="fact",
            statement=statement,
            said_by="person",
            importance=0.5,
            learnt_at=NOW,
            valid_until=None,
        )
        for place, statement in enumerate(statements)
    ]
    index.add(memories, await embedder.embed(statements))
    return index


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("What is my dog's name?", 0),
        ("¿Cómo se llama mi perro?", 0),
        ("Wo fange ich an zu arbeiten?", 1),
        ("Which instrument do I play?", 2),
        ("Can I eat this cake with nuts?", 3),
        ("What does Marco do?", 4),
    ],
)
async def test_the_memory_that_answers_comes_first(embedder: UseEmbedder, question: str, best: int) -> None:
    index = await index_of(STATEMENTS, embedder)
    ranked = rank(index, question, (await embedder.embed([question]))[0], NOW)
    assert ranked[0].id == best


def test_what_is_over_comes_after_what_holds() -> None:
    index = PersonIndex(0, 512)
    shared = {"kind": "fact", "said_by": "person", "importance": 0.5, "learnt_at": NOW}
    over = Remembered(id=1, statement="Ana lives in Rome.", valid_until=NOW - timedelta(days=1), **shared)  # type: ignore[arg-type]  # shared keywords
    holds = Remembered(id=2, statement="Ana lives in Oslo.", valid_until=None, **shared)  # type: ignore[arg-type]  # shared keywords
    index.add([over, holds], np.zeros((2, 512), dtype=np.float32))
    assert rank(index, "where do I live?", np.zeros(512, dtype=np.float32), NOW)[0].id == 2


def test_nothing_is_recalled_of_nobody() -> None:
    assert rank(PersonIndex(0, 512), "hello", np.zeros(512, dtype=np.float32), NOW) == []


async def test_the_prompt_gets_only_as_many_as_it_has_tokens_for(embedder: UseEmbedder) -> None:
    index = await index_of(STATEMENTS * 50, embedder)
    few = within(index.memories, tokens=100)
    assert 0 < len(few) < 10
    assert within(index.memories, tokens=0) == []
