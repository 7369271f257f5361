"""Memory within turns: what is recalled from the past, how statements meet, and what a pause means."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import update
from sqlmodel import col

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.events import Image
from mia_core.memory.mind import index_of
from mia_core.memory.past import Spoken, keep_past
from mia_core.tables import Memory, Message, Person, Turn
from tests.core.events import ANA, BRUNO, NOON, dm
from tests.core.test_turn import prompt, rows, turn
from tests.core.xai.standin import StandinXai, answering

LONG_AGO = NOON - timedelta(days=200)


def learnt(statement: str, **changes: Any) -> Mapping[str, Any]:
    """A statement as the model gives it."""
    values = {
        "kind": "fact",
        "statement": statement,
        "said_by": "person",
        "valid_from": None,
        "valid_until": None,
        "confidence": 0.9,
        "importance": 0.5,
        "relation": "new",
        "meets": None,
        "category": "none",
    }
    return {**values, **changes}


async def person(app: App, author_id: int = ANA.person_id) -> Person:
    """The stored person."""
    (found,) = [row for row in await rows(app, Person) if row.id == author_id]
    return Person(**found._mapping)


async def past(app: App, *texts: str) -> None:
    """A conversation of long ago, of which the person said every second message; then a long silence."""
    await turn(app, dm("hello"))
    spoken = [
        Spoken(by_mia=bool(place % 2), text=text, at=LONG_AGO + timedelta(minutes=place))
        for place, text in enumerate(texts)
    ]
    await keep_past(app, await person(app), spoken, source="dm")


async def test_what_was_said_long_ago_comes_back_when_it_is_asked_for(app: App, model: StandinXai) -> None:
    filler = [f"Message number {number} about nothing." for number in range(60)]
    await past(app, "We spent the summer in a lighthouse near Split.", "How lovely!", *filler)
    await turn(app, dm("Where did we spend that summer?", event_id="2"))
    assert "lighthouse near Split" in prompt(model)
    *_, taken = await rows(app, Turn)
    assert len(taken.recalled_messages) > 0
    towards = {"trust", "familiarity", "warmth", "tension"}
    assert taken.feeling.keys() == {"emotion", "mood", "pleasure"} | towards


async def test_nobody_s_past_comes_into_somebody_else_s_prompt(app: App, model: StandinXai) -> None:
    await past(app, *["We spent the summer in a lighthouse near Split.", "How lovely!"] * 30)
    await turn(app, dm("Where did Ana spend that summer?", author=BRUNO, event_id="2"))
    assert "lighthouse" not in prompt(model)


async def test_what_a_picture_showed_is_found_by_its_words(app: App, model: StandinXai) -> None:
    image = Image(url="https://example.com/1.jpg", alt="a red canoe on a frozen river")
    await turn(app, dm("Look at this!", images=(image,)))
    (hers, *_) = [row for row in await rows(app, Message) if row.author == "person"]
    assert hers.pictures == "a red canoe on a frozen river"
    index = await index_of(app, await person(app))
    assert index.message_shelf.lexical(["=canoe"]).near.any()


async def test_the_index_that_grew_with_the_turns_equals_the_one_that_is_read(app: App, model: StandinXai) -> None:
    for number, said in enumerate(["My dog is called Luna.", "I play chess.", "What is my dog's name?"]):
        await turn(app, dm(said, event_id=str(number)))
    grown = await index_of(app, await person(app))
    app.indexes.forget(ANA.person_id)
    read = await index_of(app, await person(app))
    assert grown is not read
    assert [each.id for each in grown.memories] == [each.id for each in read.memories]
    assert [each.text for each in grown.messages] == [each.text for each in read.messages]
    assert np.allclose(grown.message_shelf.vectors, read.message_shelf.vectors, atol=1e-2)
    assert (
        grown.message_shelf.lexical(["=chess"]).near.tolist()
        == read.message_shelf.lexical(["=chess"]).near.tolist()
    )


async def test_what_has_changed_is_closed_and_told_with_its_end(app: App, model: StandinXai) -> None:
    model.will(
        answering(memories=[learnt("Ana works in a bakery.")]),
        answering(memories=[learnt("Ana works in a library.", relation="changed", meets=1)]),
        answering(memories=[]),
    )
    for number, said in enumerate(["I work in a bakery", "I changed to a library", "Where do I work?"]):
        await turn(app, dm(said, event_id=str(number)))
    old, new = await rows(app, Memory)
    assert (old.closed_by, old.closed_at is not None, new.closed_at) == (new.id, True, None)
    assert f'until=\\"{NOON:%Y-%m-%d}\\"' in prompt(model)
    assert "Ana works in a library." in prompt(model)


async def test_what_is_at_odds_is_marked_so_that_she_asks(app: App, model: StandinXai) -> None:
    model.will(
        answering(memories=[learnt("Ana has no siblings.")]),
        answering(memories=[learnt("Ana's sister lives in Oslo.", relation="contradicts", meets=1)]),
        answering(memories=[]),
    )
    for number, said in enumerate(["I am an only child", "My sister lives in Oslo", "Tell me about my sister"]):
        await turn(app, dm(said, event_id=str(number)))
    assert len(await rows(app, Memory)) == 2
    assert 'disputed=\\"yes\\"' in prompt(model)


async def test_what_is_said_again_is_reinforced_in_the_row_and_in_the_index(app: App, model: StandinXai) -> None:
    model.will(
        answering(memories=[learnt("Ana plays the cello.")]),
        answering(memories=[learnt("Ana plays the cello.")]),
    )
    for number in range(2):
        await turn(app, dm("I play the cello", event_id=str(number)))
    (memory,) = await rows(app, Memory)
    assert (memory.times_said, memory.last_said_at) == (2, NOON)
    assert (await index_of(app, await person(app))).memories[0].times_said == 2


async def test_a_sensitive_statement_is_kept_only_if_it_was_asked_for(app: App, model: StandinXai) -> None:
    model.will(*[answering(memories=[learnt("Ana has diabetes.")]) for _ in range(2)])
    await turn(app, dm("I have diabetes, you know"))
    assert await rows(app, Memory) == []
    await turn(app, dm("Please remember that I have diabetes", event_id="2"))
    assert [row.statement for row in await rows(app, Memory)] == ["Ana has diabetes."]


async def test_a_paused_memory_is_neither_written_nor_used(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    model.will(*[answering(memories=[learnt(f"Ana's dog is called {name}.")]) for name in ("Luna", "Rex")])
    await turn(app, dm("My dog is called Luna."))
    async with app.database.writing() as connection:
        paused = update(Person).where(col(Person.id) == ANA.person_id).values(memory_paused_at=clock())
        await connection.execute(paused)
    await turn(app, dm("And my other dog is Rex. What is the first one's name?", event_id="2"))
    assert "Ana's dog is called Luna." not in prompt(model)
    assert [row.statement for row in await rows(app, Memory)] == ["Ana's dog is called Luna."]
