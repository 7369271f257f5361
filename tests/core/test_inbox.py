"""The inbox on SQLite and PostgreSQL: once, in order, one worker a person, nothing forgotten."""

import asyncio
from datetime import timedelta

import pytest

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.errors import LeaseLost
from mia_core.inbox import Claim
from tests.core.events import ANA, BRUNO, NOON, dm, mention

LEASE = timedelta(seconds=30)


async def finish(app: App, claim: Claim) -> None:
    """End a claim as a turn would."""
    async with app.database.writing() as connection:
        await app.inbox.finish(connection, claim, state="done", turn_id=1)


async def claimed(app: App) -> Claim:
    """A claim that must be there."""
    claim = await app.inbox.claim("worker")
    assert claim is not None
    return claim


async def test_an_event_seen_twice_is_stored_once(app: App) -> None:
    assert await app.inbox.accept([dm("hello"), dm("hello")]) == 1
    assert await app.inbox.accept([dm("hello")]) == 0
    assert len((await claimed(app)).events) == 1


async def test_a_seen_event_that_was_answered_stays_answered(app: App) -> None:
    await app.inbox.accept([dm("hello")])
    await finish(app, await claimed(app))
    await app.inbox.accept([dm("hello")])
    assert await app.inbox.claim("worker") is None


async def test_waiting_messages_of_one_person_are_claimed_together_in_order(app: App) -> None:
    later = dm("and you?", event_id="2", at=dm("").at + timedelta(seconds=5))
    await app.inbox.accept([later, dm("hi")])
    assert [event.text for event in (await claimed(app)).events] == ["hi", "and you?"]


async def test_what_came_in_the_wrong_order_is_taken_up_in_the_right_one(app: App) -> None:
    await app.inbox.accept([mention("third", event_id="100", at=NOON)])
    await app.inbox.accept([dm("second", event_id="99", at=NOON)])
    await app.inbox.accept([mention("first", event_id="98", at=NOON)])
    await app.inbox.accept([dm("before all", event_id="200", at=NOON - timedelta(seconds=1))])
    order = []
    while claim := await app.inbox.claim("worker"):
        order.append(claim.events[0].text)
        await finish(app, claim)
    assert order == ["before all", "first", "second", "third"]


async def test_each_mention_is_a_turn_of_its_own_and_order_holds_across_channels(app: App) -> None:
    await app.inbox.accept([dm("1", event_id="1")])
    await app.inbox.accept([mention("2", event_id="2")])
    await app.inbox.accept([mention("3", event_id="3")])
    await app.inbox.accept([dm("4", event_id="4")])
    order = []
    while claim := await app.inbox.claim("worker"):
        order.append([event.text for event in claim.events])
        await finish(app, claim)
    assert order == [["1"], ["2"], ["3"], ["4"]]


async def test_a_person_is_held_by_one_worker_until_the_lease_lapses(app: App, clock: ManualClock) -> None:
    await app.inbox.accept([dm("hello")])
    await claimed(app)
    assert await app.inbox.claim("another") is None
    clock.move(LEASE)
    taken_over = await app.inbox.claim("another")
    assert taken_over is not None
    assert taken_over.attempts == 2


async def test_a_worker_that_lost_its_lease_can_change_nothing(app: App, clock: ManualClock) -> None:
    await app.inbox.accept([dm("hello")])
    slow = await claimed(app)
    clock.move(LEASE)
    quick = await claimed(app)
    with pytest.raises(LeaseLost):
        await finish(app, slow)
    await app.inbox.postpone(slow, until=clock(), reason="late")
    await finish(app, quick)
    assert await app.inbox.claim("worker") is None


async def test_what_arrives_during_a_turn_is_answered_after_it(app: App) -> None:
    await app.inbox.accept([dm("first")])
    claim = await claimed(app)
    await app.inbox.accept([dm("second", event_id="2")])
    await finish(app, claim)
    assert [event.text for event in (await claimed(app)).events] == ["second"]


async def test_one_persons_trouble_holds_up_nobody_else(app: App, clock: ManualClock) -> None:
    await app.inbox.accept([dm("a", author=ANA), dm("b", author=BRUNO)])
    first = await claimed(app)
    await app.inbox.postpone(first, until=clock() + timedelta(minutes=5), reason="trouble")
    second = await claimed(app)
    assert second.person_id != first.person_id
    await finish(app, second)
    assert await app.inbox.claim("worker") is None
    clock.move(timedelta(minutes=5))
    again = await claimed(app)
    assert (again.person_id, again.attempts, again.reason) == (first.person_id, 2, "trouble")


async def test_a_pause_that_is_not_the_turns_fault_is_not_counted(app: App, clock: ManualClock) -> None:
    await app.inbox.accept([dm("hello")])
    for _ in range(3):
        claim = await claimed(app)
        await app.inbox.postpone(claim, until=clock(), reason="no money", counted=False)
    assert (await claimed(app)).attempts == 1


async def test_a_dead_event_lets_the_later_ones_through(app: App) -> None:
    await app.inbox.accept([mention("poison", event_id="1")])
    await app.inbox.accept([mention("fine", event_id="2")])
    await app.inbox.end(await claimed(app), state="dead", reason="poison")
    assert [event.text for event in (await claimed(app)).events] == ["fine"]


async def test_many_workers_share_many_people_without_meeting(app: App) -> None:
    people = [ANA.model_copy(update={"person_id": 5000 + n}) for n in range(30)]
    await app.inbox.accept([dm("hi", author=author) for author in people])
    seen: list[int] = []

    async def work(name: str) -> None:
        while claim := await app.inbox.claim(name):
            seen.append(claim.person_id)
            await asyncio.sleep(0)
            await finish(app, claim)

    await asyncio.gather(*(work(f"worker-{n}") for n in range(4)))
    assert sorted(seen) == [author.person_id for author in people]


async def test_who_waits_for_the_answer_holds_the_person_at_once(app: App) -> None:
    claim = await app.inbox.accept_held(dm("hello"), "terminal")
    assert claim is not None
    assert [event.text for event in claim.events] == ["hello"]
    assert await app.inbox.accept_held(dm("again", event_id="2"), "another") is None
    await finish(app, claim)
    assert [event.text for event in (await claimed(app)).events] == ["again"]


async def test_a_worker_that_is_still_thinking_keeps_its_person(app: App, clock: ManualClock) -> None:
    await app.inbox.accept([dm("hello")])
    claim = await claimed(app)
    for _ in range(3):
        clock.move(LEASE / 2)
        assert await app.inbox.renew(claim)
        assert await app.inbox.claim("another") is None
    clock.move(LEASE)
    assert await app.inbox.claim("another")
    assert not await app.inbox.renew(claim)


async def test_one_busy_person_does_not_starve_the_others(app: App, clock: ManualClock) -> None:
    await app.inbox.accept([mention(str(n), event_id=str(n)) for n in range(3)])
    clock.move(timedelta(seconds=1))
    await app.inbox.accept([mention("b", author=BRUNO, event_id="9")])
    order = []
    while claim := await app.inbox.claim("worker"):
        order.append(claim.events[0].text)
        clock.move(timedelta(seconds=1))
        await finish(app, claim)
    assert order == ["0", "b", "1", "2"]


async def test_when_somebody_is_due_next_is_known_without_a_write(app: App, clock: ManualClock) -> None:
    assert await app.inbox.next_due() is None
    await app.inbox.accept([dm("hello")])
    assert await app.inbox.next_due() == clock()
    await claimed(app)
    assert await app.inbox.next_due() == clock() + LEASE
