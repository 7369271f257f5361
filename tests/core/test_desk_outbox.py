"""The outbox at the operator's desk, on SQLite and PostgreSQL: dead texts come back, and are never sent twice."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.desk.outbox import OutboxDesk
from mia_core.desk.rows import Wanted
from mia_core.errors import OperatorError
from mia_core.outbox import Channel, Outgoing
from mia_core.tables import OutboxRow, Person
from tests.core.events import ANA, dm

LEASE = timedelta(seconds=30)


@pytest.fixture
def desk(app: App) -> OutboxDesk:
    return OutboxDesk(app.database, app.clock, app.signals)


async def fix(app: App, turn: int, texts: list[str], channel: Channel = "dm") -> None:
    """Fix Ana's answer."""
    await app.inbox.accept([dm("hello")])
    async with app.database.writing() as connection:
        await app.outbox.fix(
            connection,
            person_id=ANA.person_id,
            key=f"turn:{turn}",
            channel=channel,
            address="77",
            texts=texts,
            turn_id=turn,
        )


async def only(app: App, channel: Channel = "dm") -> Outgoing:
    """The one text that is due."""
    (out,) = await app.outbox.claim("sender", channel)
    return out


async def bury(app: App, texts: list[str], channel: Channel = "dm") -> int:
    """An answer whose first text could not be sent; answers its row's id."""
    await fix(app, 1, texts, channel)
    out = await only(app, channel)
    await app.outbox.dead(out, reason="no answer; never seen at X")
    return out.id


async def test_a_dead_text_that_may_be_there_is_looked_up_before_it_is_sent_again(
    app: App, desk: OutboxDesk
) -> None:
    row_id = await bury(app, ["hello"])
    (change,) = (await desk.retry(ANA.person_id, [row_id])).changes
    assert (change.id, change.state) == (row_id, "unknown")
    out = await only(app)
    assert (out.state, out.looks) == ("unknown", 0)
    assert out.attempts > 1, "a first try would not be looked up when X calls it a duplicate"


async def test_that_a_text_was_tried_is_not_forgotten_by_dropping_it_in_between(
    app: App, desk: OutboxDesk
) -> None:
    row_id = await bury(app, ["hello"])
    await desk.retry(ANA.person_id, [row_id])
    await desk.drop(ANA.person_id, row_id, "better not")
    assert [change.state for change in (await desk.retry(ANA.person_id, [row_id])).changes] == ["unknown"]


async def test_the_later_parts_of_a_dead_thread_come_back_with_it(app: App, desk: OutboxDesk) -> None:
    first = await bury(app, ["one", "two", "three"], "post")
    assert await desk.dead(None) == [(ANA.person_id, first)]
    retried = await desk.retry(ANA.person_id, [first])
    assert [change.state for change in retried.changes] == ["unknown", "ready", "ready"]
    sent = []
    for sent_id in ("100", "101", "102"):
        out = await only(app, "post")
        sent.append((out.text, out.address))
        await app.outbox.sent(out, sent_id)
    assert sent == [("one", "77"), ("two", "100"), ("three", "101")]


async def test_naming_every_part_of_a_thread_is_as_good_as_naming_the_first(app: App, desk: OutboxDesk) -> None:
    await bury(app, ["one", "two"], "post")
    ids = [line.id for line in await desk.lines(Wanted())]
    retried = await desk.retry(ANA.person_id, ids)
    assert (len(retried.changes), retried.refusals) == (2, ())


async def test_a_later_part_does_not_come_back_without_the_one_before(app: App, desk: OutboxDesk) -> None:
    first = await bury(app, ["one", "two"], "post")
    later, _ = (line.id for line in await desk.lines(Wanted()))
    retried = await desk.retry(ANA.person_id, [later])
    assert retried.changes == ()
    assert f"retry {first}" in retried.refusals[0]


async def test_a_part_that_was_dead_when_the_one_before_was_sent_still_answers_it(
    app: App, desk: OutboxDesk
) -> None:
    await fix(app, 1, ["one", "two"], "post")
    out = await only(app, "post")
    later, _ = (line.id for line in await desk.lines(Wanted()))
    await desk.drop(ANA.person_id, later, "too long")
    await app.outbox.sent(out, "100")
    assert await desk.dead(None) == [], "dropped is dropped"
    await desk.retry(ANA.person_id, [later])
    out = await only(app, "post")
    assert (out.text, out.address, out.state) == ("two", "100", "sending")


async def test_what_came_back_goes_before_what_was_said_after_it(app: App, desk: OutboxDesk) -> None:
    row_id = await bury(app, ["first"])
    await fix(app, 2, ["second"])
    await desk.retry(ANA.person_id, [row_id])
    assert (await only(app)).text == "first"


async def test_what_waits_or_was_sent_is_not_retried(app: App, desk: OutboxDesk) -> None:
    await fix(app, 1, ["hello"])
    out = await only(app)
    waiting = await desk.retry(ANA.person_id, [out.id])
    await app.outbox.sent(out, "x1")
    sent = await desk.retry(ANA.person_id, [out.id])
    assert waiting.changes == sent.changes == ()
    assert "is sending" in waiting.refusals[0]
    assert "was sent" in sent.refusals[0]


async def test_who_said_stop_since_is_sent_nothing(app: App, desk: OutboxDesk, clock: ManualClock) -> None:
    row_id = await bury(app, ["hello"])
    clock.move(timedelta(minutes=1))
    await change_person(app, stopped_at=clock())
    retried = await desk.retry(ANA.person_id, [row_id])
    assert retried.changes == ()
    assert "said stop" in retried.refusals[0]


async def test_a_message_too_old_to_be_looked_up_is_not_sent_again(
    app: App, desk: OutboxDesk, clock: ManualClock
) -> None:
    row_id = await bury(app, ["hello"])
    clock.move(timedelta(days=30))
    retried = await desk.retry(ANA.person_id, [row_id])
    assert retried.changes == ()
    assert "older than 30 days" in retried.refusals[0]


async def test_dropping_a_text_drops_the_rest_of_its_thread_and_no_other(app: App, desk: OutboxDesk) -> None:
    await fix(app, 1, ["one", "two"], "post")
    await fix(app, 2, ["other"], "post")
    first = (await desk.lines(Wanted()))[-1].id
    dropped = await desk.drop(ANA.person_id, first, "rude")
    assert [change.state for change in dropped] == ["dead", "dead"]
    assert (await only(app, "post")).text == "other"
    assert [line.reason for line in await desk.lines(Wanted(state="dead"))] == [
        "dropped by the operator: rude"
    ] * 2
    assert len(await desk.lines(Wanted())) == 1
    assert await desk.dead(None) == []


async def test_what_a_sender_holds_is_not_dropped_until_its_lease_lapses(
    app: App, desk: OutboxDesk, clock: ManualClock
) -> None:
    await fix(app, 1, ["hello"])
    out = await only(app)
    with pytest.raises(OperatorError, match=r"sender.*try again in a moment"):
        await desk.drop(ANA.person_id, out.id, "rude")
    clock.move(LEASE)
    await desk.drop(ANA.person_id, out.id, "rude")
    await app.outbox.retry(out, at=clock(), reason="late")
    assert await app.outbox.claim("sender", "dm") == []


async def test_what_was_sent_is_not_dropped(app: App, desk: OutboxDesk) -> None:
    await fix(app, 1, ["hello"])
    out = await only(app)
    await app.outbox.sent(out, "x1")
    with pytest.raises(OperatorError, match="was sent"):
        await desk.drop(ANA.person_id, out.id, "rude")


async def test_the_list_tells_state_holder_and_reason_and_no_words(
    app: App, desk: OutboxDesk, clock: ManualClock
) -> None:
    dead = await bury(app, ["secret words"])
    await fix(app, 2, ["more words"])
    out = await only(app)
    newest, oldest = await desk.lines(Wanted())
    assert (newest.id, newest.state, newest.owner, newest.attempts) == (out.id, "sending", out.owner, 1)
    assert newest.held(clock())
    assert (oldest.id, oldest.state, oldest.due_at) == (dead, "dead", None)
    assert "words" not in repr((newest, oldest))
    whole = await desk.whole(ANA.person_id, dead)
    assert (whole["text"], whole["username"]) == ("secret words", "ana")
    assert await desk.find(dead, [ANA.person_id]) == (ANA.person_id, dead)


async def test_a_thread_that_many_others_surround_comes_back_alone(app: App, desk: OutboxDesk) -> None:
    first = await bury(app, ["one", "two"], "post")
    await fix(app, 2, ["a", "b"], "post")
    other = await only(app, "post")
    await app.outbox.dead(other, reason="gone")
    retried = await desk.retry(ANA.person_id, [first])
    assert len(retried.changes) == 2
    assert await desk.dead(None) == [(ANA.person_id, other.id)]


async def change_person(app: App, **values: Any) -> None:
    async with app.database.writing() as connection:
        await connection.execute(update(Person).where(col(Person.id) == ANA.person_id).values(**values))


async def test_rows_of_two_people_with_the_same_id_are_told_apart(app: App, desk: OutboxDesk) -> None:
    row_id = await bury(app, ["hello"])
    twin = ANA.model_copy(update={"person_id": 4242, "username": "twin"})
    await app.inbox.accept([dm("hello", author=twin)])
    async with app.database.writing() as connection:
        values = {**(await desk.whole(ANA.person_id, row_id)), "person_id": twin.person_id}
        del values["username"]
        await connection.execute(OutboxRow.__table__.insert(), values)  # type: ignore[attr-defined]  # sqlmodel's tables have it
    with pytest.raises(OperatorError, match="add --person"):
        await desk.find(row_id, None)
    assert await desk.find(row_id, [twin.person_id]) == (twin.person_id, row_id)
