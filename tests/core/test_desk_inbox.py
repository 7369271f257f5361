"""The inbox at the operator's desk, on SQLite and PostgreSQL: dead events come back in order."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.desk.inbox import InboxDesk
from mia_core.desk.rows import Line, Wanted, find_people
from mia_core.errors import LeaseLost, OperatorError
from mia_core.inbox import Claim
from mia_core.tables import Mailbox
from tests.core.events import ANA, BRUNO, dm, mention

LEASE = timedelta(seconds=30)


@pytest.fixture
def desk(app: App) -> InboxDesk:
    return InboxDesk(app.database, app.clock, app.signals)


async def claimed(app: App) -> Claim:
    """A claim that must be there."""
    claim = await app.inbox.claim("worker")
    assert claim is not None
    return claim


async def finish(app: App, claim: Claim) -> None:
    """End a claim as a turn would."""
    async with app.database.writing() as connection:
        await app.inbox.finish(connection, claim, state="done", turn_id=1)


async def bury(app: App, text: str, *, event_id: str = "1") -> int:
    """A mention that killed every try; answers its row's id."""
    await app.inbox.accept([mention(text, event_id=event_id)])
    claim = await claimed(app)
    await app.inbox.end(claim, state="dead", reason="6 tries failed")
    return claim.inbox_ids[0]


async def line(desk: InboxDesk, row_id: int) -> Line:
    """One row as it is listed."""
    found = [line for state in desk.states for line in await desk.lines(Wanted(state=state)) if line.id == row_id]
    return found[0]


async def test_a_dead_event_that_is_retried_is_answered_before_what_came_after_it(
    app: App, desk: InboxDesk
) -> None:
    row_id = await bury(app, "poison")
    await app.inbox.accept([mention("later", event_id="2")])
    retried = await desk.retry(ANA.person_id, [row_id])
    assert [change.state for change in retried.changes] == ["open"]
    order = []
    while claim := await app.inbox.claim("worker"):
        order.append((claim.events[0].text, claim.attempts, claim.reason))
        await finish(app, claim)
    assert order == [("poison", 1, None), ("later", 1, None)]


async def test_dead_messages_that_come_back_together_are_one_turn_again(app: App, desk: InboxDesk) -> None:
    await app.inbox.accept([dm("hi", event_id="1"), dm("and you?", event_id="2")])
    claim = await claimed(app)
    await app.inbox.end(claim, state="dead", reason="no luck")
    await desk.retry(ANA.person_id, [row_id for _, row_id in await desk.dead(None)])
    assert [event.text for event in (await claimed(app)).events] == ["hi", "and you?"]


async def test_a_retry_forgets_the_tries_and_the_back_off_of_what_waits(
    app: App, desk: InboxDesk, clock: ManualClock
) -> None:
    row_id = await bury(app, "poison")
    await app.inbox.accept([mention("later", event_id="2")])
    await app.inbox.postpone(await claimed(app), until=clock() + timedelta(hours=1), reason="busy")
    await desk.retry(ANA.person_id, [row_id])
    claim = await claimed(app)
    assert (claim.events[0].text, claim.attempts, claim.reason) == ("poison", 1, None)


async def test_a_retry_under_a_workers_hands_waits_for_the_turn_that_is_taken(app: App, desk: InboxDesk) -> None:
    row_id = await bury(app, "poison")
    await app.inbox.accept([mention("later", event_id="2")])
    in_hand = await claimed(app)
    await desk.retry(ANA.person_id, [row_id])
    assert await app.inbox.claim("another") is None
    await finish(app, in_hand)
    assert [event.text for event in (await claimed(app)).events] == ["poison"]


async def test_what_is_not_dead_is_not_retried_and_the_reason_told(app: App, desk: InboxDesk) -> None:
    await app.inbox.accept([mention("hello")])
    claim = await claimed(app)
    (row_id,) = claim.inbox_ids
    waiting = await desk.retry(ANA.person_id, [row_id])
    await finish(app, claim)
    answered = await desk.retry(ANA.person_id, [row_id])
    assert waiting.changes == answered.changes == ()
    assert "is open already" in waiting.refusals[0]
    assert "was answered meanwhile" in answered.refusals[0]
    assert await app.inbox.claim("worker") is None


async def test_of_several_the_dead_ones_come_back(app: App, desk: InboxDesk) -> None:
    dead = await bury(app, "poison")
    await app.inbox.accept([mention("fine", event_id="2")])
    claim = await claimed(app)
    await finish(app, claim)
    retried = await desk.retry(ANA.person_id, [dead, *claim.inbox_ids])
    assert [change.id for change in retried.changes] == [dead]
    assert len(retried.refusals) == 1


async def test_events_come_back_while_workers_are_at_other_events_of_the_same_people(
    app: App, desk: InboxDesk
) -> None:
    people = [ANA.model_copy(update={"person_id": 5000 + n}) for n in range(20)]
    await app.inbox.accept([dm("dead", author=author) for author in people])
    while claim := await app.inbox.claim("worker"):
        await app.inbox.end(claim, state="dead", reason="no luck")
    dead = await desk.dead(None)
    await app.inbox.accept([mention("fine", author=author) for author in people])
    answered: list[tuple[int, str]] = []

    async def work(name: str) -> None:
        while len(answered) < 2 * len(people):
            if claim := await app.inbox.claim(name):
                await asyncio.sleep(0)
                await finish(app, claim)
                answered.extend((claim.person_id, event.text) for event in claim.events)
            await asyncio.sleep(0)

    async def retry() -> None:
        for person_id, row_id in dead:
            await desk.retry(person_id, [row_id])

    async with asyncio.timeout(30):
        await asyncio.gather(work("one"), work("two"), work("three"), retry())
    expected = [(author.person_id, text) for author in people for text in ("dead", "fine")]
    assert sorted(answered) == expected


async def test_a_dropped_event_is_ignored_and_the_next_begins_anew(
    app: App, desk: InboxDesk, clock: ManualClock
) -> None:
    await app.inbox.accept([mention("nonsense", event_id="1")])
    await app.inbox.accept([mention("a question", event_id="2")])
    claim = await claimed(app)
    await app.inbox.postpone(claim, until=clock() + timedelta(hours=1), reason="trouble")
    (change,) = await desk.drop(ANA.person_id, claim.inbox_ids[0], "spam")
    assert change.state == "ignored"
    assert (await line(desk, change.id)).reason == "dropped by the operator: spam"
    after = await claimed(app)
    assert (after.events[0].text, after.attempts, after.reason) == ("a question", 1, None)


async def test_what_a_worker_holds_is_not_dropped_until_its_lease_lapses(
    app: App, desk: InboxDesk, clock: ManualClock
) -> None:
    await app.inbox.accept([mention("hello")])
    claim = await claimed(app)
    with pytest.raises(OperatorError, match=r"worker.*try again in a moment"):
        await desk.drop(ANA.person_id, claim.inbox_ids[0], "spam")
    clock.move(LEASE)
    await desk.drop(ANA.person_id, claim.inbox_ids[0], "spam")
    with pytest.raises(LeaseLost):
        await finish(app, claim)
    assert await app.inbox.claim("worker") is None
    async with app.database.reading() as connection:
        assert (await connection.execute(select(col(Mailbox.person_id)))).all() == []


async def test_a_dead_event_can_be_dropped_and_leaves_the_list(app: App, desk: InboxDesk) -> None:
    row_id = await bury(app, "poison")
    assert [line.id for line in await desk.lines(Wanted())] == [row_id]
    await desk.drop(ANA.person_id, row_id, "seen to")
    assert await desk.lines(Wanted()) == []
    assert await desk.dead(None) == []
    with pytest.raises(OperatorError, match="is ignored"):
        await desk.drop(ANA.person_id, row_id, "again")


async def test_the_list_tells_state_holder_and_trouble_newest_first(
    app: App, desk: InboxDesk, clock: ManualClock
) -> None:
    dead = await bury(app, "poison")
    clock.move(timedelta(minutes=1))
    await app.inbox.accept([mention("later", event_id="2")])
    await app.inbox.postpone(await claimed(app), until=clock(), reason="busy")
    claim = await claimed(app)
    newest, oldest = await desk.lines(Wanted())
    assert (newest.id, newest.state, newest.attempts, newest.reason) == (*claim.inbox_ids, "open", 2, "busy")
    assert newest.owner == claim.owner
    assert (newest.held(clock()), newest.due_at) == (True, clock() + LEASE)
    assert (oldest.id, oldest.state, oldest.reason, oldest.attempts) == (dead, "dead", "6 tries failed", None)
    assert not oldest.held(clock())
    assert await desk.lines(Wanted(limit=1)) == [newest]
    assert await desk.lines(Wanted(people=(BRUNO.person_id,))) == []


async def test_a_row_is_found_by_its_id_and_shown_whole(app: App, desk: InboxDesk) -> None:
    row_id = await bury(app, "poison")
    assert await desk.find(row_id, None) == (ANA.person_id, row_id)
    whole = await desk.whole(ANA.person_id, row_id)
    assert (whole["username"], whole["event"]["text"], whole["state"]) == ("ana", "poison", "dead")
    with pytest.raises(OperatorError, match=r"inbox 7: there is no such row"):
        await desk.find(7, None)
    with pytest.raises(OperatorError, match="no such row"):
        await desk.find(row_id, [BRUNO.person_id])


@pytest.mark.parametrize("named", ["ana", "@Ana", str(ANA.person_id)])
async def test_a_person_is_found_by_name_or_id(app: App, named: str) -> None:
    await app.inbox.accept([dm("hello"), dm("hello", author=BRUNO)])
    assert await find_people(app.database, named) == (ANA.person_id,)


@pytest.mark.parametrize("named", ["", "@", "nobody", "7", "9" * 40, "-", "a%"])
async def test_who_is_not_known_is_named(app: App, named: str) -> None:
    await app.inbox.accept([dm("hello")])
    with pytest.raises(OperatorError, match="nobody is known"):
        await find_people(app.database, named)
