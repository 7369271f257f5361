"""At night, memories that say the same become one, and she reflects on whom she has learnt about."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.events import Author
from mia_core.tables import Memory, ModelCall, Person
from mia_jobs.reflect import reflect
from tests.core.events import ANA, BRUNO, dm
from tests.core.test_turn import prompt, rows, turn
from tests.core.test_turn_memory import learnt
from tests.core.wishes.test_fulfil import say
from tests.core.xai.standin import StandinXai, answering, xai_error

STATEMENTS = ("Ana plays chess.", "Ana works in a bakery.", "Ana has a cat.")
THOUGHT = "Ana gets up early for the bakery and plays chess to rest."


async def told(app: App, model: StandinXai, *statements: str, author: Author = ANA) -> None:
    """A person has taught her statements, in one message."""
    model.will(answering(reply="I see.", memories=[learnt(statement) for statement in statements]))
    count = len(model.seen)
    await turn(app, dm("Let me tell you", author=author, event_id=f"{author.username}{count}"))


async def night(app: App, clock: ManualClock) -> Any:
    """What the job says that it did, hours after everybody went to sleep."""
    clock.move(timedelta(hours=12))
    return await reflect(app)


async def memories(app: App) -> list[Any]:
    """Ana's, as they are stored."""
    return [row for row in await rows(app, Memory) if row.person_id == ANA.person_id]


async def test_she_writes_a_reflection_and_uses_it_but_does_not_count_it_as_something_said(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    await told(app, model, *STATEMENTS)
    model.will(answering(reply=THOUGHT, memories=[]))
    assert await night(app, clock) == {"people": 1, "merged": 0, "reflections": 1}
    assert all(statement in prompt(model) for statement in STATEMENTS)
    assert [(row.kind, row.statement) for row in await memories(app)][-1] == ("reflection", THOUGHT)
    assert [row.purpose for row in await rows(app, ModelCall)][-1] == "reflection"
    model.will(answering(reply="Hi!", memories=[]))
    await say(app, "What do you think of chess?")
    assert THOUGHT in prompt(model)
    assert THOUGHT not in await say(app, "What do you remember about me?")


async def test_nothing_new_costs_no_call_and_something_new_takes_the_place_of_the_old(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    await told(app, model, *STATEMENTS)
    model.will(answering(reply=THOUGHT, memories=[]))
    await night(app, clock)
    calls = len(model.seen)
    assert await night(app, clock) == {"people": 0, "merged": 0, "reflections": 0}
    assert len(model.seen) == calls
    await told(app, model, "Ana gave up the bakery.")
    model.will(answering(reply="Ana is free now.", memories=[]))
    await night(app, clock)
    assert [row.statement for row in await memories(app) if row.kind == "reflection"] == ["Ana is free now."]


async def test_what_says_the_same_becomes_one_and_is_not_lost(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    await told(app, model, "Ana plays chess on Sundays.", "Ana has 2 cats.", "Ana has 3 cats.")
    async with app.database.writing() as connection:
        first = (await rows(app, Memory))[0]
        twin = {**first._mapping, "id": app.ids(), "statement": "On Sundays, Ana plays chess."}
        await connection.execute(Memory.__table__.insert(), [twin])  # type: ignore[attr-defined]  # SQLModel makes it
    model.will(answering(reply=THOUGHT, memories=[]))
    assert (await night(app, clock))["merged"] == 1
    standing = [row for row in await memories(app) if not row.closed_at and row.kind != "reflection"]
    assert [(row.statement, row.times_said) for row in standing] == [
        ("Ana plays chess on Sundays.", 2),
        ("Ana has 2 cats.", 1),
        ("Ana has 3 cats.", 1),
    ]
    (closed,) = [row for row in await memories(app) if row.closed_at]
    assert closed.closed_by == standing[0].id


async def test_whoever_paused_or_stopped_or_is_talking_is_left_alone(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    await told(app, model, *STATEMENTS)
    calls = len(model.seen)
    assert await reflect(app) == {"people": 0, "merged": 0, "reflections": 0}
    await say(app, "pause memory")
    assert (await night(app, clock))["people"] == 0
    await say(app, "resume memory", "stop")
    assert (await night(app, clock))["people"] == 0
    assert len(model.seen) == calls


async def test_a_night_has_its_bound_and_the_next_goes_on_with_the_others(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    one_a_night = app.settings.jobs.model_copy(update={"reflections": 1})
    object.__setattr__(app, "settings", app.settings.model_copy(update={"jobs": one_a_night}))
    await told(app, model, *STATEMENTS)
    await told(app, model, "Bruno sails.", "Bruno cooks.", "Bruno sings.", author=BRUNO)
    model.will(answering(reply=THOUGHT, memories=[]), answering(reply="Bruno enjoys life.", memories=[]))
    assert (await night(app, clock))["reflections"] == 1
    await told(app, model, "Ana has a dog, too.")
    assert (await night(app, clock))["reflections"] == 1
    reflections = {row.person_id: row.statement for row in await rows(app, Memory) if row.kind == "reflection"}
    assert reflections.keys() == {ANA.person_id, BRUNO.person_id}


async def test_without_credits_it_ends_and_nobody_is_passed_over(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    await told(app, model, *STATEMENTS)
    model.will(xai_error(403, "permission-denied", "Your team has used all available credits."))
    assert (await night(app, clock))["reflections"] == 0
    model.will(answering(reply=THOUGHT, memories=[]))
    assert (await night(app, clock))["reflections"] == 1


async def test_a_reflection_that_turns_to_sensitive_things_is_not_kept(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    await told(app, model, *STATEMENTS)
    model.will(answering(reply="Ana may have a depression.", memories=[]))
    assert (await night(app, clock))["reflections"] == 0
    assert all(row.kind != "reflection" for row in await memories(app))


async def test_what_changed_while_she_was_thinking_is_not_written_over(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    await told(app, model, *STATEMENTS)
    ask = app.xai.ask

    async def slowly(asked: Any) -> Any:
        async with app.database.writing() as connection:
            await connection.execute(update(Person).values(memory_version=col(Person.memory_version) + 1))
        return await ask(asked)

    object.__setattr__(app.xai, "ask", slowly)
    model.will(answering(reply=THOUGHT, memories=[]))
    assert (await night(app, clock))["reflections"] == 0
    assert len(await memories(app)) == len(STATEMENTS)


async def test_forgetting_takes_the_reflection_along(app: App, model: StandinXai, clock: ManualClock) -> None:
    await told(app, model, *STATEMENTS)
    model.will(answering(reply=THOUGHT, memories=[]))
    await night(app, clock)
    await say(app, "forget everything about chess", "yes")
    assert all("chess" not in row.statement for row in await memories(app))
