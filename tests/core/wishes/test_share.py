"""What a person lets her tell everybody: asked about once, decided by an admin, quoted, and taken back at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from mia_core.app import App, open_app
from mia_core.clock import ManualClock
from mia_core.errors import OperatorError
from mia_core.memory.publication import decide, publications
from mia_core.tables import Confirmation, Memory, Publication
from tests.core.events import ANA, BRUNO, dm, mention
from tests.core.test_turn import prompt, rows, turn
from tests.core.test_turn_memory import learnt
from tests.core.wishes.test_fulfil import say, teaching
from tests.core.xai.standin import Scripted, StandinXai, answering

OFFER = "You can tell everyone that I play chess"


def offering(*memories: object, about: str = "I play chess") -> Scripted:
    """The model sees the wish to share."""
    return answering(reply="I will!", memories=list(memories), wish="offer", wish_about=about)


async def offered(app: App, model: StandinXai, answer: str = "yes") -> int:
    """Ana has offered that she plays chess; the publication's id."""
    model.will(*teaching("Ana plays chess."), offering())
    await say(app, "I play chess", OFFER, answer)
    (row,) = await rows(app, Publication)
    return int(row.id)


async def public_prompt(app: App, model: StandinXai, event_id: str) -> str:
    """What the model is given when Bruno asks in public."""
    await turn(app, mention("@miaaibot do you know anybody who plays chess?", author=BRUNO, event_id=event_id))
    return prompt(model)


async def visibility(app: App) -> list[str]:
    """Who may see Ana's memories."""
    return [memory.visibility for memory in await rows(app, Memory) if memory.person_id == ANA.person_id]


def half_a_minute_later(clock: ManualClock) -> None:
    """From when on every process has seen an approval."""
    clock.move(timedelta(seconds=31))


async def test_an_offer_says_what_it_means_and_needs_one_clear_yes(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana plays chess."), offering())
    asked = await say(app, "I play chess", OFFER)
    assert "“Ana plays chess.”" in asked
    assert "I will!" not in asked
    assert await rows(app, Publication) == []
    assert "looked at" in await say(app, "yes")
    (row,) = await rows(app, Publication)
    assert (row.statement, row.state, row.attributed) == ("Ana plays chess.", "offered", False)
    assert (row.consent_wording, row.consent_answer, row.consent_version) == (asked, "yes", "1")
    assert await visibility(app) == ["offered"]
    assert await rows(app, Confirmation) == []


async def test_anything_else_leaves_it_between_them(app: App, model: StandinXai) -> None:
    model.will(*teaching("Ana plays chess."), offering(), answering(reply="Sunny!", memories=[]))
    await say(app, "I play chess", OFFER, "How is the weather?")
    model.will(answering(reply="Yes what?", memories=[]))
    await say(app, "yes")
    assert await rows(app, Publication) == []


async def test_what_the_offer_itself_says_for_the_first_time_is_learnt_and_offered(
    app: App, model: StandinXai
) -> None:
    model.will(offering(learnt("Ana plays chess.")))
    assert "“Ana plays chess.”" in await say(app, OFFER)
    await say(app, "yes")
    (memory,) = await rows(app, Memory)
    (row,) = await rows(app, Publication)
    assert (row.memory_id, row.statement) == (memory.id, "Ana plays chess.")


async def test_what_she_does_not_know_cannot_be_offered(app: App, model: StandinXai) -> None:
    model.will(offering(about="my yacht"))
    assert "don't know that" in await say(app, "You can tell everyone about my yacht")


async def test_sensitive_things_are_not_made_public(app: App, model: StandinXai) -> None:
    model.will(
        answering(reply="I will.", memories=[learnt("Ana has diabetes.", category="health")]),
        offering(about="I have diabetes"),
    )
    said = await say(app, "Please remember that I have diabetes", "You can tell everyone that I have diabetes")
    assert "between us" in said
    assert len(await rows(app, Memory)) == 1
    assert await rows(app, Confirmation) == []


async def test_only_what_was_approved_is_known_to_others_and_without_a_name(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    publication = await offered(app, model)
    assert "Ana plays chess" not in await public_prompt(app, model, "600")
    await decide(app.database, app.clock, publication, "approved", "root")
    half_a_minute_later(clock)
    asked = await public_prompt(app, model, "601")
    assert '<public>\\"Ana plays chess.\\"</public>' in asked
    assert "@ana" not in asked
    await turn(app, dm("Who plays chess?", author=BRUNO, event_id="700"))
    assert "Ana plays chess." in prompt(model)


async def test_a_name_stands_with_it_only_if_the_person_said_so(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    publication = await offered(app, model, "yes, with my name")
    await decide(app.database, app.clock, publication, "approved", "root")
    half_a_minute_later(clock)
    assert '<public by=\\"@ana\\">\\"Ana plays chess.\\"</public>' in await public_prompt(app, model, "600")


async def test_what_was_declined_is_never_told(app: App, model: StandinXai, clock: ManualClock) -> None:
    publication = await offered(app, model)
    await decide(app.database, app.clock, publication, "declined", "root")
    half_a_minute_later(clock)
    assert "chess." not in await public_prompt(app, model, "600")
    assert await visibility(app) == ["declined"]


@asynccontextmanager
async def elsewhere(app: App) -> AsyncIterator[App]:
    """Another process on the same database."""
    async with open_app(app.settings, clock=app.clock, embedder=app.embedder) as other:
        yield other


async def test_taking_it_back_holds_at_once_in_every_process(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    publication = await offered(app, model)
    await decide(app.database, app.clock, publication, "approved", "root")
    async with elsewhere(app) as other:
        half_a_minute_later(clock)
        assert "Ana plays chess." in await public_prompt(other, model, "600")
        asked = len(model.seen)
        assert "nobody" in await say(app, "Don't tell anyone any more")
        assert len(model.seen) == asked
        assert "Ana plays chess." not in await public_prompt(other, model, "601")
    (row,) = await rows(app, Publication)
    assert row.state == "revoked"
    assert row.revoked_at is not None
    assert await visibility(app) == ["private"]


async def test_there_may_be_nothing_to_take_back(app: App) -> None:
    assert "nothing" in await say(app, "Don't tell anyone any more")


async def test_what_is_forgotten_or_no_longer_true_is_told_no_more(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    publication = await offered(app, model)
    await decide(app.database, app.clock, publication, "approved", "root")
    half_a_minute_later(clock)
    changed = learnt("Ana gave up chess.", relation="changed", meets=1)
    model.will(answering(reply="A pity!", memories=[changed]))
    await say(app, "I gave up chess")
    assert [row.state for row in await rows(app, Publication)] == ["revoked"]
    await say(app, "forget everything", "yes")
    assert await rows(app, Publication) == []


async def test_of_two_admins_the_first_decides_and_the_other_is_told(app: App, model: StandinXai) -> None:
    publication = await offered(app, model)
    await decide(app.database, app.clock, publication, "approved", "vera")
    with pytest.raises(OperatorError, match="approved already by vera"):
        await decide(app.database, app.clock, publication, "declined", "walt")
    with pytest.raises(OperatorError, match="no such offer"):
        await decide(app.database, app.clock, publication + 1, "approved", "walt")


async def test_what_was_taken_back_cannot_be_approved_any_more(app: App, model: StandinXai) -> None:
    publication = await offered(app, model)
    await say(app, "Don't tell anyone any more")
    with pytest.raises(OperatorError, match="revoked already"):
        await decide(app.database, app.clock, publication, "approved", "vera")
    assert await publications(app.database, "offered", 10) == []


async def test_an_admin_sees_the_name_only_if_it_may_be_told(app: App, model: StandinXai) -> None:
    await offered(app, model)
    (seen,) = await publications(app.database, "offered", 10)
    assert (seen.statement, seen.username) == ("Ana plays chess.", None)
