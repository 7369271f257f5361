"""The outbox on SQLite and PostgreSQL: fixed once, sent in order, honest about what is unknown."""

from datetime import timedelta

import pytest

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.errors import LeaseLost
from mia_core.outbox import Channel, Outgoing
from tests.core.events import ANA, BRUNO, dm

LEASE = timedelta(seconds=30)


async def fix(
    app: App, key: str, texts: list[str], *, person: int = ANA.person_id, channel: Channel = "dm"
) -> None:
    """Fix texts for a person who is known."""
    author = ANA if person == ANA.person_id else BRUNO
    await app.inbox.accept([dm("hello", author=author)])
    async with app.database.writing() as connection:
        await app.outbox.fix(
            connection, person_id=person, key=key, channel=channel, address="77", texts=texts, turn_id=int(key[5:])
        )


async def only(app: App, channel: Channel = "dm") -> Outgoing:
    """The one text that is due."""
    (out,) = await app.outbox.claim("sender", channel)
    return out


async def test_the_same_key_is_fixed_once(app: App) -> None:
    await fix(app, "turn:9", ["hello"])
    await fix(app, "turn:9", ["hello again"])
    out = await only(app)
    assert out.text == "hello"
    await app.outbox.sent(out, "x1")
    assert await app.outbox.claim("sender", "dm") == []


async def test_parts_of_a_thread_follow_one_another_each_under_the_last(app: App) -> None:
    await fix(app, "turn:9", ["one", "two", "three"], channel="post")
    addresses = []
    for sent_id in ("100", "101", "102"):
        out = await only(app, "post")
        addresses.append((out.text, out.address))
        await app.outbox.sent(out, sent_id)
    assert addresses == [("one", "77"), ("two", "100"), ("three", "101")]


async def test_a_persons_texts_keep_their_order_while_others_go_on(app: App, clock: ManualClock) -> None:
    await fix(app, "turn:1", ["first"])
    await fix(app, "turn:2", ["second"])
    await fix(app, "turn:3", ["other"], person=BRUNO.person_id)
    held = {out.text: out for out in await app.outbox.claim("sender", "dm")}
    assert sorted(held) == ["first", "other"]
    await app.outbox.retry(held["first"], at=clock() + timedelta(minutes=1), reason="rate limit")
    await app.outbox.sent(held["other"], "x")
    assert await app.outbox.claim("sender", "dm") == []
    clock.move(timedelta(minutes=1))
    assert (await only(app)).text == "first"


async def test_a_sender_that_died_leaves_the_text_unknown_not_ready(app: App, clock: ManualClock) -> None:
    await fix(app, "turn:9", ["hello"])
    dead = await only(app)
    assert dead.state == "sending"
    clock.move(LEASE)
    out = await only(app)
    assert out.state == "unknown"
    await app.outbox.sent(dead, "late")
    await app.outbox.unknown(out, at=clock(), reason="not found yet")
    assert (await only(app)).state == "unknown"


async def test_a_certain_failure_is_ready_again_and_counted_as_told(app: App, clock: ManualClock) -> None:
    await fix(app, "turn:9", ["hello"])
    await app.outbox.retry(await only(app), at=clock(), reason="503")
    out = await only(app)
    assert (out.state, out.attempts) == ("sending", 2)
    await app.outbox.retry(out, at=clock(), reason="429", counted=False)
    assert (await only(app)).attempts == 2


async def test_a_dead_part_takes_the_rest_of_its_thread_along_and_no_more(app: App) -> None:
    await fix(app, "turn:1", ["one", "two"], channel="post")
    await fix(app, "turn:2", ["later"], channel="post")
    await app.outbox.dead(await only(app, "post"), reason="the post is gone")
    assert [out.text for out in await app.outbox.claim("sender", "post")] == ["later"]


async def test_a_takeover_waits_until_x_can_show_what_the_dead_sender_may_have_sent(
    app: App, clock: ManualClock
) -> None:
    grace = timedelta(seconds=20)
    await fix(app, "turn:9", ["hello"])
    await only(app)
    clock.move(LEASE)
    assert await app.outbox.claim("heir", "dm", grace=grace) == []
    clock.move(grace)
    (out,) = await app.outbox.claim("heir", "dm", grace=grace)
    assert (out.state, out.looks) == ("unknown", 0)


async def test_a_text_that_is_sent_again_is_unknown_once_more_if_its_sender_dies(
    app: App, clock: ManualClock
) -> None:
    await fix(app, "turn:9", ["hello"])
    await app.outbox.unknown(await only(app), at=clock(), reason="no answer")
    out = await only(app)
    await app.outbox.resend(out)
    clock.move(LEASE)
    assert await app.outbox.claim("heir", "dm", grace=LEASE) == []
    with pytest.raises(LeaseLost):
        await app.outbox.resend(out)


async def test_a_sender_that_is_still_at_it_keeps_its_text(app: App, clock: ManualClock) -> None:
    await fix(app, "turn:9", ["hello"])
    out = await only(app)
    for _ in range(3):
        clock.move(LEASE / 2)
        assert await app.outbox.renew(out)
    clock.move(LEASE)
    await app.outbox.claim("heir", "dm")
    assert not await app.outbox.renew(out)


async def test_one_person_with_much_to_be_told_does_not_starve_the_others(app: App, clock: ManualClock) -> None:
    for number in (1, 2, 3):
        await fix(app, f"turn:{number}", [f"ana {number}"])
        clock.move(timedelta(seconds=1))
    await fix(app, "turn:4", ["bruno"], person=BRUNO.person_id)
    order = []
    for _ in range(4):
        clock.move(timedelta(seconds=1))
        (out,) = await app.outbox.claim("sender", "dm", most=1)
        order.append(out.text)
        await app.outbox.sent(out, out.text)
    assert order == ["ana 1", "bruno", "ana 2", "ana 3"]


async def test_messages_that_other_texts_became_are_known(app: App) -> None:
    await fix(app, "turn:1", ["hello"])
    await app.outbox.sent(await only(app), "x1")
    await fix(app, "turn:2", ["hello"])
    assert await app.outbox.others_sent(await only(app), ["x1", "x2"]) == {"x1"}
