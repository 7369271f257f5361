"""Wishes fulfilled in whole turns: without a model where the words tell, once, and for good."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from mia_core.app import App, open_app
from mia_core.memory.mind import index_of
from mia_core.tables import Confirmation, Forgotten, InboxRow, Memory, Message, OutboxRow, Person
from tests.core.events import ANA, BRUNO, dm
from tests.core.test_turn import outgoing, prompt, rows, turn
from tests.core.test_turn_memory import learnt, person
from tests.core.xai.standin import StandinXai, answering


async def say(app: App, *said: str) -> str:
    """One message after the other; answers her last words."""
    texts: tuple[str, ...] = ()
    for text in said:
        count = len(await rows(app, InboxRow))
        texts = (await turn(app, dm(text, event_id=str(count + 1)))).texts
    return "\n".join(texts)


def teaching(*statements: str) -> list[Any]:
    """Answers of the model that teach one statement each."""
    return [answering(reply="I see.", memories=[learnt(statement)]) for statement in statements]


async def everything_stored(app: App) -> str:
    """All rows that can hold a person's words."""
    stored: list[str] = []
    for table in (Memory, Message, InboxRow, OutboxRow, Confirmation, Forgotten):
        stored += [str(row._mapping) for row in await rows(app, table)]
    return "\n".join(stored)


async def test_what_she_remembers_is_listed_without_a_model(app: App, model: StandinXai) -> None:
    assert "no memories" in await say(app, "What do you remember about me?")
    model.will(*teaching("Ana works in a bakery.", "Ana plays chess."))
    await say(app, "I work in a bakery", "I play chess")
    asked = len(model.seen)
    listed = await say(app, "What do you remember about me?")
    assert listed.index("Ana plays chess.") < listed.index("Ana works in a bakery.")
    assert len(model.seen) == asked


async def test_forget_that_names_it_asks_once_and_leaves_no_word_behind(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana plays chess.", "Ana is secretly married to Zebulon."))
    await say(app, "I play chess", "I am secretly married to Zebulon")
    assert "Zebulon" in await say(app, "Forget that")
    assert len(await rows(app, Memory)) == 2
    assert "forgotten" in await say(app, "yes")
    assert [row.statement for row in await rows(app, Memory)] == ["Ana plays chess."]
    for out in await outgoing(app):
        await app.outbox.sent(out, "1")
    assert "Zebulon" not in str([row._mapping for row in await rows(app, Message)])
    assert "Zebulon" not in str([row._mapping for row in await rows(app, InboxRow)])


async def test_what_was_forgotten_is_not_learnt_again(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana is secretly married to Zebulon.", "Ana is married to Zebulon, secretly."))
    await say(app, "I am secretly married to Zebulon", "forget that", "yes", "Zebulon and I are still married")
    assert await rows(app, Memory) == []


async def test_anything_but_yes_leaves_it_and_is_answered_as_usual(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana plays chess."), answering(reply="Lovely weather!", memories=[]))
    await say(app, "I play chess", "Forget that")
    assert "Lovely weather!" in await say(app, "How is the weather?")
    model.will(answering(reply="Yes what?", memories=[]))
    assert "Yes what?" in await say(app, "yes")
    assert len(await rows(app, Memory)) == 1


async def test_no_is_taken_for_no(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana plays chess."))
    assert "leave it" in await say(app, "I play chess", "Forget that", "no")
    assert len(await rows(app, Memory)) == 1
    assert await rows(app, Confirmation) == []


async def test_a_topic_is_forgotten_with_its_messages_and_nothing_else(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana works in a bakery.", "Ana's job pays badly.", "Ana plays chess."))
    await say(app, "I work in a bakery", "my job pays badly", "I play chess")
    listed = await say(app, "Forget everything about my job")
    assert "Ana's job pays badly." in listed
    assert "chess" not in listed
    await say(app, "yes")
    assert "Ana's job pays badly." not in [row.statement for row in await rows(app, Memory)]
    assert "Ana plays chess." in [row.statement for row in await rows(app, Memory)]
    assert not any("pays badly" in row.text for row in await rows(app, Message))


async def test_everything_is_forgotten_at_once(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana works in a bakery.", "Ana plays chess."))
    await say(app, "I work in a bakery", "I play chess", "forget everything", "yes")
    assert await rows(app, Memory) == []
    assert not any("bakery" in row.text or "chess" in row.text for row in await rows(app, Message))
    assert "no memories" in await say(app, "What do you remember about me?")


async def test_a_pause_stops_learning_and_recall_until_it_ends(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana works in a bakery.", "Ana plays chess.", "Ana has a cat."))
    await say(app, "I work in a bakery", "pause memory", "I play chess, and where do I work?")
    assert "bakery." not in prompt(model)
    assert [row.statement for row in await rows(app, Memory)] == ["Ana works in a bakery."]
    assert "paused" in await say(app, "what do you remember about me")
    await say(app, "resume memory", "I have a cat")
    assert len(await rows(app, Memory)) == 2


async def test_why_shows_the_memories_and_the_feeling_behind_her_last_reply(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana's dog is called Luna."), answering(reply="Luna!", memories=[]))
    reason = await say(app, "My dog is called Luna", "What is my dog's name?", "Why did you say that?")
    assert "Ana's dog is called Luna." in reason
    assert "I felt" in reason


async def test_the_model_hears_freer_words_and_its_own_reply_is_not_sent(app: App, model: StandinXai) -> None:
    model.will(
        *teaching("Ana plays chess."), answering(reply="Consider it gone!", memories=[], wish="forget_last")
    )
    said = await say(app, "I play chess", "Could you somehow un-know the thing with the board game?")
    assert "Consider it gone!" not in said
    assert "Ana plays chess." in said
    assert len(await rows(app, Memory)) == 1


async def test_a_correction_takes_the_place_of_what_was_wrong(app: App, model: StandinXai) -> None:
    right = learnt("Ana's dog is called Lola.", relation="changed", meets=1)
    model.will(
        *teaching("Ana's dog is called Luna."),
        answering(reply="Lola, of course!", memories=[right], wish="correct", wish_about="my dog is called Lola"),
    )
    said = await say(app, "My dog is called Luna", "That's wrong, my dog is called Lola")
    assert "Lola, of course!" in said
    assert [row.statement for row in await rows(app, Memory)] == ["Ana's dog is called Lola."]
    listed = await say(app, "What do you remember about me?")
    assert "Lola" in listed
    assert "Luna" not in listed


async def test_another_process_does_not_recall_what_was_corrected_here(app: App, model: StandinXai) -> None:
    right = learnt("Ana's dog is called Lola.", relation="changed", meets=1)
    model.will(
        *teaching("Ana's dog is called Luna."),
        answering(reply="Lola, of course!", memories=[right], wish="correct", wish_about="my dog is called Lola"),
    )
    await say(app, "My dog is called Luna")
    async with open_app(app.settings, clock=app.clock, embedder=app.embedder) as other:
        await index_of(other, await person(other))
        await say(app, "That's wrong, my dog is called Lola")
        index = await index_of(other, await person(other))
    assert [memory.statement for memory in index.memories] == ["Ana's dog is called Lola."]


async def test_nobody_reaches_what_belongs_to_somebody_else(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana plays chess."))
    await say(app, "I play chess")
    taken = await turn(app, dm("What do you remember about me?", author=BRUNO, event_id="900"))
    assert "chess" not in taken.texts[0]
    await turn(app, dm("forget everything", author=BRUNO, event_id="901"))
    await turn(app, dm("yes", author=BRUNO, event_id="902"))
    assert len(await rows(app, Memory)) == 1


async def test_another_process_does_not_recall_what_was_forgotten_here(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana plays chess."))
    await say(app, "I play chess")
    async with app.database.reading() as connection:
        row = (await connection.execute(select(Person).where(col(Person.id) == ANA.person_id))).one()
    elsewhere = await index_of(app, Person(**row._mapping))
    await say(app, "forget that", "yes")
    async with app.database.reading() as connection:
        row = (await connection.execute(select(Person).where(col(Person.id) == ANA.person_id))).one()
    fresh = await index_of(app, Person(**row._mapping))
    assert elsewhere is not fresh
    assert fresh.memories == []


@pytest.mark.parametrize("said", ["yes", "no", "sí", "oui", "ja"])
async def test_a_yes_that_nobody_waits_for_is_ordinary_talk(app: App, model: StandinXai, said: str) -> None:
    model.will(answering(reply="Glad to hear it!", memories=[]))
    assert "Glad to hear it!" in await say(app, said)
