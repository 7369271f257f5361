"""The turn, on both databases, against a server that speaks xAI's wire format."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel, col

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.errors import LeaseLost
from mia_core.events import Event
from mia_core.outbox import Outgoing
from mia_core.record import TurnRecord, write_turn
from mia_core.tables import FeelingRow, InboxRow, Mailbox, Memory, Message, ModelCall, Person, Session, Turn
from mia_core.turn import Taken, take_turn
from tests.core.events import ANA, BRUNO, dm, mention
from tests.core.xai.standin import StandinXai, answering, completed, plain, refusal, xai_error


def whole(reply: str, _events: Sequence[Event]) -> list[str]:
    """A channel without rules."""
    return [reply]


async def turn(app: App, *events: Event) -> Taken:
    """Receive events and take the turn that they make."""
    await app.inbox.accept(events)
    claim = await app.inbox.claim("worker")
    assert claim is not None
    return await take_turn(app, claim, whole)


async def rows(app: App, table: type[SQLModel]) -> list[Any]:
    """All rows of a table, in order of its key."""
    async with app.database.reading() as connection:
        return list(await connection.execute(select(table).order_by(*table.__table__.primary_key)))  # type: ignore[attr-defined]  # SQLModel makes __table__


async def outgoing(app: App) -> list[Outgoing]:
    """What waits to be sent."""
    return [*await app.outbox.claim("sender", "dm"), *await app.outbox.claim("sender", "post")]


def prompt(model: StandinXai, call: int = -1) -> str:
    """The whole input of a call, as text."""
    return json.dumps(model.seen[call].body["input"], ensure_ascii=False)


async def test_a_dm_is_answered_once_and_everything_is_kept(app: App, model: StandinXai) -> None:
    taken = await turn(app, dm("My dog is called Luna."))
    assert taken.outcome == "answered"
    (out,) = await outgoing(app)
    assert out.text.startswith("Luna sounds lovely!")
    assert (out.channel, out.address) == ("dm", "1001")
    assert [(row.author, row.seq) for row in await rows(app, Message)] == [("person", 1), ("mia", 2)]
    assert [row.statement for row in await rows(app, Memory)] == ["Ana's dog is called Luna."]
    assert [row.state for row in await rows(app, InboxRow)] == ["done"]
    assert await rows(app, Mailbox) == []
    (call,) = await rows(app, ModelCall)
    assert (call.outcome, call.input_tokens, call.cost_ticks) == ("ok", 1200, 7_000_000)
    assert len(model.seen) == 1


async def test_what_she_learnt_is_recalled_in_the_next_prompt(app: App, model: StandinXai) -> None:
    await turn(app, dm("My dog is called Luna."))
    await turn(app, dm("What is my dog's name?", event_id="2"))
    assert "Ana's dog is called Luna." in prompt(model)
    turns = await rows(app, Turn)
    assert [len(row.recalled) for row in turns] == [0, 1]


async def test_the_same_statement_is_learnt_once(app: App) -> None:
    for number in range(3):
        await turn(app, dm("My dog is called Luna.", event_id=str(number)))
    assert len(await rows(app, Memory)) == 1


async def test_another_process_sees_what_was_learnt_meanwhile(app: App, model: StandinXai) -> None:
    await turn(app, dm("My dog is called Luna."))
    app.indexes.forget(ANA.person_id)
    await turn(app, dm("And the dog's name?", event_id="2"))
    assert "Ana's dog is called Luna." in prompt(model)


async def test_nobody_elses_memories_come_into_a_prompt(app: App, model: StandinXai) -> None:
    await turn(app, dm("My dog is called Luna."))
    await turn(app, dm("What is the name of Ana's dog?", author=BRUNO))
    assert "Luna" not in prompt(model)


async def test_a_mention_is_answered_without_anything_private(app: App, model: StandinXai) -> None:
    model.will(answering(), answering(reply="I keep that for DMs.", memories=[]))
    await turn(app, dm("My dog is called Luna. Secret: I am moving to Oslo."))
    await turn(app, mention("What do you know about my dog?", event_id="600"))
    whole_prompt = prompt(model)
    assert "Luna" not in whole_prompt
    assert "Oslo" not in whole_prompt
    assert "trust" not in whole_prompt.lower().split("how to read")[0]
    post = next(out for out in await outgoing(app) if out.channel == "post")
    assert (post.text, post.address) == ("I keep that for DMs. (I'm an AI.)", "600")


async def test_several_waiting_messages_get_one_answer(app: App, model: StandinXai) -> None:
    taken = await turn(app, dm("Hi!", event_id="1"), dm("Are you there?", event_id="2"))
    assert taken.outcome == "answered"
    assert len(model.seen) == 1
    assert "Hi!" in prompt(model)
    assert "Are you there?" in prompt(model)
    assert len(await outgoing(app)) == 1


async def test_the_first_dm_says_that_she_is_an_ai_and_where_the_policy_is(app: App) -> None:
    first = await turn(app, dm("Hello"))
    second = await turn(app, dm("Hello again", event_id="2"))
    assert "an AI" in first.texts[0]
    assert "/privacy" in first.texts[0]
    assert "an AI" not in second.texts[0]
    assert all("an AI" not in row.text for row in await rows(app, Message))


async def test_stop_is_obeyed_at_once_without_a_model_and_can_be_taken_back(app: App, model: StandinXai) -> None:
    await turn(app, dm("Hello"))
    asked = len(model.seen)
    assert (await turn(app, dm("STOP!", event_id="2"))).outcome == "stopped"
    assert (await turn(app, dm("Are you there?", event_id="3"))).outcome == "silent"
    assert (await turn(app, mention("hey @miaaibot", event_id="4"))).outcome == "silent"
    assert len(model.seen) == asked
    assert (await turn(app, dm("start", event_id="5"))).outcome == "started"
    assert (await turn(app, dm("Hello", event_id="6"))).outcome == "answered"
    ignored = [row.reason for row in await rows(app, InboxRow) if row.state == "ignored"]
    assert ignored == ["the person said stop"] * 2


@pytest.mark.parametrize(
    ("scripted", "outcome"),
    [
        ([refusal("I can't help with that.")], "refused"),
        ([xai_error(403, "permission-denied", "Failed check: SAFETY_CHECK_TYPE_BIO")], "refused"),
        ([completed("not json"), completed("{}")], "garbled"),
        ([answering(reply="  "), answering(reply="")], "garbled"),
    ],
)
async def test_what_the_model_does_wrong_has_its_own_gentle_answer(
    app: App, model: StandinXai, scripted: list[Any], outcome: str
) -> None:
    model.will(*scripted)
    taken = await turn(app, dm("hello"))
    assert taken.outcome == outcome
    assert len(taken.texts) == 1
    assert len(await outgoing(app)) == 1
    assert {row.outcome for row in await rows(app, ModelCall)} == {outcome}


@pytest.mark.parametrize(
    "scripted",
    [
        xai_error(400, "invalid-argument", "Incorrect API key provided: xa***99."),
        xai_error(404, "not-found", "The model grok-2 does not exist"),
        xai_error(403, "permission-denied", "Your team has used all available credits"),
        plain(503, "<html>over capacity</html>"),
    ],
)
async def test_when_xai_cannot_answer_the_turn_waits_uncounted_and_nothing_is_lost(
    app: App, model: StandinXai, clock: ManualClock, scripted: Any
) -> None:
    model.will(scripted)
    assert (await turn(app, dm("hello"))).outcome == "postponed"
    assert await outgoing(app) == []
    assert await app.inbox.claim("worker") is None
    (mailbox,) = await rows(app, Mailbox)
    assert mailbox.reason
    clock.move(timedelta(days=1))
    claim = await app.inbox.claim("worker")
    assert claim is not None
    assert claim.attempts == 1
    assert (await take_turn(app, claim, whole)).outcome == "answered"
    assert len(await outgoing(app)) == 1


async def test_the_days_budget_stops_spending_until_midnight(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    model.will(completed("{}", usage={"cost_in_usd_ticks": 11 * 10**10}))
    await turn(app, dm("one"))
    asked = len(model.seen)
    assert (await turn(app, dm("two", event_id="2"))).outcome == "postponed"
    assert len(model.seen) == asked
    (mailbox,) = await rows(app, Mailbox)
    assert "budget" in mailbox.reason
    clock.move(timedelta(hours=12))
    claim = await app.inbox.claim("worker")
    assert claim is not None
    assert (await take_turn(app, claim, whole)).outcome == "answered"


async def test_after_too_many_tries_a_turn_is_dead_with_its_reason_and_later_ones_go_on(
    app: App, clock: ManualClock
) -> None:
    await app.inbox.accept([mention("poison", event_id="1")])
    await app.inbox.accept([dm("fine", event_id="2")])
    for _ in range(app.settings.bot.max_attempts):
        claim = await app.inbox.claim("worker")
        assert claim is not None
        await app.inbox.postpone(claim, until=clock(), reason="it broke")
    claim = await app.inbox.claim("worker")
    assert claim is not None
    assert (await take_turn(app, claim, whole)).outcome == "dead"
    dead = [row for row in await rows(app, InboxRow) if row.state == "dead"]
    assert [(row.event_id, row.reason) for row in dead] == [("1", "it broke")]
    claim = await app.inbox.claim("worker")
    assert claim is not None
    assert claim.events[0].text == "fine"


async def test_a_worker_that_lost_its_lease_writes_nothing_at_all(app: App, clock: ManualClock) -> None:
    await app.inbox.accept([dm("hello")])
    slow = await app.inbox.claim("slow")
    assert slow is not None
    clock.move(timedelta(seconds=app.settings.bot.lease_s))
    quick = await app.inbox.claim("quick")
    assert quick is not None
    with pytest.raises(LeaseLost):
        await write_turn(app, slow, TurnRecord("answered", clock(), texts=("late",), said="late"))
    assert await rows(app, Turn) == await rows(app, Message) == await outgoing(app) == []
    assert (await take_turn(app, quick, whole)).outcome == "answered"


async def test_sessions_end_after_a_time_of_silence(app: App, clock: ManualClock) -> None:
    await turn(app, dm("morning"))
    clock.move(timedelta(minutes=10))
    await turn(app, dm("still here", event_id="2"))
    clock.move(timedelta(hours=5))
    await turn(app, dm("evening", event_id="3"))
    assert len(await rows(app, Session)) == 2


async def test_kind_words_move_what_she_feels_and_the_prompt_says_so(app: App, model: StandinXai) -> None:
    kind = {
        "desirability": 0.5,
        "praise": 1,
        "warmth": 1,
        "hostility": 0,
        "apology": 0,
        "intensity": 1,
    }
    model.will(answering(appraisal=kind))
    await turn(app, dm("You are wonderful, thank you!"))
    (feeling,) = await rows(app, FeelingRow)
    assert feeling.pleasure > 0.4
    assert feeling.trust > 0.3
    await turn(app, dm("How are you?", event_id="2"))
    assert f"trust\\n{feeling.trust:.2f} of 1" in prompt(model)


@pytest.mark.parametrize(
    "text",
    ["🎉" * 10_000, "مرحبا يا ميا، كيف حالك؟", "שלום " * 500, "\u202eevil\u202c", "a" * 10_000, ""],
    ids=["emoji", "arabic", "hebrew", "override", "long", "empty"],
)
async def test_unusual_text_is_answered_and_kept_as_it_came(app: App, model: StandinXai, text: str) -> None:
    assert (await turn(app, dm(text, attachments=0 if text else 1))).outcome == "answered"
    assert (await rows(app, Message))[0].text == text


async def test_history_grows_at_its_end_so_that_the_prompts_prefix_stays_the_same(
    app: App, model: StandinXai
) -> None:
    for number in range(8):
        await turn(app, dm(f"message {number}", event_id=str(number)))
    earlier, later = (model.seen[n].body["input"] for n in (-2, -1))
    kept = len(earlier) - 2
    assert later[:kept] == earlier[:kept]
    assert len(later) == len(earlier) + 2


async def test_the_person_keeps_their_language_and_their_last_sight(app: App, model: StandinXai) -> None:
    model.will(answering(language="pt-BR"))
    await turn(app, dm("Oi!"))
    async with app.database.reading() as connection:
        row = (await connection.execute(select(Person).where(col(Person.id) == ANA.person_id))).one()
    assert (row.language, row.message_count, row.username) == ("pt-BR", 2, "ana")


async def test_events_that_arrive_while_their_persons_turn_is_written_are_no_deadlock(app: App) -> None:
    """Both lock the person and the mailbox: in the same order, or PostgreSQL breaks one of them off."""
    await app.inbox.accept([dm("hello")])
    taken = asyncio.Event()

    async def keep_writing() -> None:
        number = 1
        while not taken.is_set():
            number += 1
            await app.inbox.accept([dm(f"message {number}", event_id=str(number))])

    writing = asyncio.create_task(keep_writing())
    for _ in range(25):
        claim = None
        while claim is None:
            claim = await app.inbox.claim("worker")
        await take_turn(app, claim, lambda reply, _: [reply])
    taken.set()
    await writing
