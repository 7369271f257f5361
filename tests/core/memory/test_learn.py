"""Learning: how statements meet what is known, and what the gate lets through."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from mia_core.clock import ManualClock
from mia_core.ids import IdMaker
from mia_core.memory.centre import find_centre
from mia_core.memory.embed import UseEmbedder
from mia_core.memory.forgotten import sketch
from mia_core.memory.index import Names, PersonIndex, Remembered, Version
from mia_core.memory.learn import Known, NewMemories, learn
from mia_core.vault import Vault, new_key
from mia_core.xai.answer import Learnt
from tests.core.events import ANA, NOON, dm

NAMES = Names(person=frozenset({"ana"}), mia=frozenset({"mia"}))


class Mind:
    """One person's memory, and what is learnt into it."""

    def __init__(self, embedder: UseEmbedder, index: PersonIndex) -> None:
        self.embedder = embedder
        self.index = index
        self.vault = Vault((new_key(),), new_key())
        self.clock = ManualClock(NOON)
        self.ids = IdMaker(self.clock)
        self.forgotten: list[bytes] = []

    async def know(self, statement: str, **changes: Any) -> Remembered:
        """Something that is remembered already."""
        values: dict[str, Any] = {"kind": "fact", "said_by": "person", "importance": 0.5, "valid_until": None}
        memory = Remembered(id=self.ids(), statement=statement, learnt_at=NOON, **(values | changes))
        self.index.add([memory], await self.embedder.embed([statement]))
        return memory

    async def learn(self, *proposed: Learnt, said: str = "hello") -> NewMemories:
        """What becomes of it."""
        known = Known(
            events=[dm(said)],
            recalled=list(self.index.memories),
            index=self.index,
            forgotten=self.forgotten,
        )
        return await learn(
            proposed,
            known,
            embedder=self.embedder,
            vault=self.vault,
            ids=self.ids,
            person_id=ANA.person_id,
            now=self.clock(),
        )


def statement(text: str, **changes: Any) -> Learnt:
    """A statement as the model proposes it."""
    values: dict[str, Any] = {
        "kind": "fact",
        "statement": text,
        "said_by": "person",
        "valid_from": None,
        "valid_until": None,
        "confidence": 0.9,
        "importance": 0.5,
    }
    return Learnt.model_validate(values | changes)


def texts(learnt: NewMemories) -> Sequence[str]:
    """The new statements."""
    return [memory.statement for memory in learnt.memories]


@pytest.fixture
async def mind(embedder: UseEmbedder) -> Mind:
    """A person of whom nothing is known."""
    return Mind(embedder, PersonIndex(Version(0, 0), await find_centre(embedder), NAMES))


async def test_what_is_new_is_added(mind: Mind) -> None:
    learnt = await mind.learn(statement("Ana plays the cello."))
    assert texts(learnt) == ["Ana plays the cello."]
    assert learnt.changes == ()


async def test_what_is_said_again_reinforces_the_memory_and_adds_none(mind: Mind) -> None:
    known = await mind.know("Ana plays the cello in an orchestra.")
    learnt = await mind.learn(statement("Ana is a cellist in an orchestra.", relation="same", meets=1))
    assert texts(learnt) == []
    (change,) = learnt.changes
    assert (change.id, change.values["times_said"], change.values["last_said_at"]) == (known.id, 2, NOON)
    assert 0.5 < change.values["importance"] <= 1


async def test_the_same_words_are_known_even_if_the_model_calls_them_new(mind: Mind) -> None:
    await mind.know("Ana plays the cello.")
    learnt = await mind.learn(statement("Ana plays the cello."), statement("Ana plays the cello."))
    assert (texts(learnt), len(learnt.changes)) == ([], 1)


async def test_what_differs_in_a_number_is_not_the_same(mind: Mind) -> None:
    await mind.know("Ana's flat has 3 rooms.")
    learnt = await mind.learn(statement("Ana's flat has 4 rooms.", relation="same", meets=1))
    assert texts(learnt) == ["Ana's flat has 4 rooms."]


async def test_what_has_changed_closes_the_earlier_memory_and_keeps_when_it_was_true(mind: Mind) -> None:
    known = await mind.know("Ana works in a bakery.")
    moved = datetime(2026, 11, 1, tzinfo=UTC)
    new = statement("Ana works in a library.", relation="changed", meets=1, valid_from=moved)
    learnt = await mind.learn(new)
    (memory,) = learnt.memories
    (change,) = learnt.changes
    assert change.id == known.id
    assert change.values == {"closed_at": NOON, "closed_by": memory.id, "valid_until": moved}


async def test_what_contradicts_stands_beside_the_earlier_memory(mind: Mind) -> None:
    known = await mind.know("Ana has no siblings.")
    learnt = await mind.learn(statement("Ana's sister lives in Oslo.", relation="contradicts", meets=1))
    (memory,) = learnt.memories
    assert (memory.conflicts_with, learnt.changes) == (known.id, ())


@pytest.mark.parametrize("meets", [0, -1, 2, 99, None])
async def test_a_number_that_stands_in_no_prompt_changes_nobody_s_memory(mind: Mind, meets: int | None) -> None:
    await mind.know("Ana works in a bakery.")
    learnt = await mind.learn(statement("Ana works in a library.", relation="changed", meets=meets))
    assert texts(learnt) == ["Ana works in a library."]
    assert learnt.changes == ()


@pytest.mark.parametrize(
    ("said", "proposed", "category"),
    [
        ("I take insulin every morning", "Ana takes insulin every morning.", "none"),
        ("I voted for them again", "Ana voted for the greens again.", "none"),
        ("my knee hurts so much", "Ana suffers from her knee.", "health"),
        ("Ich bin in der Gewerkschaft", "Ana ist in der Gewerkschaft.", "none"),
    ],
)
async def test_what_is_sensitive_is_not_kept_by_the_model_s_word_nor_by_its_silence(
    mind: Mind, said: str, proposed: str, category: str
) -> None:
    assert texts(await mind.learn(statement(proposed, category=category), said=said)) == []


async def test_what_is_sensitive_is_kept_when_the_person_asks_for_just_that(mind: Mind) -> None:
    diabetes = statement("Ana has diabetes.", category="health")
    assert texts(await mind.learn(diabetes, said="Please remember that I have diabetes.")) == ["Ana has diabetes."]
    assert texts(await mind.learn(diabetes, said="Remember that I like tea. My mother says I have it.")) == []


async def test_what_was_forgotten_is_not_learnt_again_unless_asked_for(mind: Mind) -> None:
    mind.forgotten = [sketch(mind.vault, ANA.person_id, "Ana was married to Peter.", NAMES.all)]
    again = statement("Ana was once married to a man called Peter.")
    assert texts(await mind.learn(again, said="Peter and I were married")) == []
    assert texts(await mind.learn(statement("Ana met Peter's sister Klara in Rome."))) != []
    assert texts(await mind.learn(again, said="Remember that I was married to Peter")) != []


async def test_a_sketch_of_forgotten_words_holds_none_of_them_and_is_each_person_s_own(mind: Mind) -> None:
    one, other = (sketch(mind.vault, person, "Ana was married to Peter.") for person in (1, 2))
    assert b"peter" not in one
    assert b"marri" not in one
    assert not set(_words(one)) & set(_words(other))


def _words(sketched: bytes) -> list[bytes]:
    return [sketched[start : start + 8] for start in range(0, len(sketched), 8)]


async def test_long_and_empty_statements_are_none(mind: Mind) -> None:
    long = statement("Ana " + "sings " * 200)
    assert texts(await mind.learn(long, replace_words("   x "))) == ["x"]


def replace_words(text: str) -> Learnt:
    """A statement with odd spaces."""
    return statement(text)
