"""Recall: what matters for a message comes first, in whatever language it is asked."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from mia_core.memory.centre import find_centre
from mia_core.memory.embed import UseEmbedder
from mia_core.memory.index import NOBODY, Names, Past, PersonIndex, Remembered, Version
from mia_core.memory.recall import (
    messages_within,
    rank_memories,
    rank_messages,
    read_question,
    to_embed,
    within,
)
from mia_core.memory.words import without

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAMES = Names(person=frozenset({"ana"}), mia=frozenset({"mia"}))
STATEMENTS = [
    "Ana's dog is called Luna.",
    "Ana starts a new job in Lisbon on Monday.",
    "Ana plays the cello in an orchestra.",
    "Ana is allergic to peanuts.",
    "Ana's brother Marco studies architecture.",
]
TALK = [
    ("person", "I went to the lake with my sister on Sunday, the water was freezing."),
    ("mia", "Brave of you! Which lake was it?"),
    ("person", "The one behind the old mill, we used to swim there as kids."),
    ("mia", "I would love to hear more about those summers."),
    ("person", "By the way, the car broke down again."),
    ("mia", "Oh no! What is it this time?"),
    ("person", "The gearbox, they want 900 euros for it."),
]


async def index_of(embedder: UseEmbedder, statements: list[str], **changes: object) -> PersonIndex:
    """An index of statements."""
    index = PersonIndex(Version(0, 0), await find_centre(embedder), NAMES)
    memories = [remembered(place, statement, **changes) for place, statement in enumerate(statements)]
    index.add(memories, await embedder.embed(statements))
    return index


def remembered(number: int, statement: str, **changes: object) -> Remembered:
    """A memory."""
    values: dict[str, object] = {
        "kind": "fact",
        "said_by": "person",
        "importance": 0.5,
        "learnt_at": NOW,
        "valid_until": None,
    }
    return Remembered(id=number, statement=statement, **(values | changes))  # type: ignore[arg-type]  # by name


async def asked(
    embedder: UseEmbedder, index: PersonIndex, question: str, language: str = "en"
) -> list[Remembered]:
    """The memories, the best first."""
    (vector,) = await embedder.embed([to_embed(question, NAMES, language)])
    return rank_memories(index, read_question(question, vector, NAMES, language, NOW))


async def conversation(embedder: UseEmbedder) -> PersonIndex:
    """An index of a talk, a session a month."""
    index = PersonIndex(Version(0, 0), await find_centre(embedder), NAMES)
    messages = [
        Past(
            id=place,
            seq=place,
            by_mia=author == "mia",
            text=text,
            at=datetime(2026, 3 if place <= 4 else 5, 2, tzinfo=UTC),
            session=1 if place <= 4 else 2,
        )
        for place, (author, text) in enumerate(TALK, start=1)
    ]
    index.hear(messages, await embedder.embed([without(text, NAMES.all) for _, text in TALK]))
    return index


async def found(embedder: UseEmbedder, index: PersonIndex, question: str, language: str = "en") -> list[int]:
    """The seq of messages, the best first."""
    (vector,) = await embedder.embed([to_embed(question, NAMES, language)])
    return [past.seq for past in rank_messages(index, read_question(question, vector, NAMES, language, NOW))]


@pytest.mark.parametrize(
    ("question", "language", "best"),
    [
        ("What is my dog's name?", "en", 0),
        ("¿Cómo se llama mi perro?", "es", 0),
        ("Wo fange ich an zu arbeiten?", "de", 1),
        ("Which instrument do I play?", "en", 2),
        ("Can I eat this cake with nuts?", "en", 3),
        ("What does Marco do?", "en", 4),
    ],
)
async def test_the_memory_that_answers_comes_first(
    embedder: UseEmbedder, question: str, language: str, best: int
) -> None:
    index = await index_of(embedder, STATEMENTS)
    assert (await asked(embedder, index, question, language))[0].id == best


@pytest.mark.parametrize(
    "over", [{"valid_until": NOW - timedelta(days=1)}, {"closed_at": NOW - timedelta(days=1)}]
)
async def test_what_is_over_comes_after_what_holds(embedder: UseEmbedder, over: dict[str, object]) -> None:
    index = await index_of(embedder, ["Ana lives in Rome."], **over)
    (vector,) = await embedder.embed(["Ana lives in Oslo."])
    index.add([remembered(9, "Ana lives in Oslo.")], vector[None])
    assert [memory.id for memory in await asked(embedder, index, "Where do I live?")] == [9, 0]


async def test_of_two_alike_the_newer_and_the_more_important_come_first(embedder: UseEmbedder) -> None:
    index = await index_of(embedder, ["Ana likes tea."], learnt_at=NOW - timedelta(days=400))
    (vector,) = await embedder.embed(["Ana likes tea."])
    index.add([remembered(1, "Ana likes tea.")], vector[None])
    index.add([remembered(2, "Ana likes tea.", importance=1.0)], vector[None])
    assert [memory.id for memory in await asked(embedder, index, "What do I like?")] == [2, 1, 0]


async def test_nothing_is_recalled_of_nobody(embedder: UseEmbedder) -> None:
    index = PersonIndex(Version(0, 0), await find_centre(embedder))
    question = read_question("hello", np.zeros(512, dtype=np.float32), NOBODY, "en", NOW)
    assert rank_memories(index, question) == []
    assert rank_messages(index, question) == []


@pytest.mark.parametrize(
    ("question", "language", "best"),
    [
        ("Where did I swim as a child?", "en", 3),
        ("Wie kalt war es am See?", "de", 1),
        ("How much does the repair cost?", "en", 7),
        ("What did you ask me about the lake, Mia?", "en", 2),
    ],
)
async def test_the_message_that_answers_comes_first(
    embedder: UseEmbedder, question: str, language: str, best: int
) -> None:
    assert (await found(embedder, await conversation(embedder), question, language))[0] == best


async def test_an_answer_is_understood_by_its_question_and_a_month_by_its_name(embedder: UseEmbedder) -> None:
    index = await conversation(embedder)
    assert 7 in (await found(embedder, index, "What was wrong with the car?"))[:2]
    assert set((await found(embedder, index, "What happened in May?"))[:3]) == {5, 6, 7}
    assert set((await found(embedder, index, "Was war am 2. März?", "de"))[:4]) == {1, 2, 3, 4}


async def test_messages_one_by_one_or_at_once_make_the_same_index(embedder: UseEmbedder) -> None:
    whole = await conversation(embedder)
    grown = PersonIndex(Version(0, 0), await find_centre(embedder), NAMES)
    for past, vector in zip(whole.messages, whole.message_shelf.vectors, strict=True):
        grown.hear([past], vector[None])
    (vector,) = await embedder.embed(["Where did I swim?"])
    assert np.allclose(whole.message_shelf.meaning(vector), grown.message_shelf.meaning(vector), atol=1e-5)


async def test_the_prompt_gets_only_as_many_as_it_has_tokens_for(embedder: UseEmbedder) -> None:
    index = await index_of(embedder, STATEMENTS * 50)
    few = within(index.memories, tokens=100)
    assert 0 < len(few) < 10
    assert within(index.memories, tokens=0) == []
    talk = (await conversation(embedder)).messages
    assert [message.seq for message in messages_within(talk[::-1], tokens=60, before_seq=6)] == [4, 5]
