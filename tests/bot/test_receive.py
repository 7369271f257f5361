"""Receiving from the sandbox's wire: everything once, nothing lost, only what summons her."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from mia_bot.errors import XRateLimited, XRefused, XUnavailable
from mia_bot.receive.dms import Dms
from mia_bot.receive.loop import Look, keep_looking
from mia_bot.receive.mentions import Mentions
from mia_bot.x.client import XClient
from mia_bot.x.faults import UNTOLD
from mia_bot.x.shapes import PostPage, User
from mia_core.app import App
from mia_core.events import Event
from tests.bot.conftest import People
from tests.bot.faults import Fault, Faults
from tests.bot.sandbox.serving import BOT, Served


async def received(app: App) -> list[Event]:
    """All that waits, person by person."""
    events: list[Event] = []
    while claim := await app.inbox.claim("test"):
        events += claim.events
        await app.inbox.end(claim, state="done", reason="read by a test")
    return events


def with_backlog(app: App, answer: bool) -> App:
    """The same app, told what to do with what came before its first start."""
    bot = app.settings.bot.model_copy(update={"answer_backlog": answer})
    return replace(app, settings=app.settings.model_copy(update={"bot": bot}))


async def test_a_dm_becomes_one_event_however_often_it_is_seen(
    app: App, x: XClient, me: User, people: People
) -> None:
    event_id = people.dm("Hello MIA &amp; hi <3")
    receiver = Dms(app, x, me, app.inbox.accept, None)
    assert await receiver.poll() == 1
    assert await receiver.poll() == 0
    assert await Dms(app, x, me, app.inbox.accept, None).poll() == 0
    (event,) = await received(app)
    assert (event.source, event.event_id, event.author.username) == ("dm", event_id, "amelie_roux")
    assert event.address == str(event.author.person_id)
    assert event.author.name


async def test_a_burst_over_many_pages_loses_nothing(app: App, x: XClient, me: User, people: People) -> None:
    receiver = Dms(app, x, me, app.inbox.accept, None)
    await receiver.poll()
    sent = [people.dm(f"message {number}") for number in range(230)]
    assert await receiver.poll() == 230
    assert [event.event_id for event in await received(app)] == sent


async def test_what_came_before_the_first_start_is_left_alone(
    app: App, x: XClient, me: User, people: People
) -> None:
    app = with_backlog(app, answer=False)
    people.dm("from before")
    people.post(f"@{BOT} from before")
    dms, mentions = Dms(app, x, me, app.inbox.accept, None), Mentions(app, x, me, app.inbox.accept, None)
    assert (await dms.poll(), await mentions.poll()) == (0, 0)
    people.dm("from after")
    people.post(f"@{BOT} from after")
    assert (await dms.poll(), await mentions.poll()) == (1, 1)
    assert [event.text for event in await received(app)] == ["from after", "from after"]


async def test_a_restart_answers_what_came_while_she_was_away(
    app: App, x: XClient, me: User, people: People
) -> None:
    app = with_backlog(app, answer=False)
    await Mentions(app, x, me, app.inbox.accept, None).poll()
    people.post(f"@{BOT} are you there?")
    assert await Mentions(app, x, me, app.inbox.accept, None).poll() == 1


async def test_a_mention_brings_the_thread_above_it_and_what_it_quotes(
    app: App, x: XClient, me: User, people: People
) -> None:
    root = people.post("I baked bread", who="yuki_hoshino")
    middle = people.reply(root, "It looks great", who="amelie_roux")
    quoted = people.post("Flour is cheap today", who="yuki_hoshino")
    mention = people.post(
        f"@{BOT} what do you say?", reply={"in_reply_to_tweet_id": middle}, quote_tweet_id=quoted
    )
    await Mentions(app, x, me, app.inbox.accept, None).poll()
    (event,) = await received(app)
    assert event.address == mention
    assert event.conversation == root
    assert event.text.startswith("what do you say?")
    assert [(post.author, post.text, post.quoted) for post in event.thread] == [
        ("yuki_hoshino", "I baked bread", False),
        ("amelie_roux", "@yuki_hoshino It looks great", False),
        ("yuki_hoshino", "Flour is cheap today", True),
    ]


async def test_a_deleted_post_above_is_no_hindrance(
    app: App, x: XClient, me: User, people: People, x_server: Served
) -> None:
    root = people.post("soon gone", who="yuki_hoshino")
    people.reply(root, f"@{BOT} did you see that?")
    with x_server.client("yuki_hoshino") as http:
        assert http.delete(f"/2/tweets/{root}").status_code == 200
    await Mentions(app, x, me, app.inbox.accept, None).poll()
    (event,) = await received(app)
    assert event.thread == ()


async def test_a_name_that_is_only_carried_along_does_not_summon_her(
    app: App, x: XClient, me: User, people: People
) -> None:
    root = people.post(f"@{BOT} hello")
    people.reply(root, "I like her too", who="yuki_hoshino")
    await Mentions(app, x, me, app.inbox.accept, None).poll()
    assert [event.text for event in await received(app)] == ["hello"]


async def test_an_answer_to_her_own_post_is_answered(app: App, x: XClient, me: User, people: People) -> None:
    hers = people.post("Good morning, X!", who=BOT)
    people.reply(hers, "Good morning MIA")
    await Mentions(app, x, me, app.inbox.accept, None).poll()
    assert [event.text for event in await received(app)] == ["Good morning MIA"]


async def test_another_bot_gets_only_so_many_answers_in_one_thread(
    app: App, x: XClient, me: User, people: People, x_server: Served
) -> None:
    with x_server.client() as http:
        assert http.post("/sandbox/people", json={"username": "weather_bot", "name": "W"}).status_code < 300
    last = people.post(f"@{BOT} hello", who="weather_bot")
    receiver = Mentions(app, x, me, app.inbox.accept, None)
    answered = 0
    for number in range(6):
        await receiver.poll()
        answered += len(await received(app))
        hers = people.reply(last, f"answer {number}", who=BOT)
        last = people.reply(hers, f"@{BOT} and again {number}", who="weather_bot")
    assert answered == app.settings.bot.bot_turns


@pytest.mark.parametrize("receiver", [Dms, Mentions])
async def test_a_fault_at_x_moves_no_cursor_and_loses_nothing(
    app: App, x: XClient, me: User, people: People, faults: Faults, receiver: type[Dms] | type[Mentions]
) -> None:
    looking = receiver(app, x, me, app.inbox.accept, None)
    await looking.poll()
    people.dm("hello")
    people.post(f"@{BOT} hello")
    faults.spoil("GET", Fault(503), Fault(429, b"", {}))
    with pytest.raises(XUnavailable):
        await looking.poll()
    with pytest.raises(XRateLimited) as limited:
        await looking.poll()
    assert limited.value.retry_at - app.clock() == UNTOLD
    assert await looking.poll() == 1


async def test_an_answered_post_that_x_refuses_to_show_is_no_hindrance(
    app: App, x: XClient, me: User, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(_ids: object) -> PostPage:
        raise XRefused("other", "protected")

    root = people.post("top", who="yuki_hoshino")
    middle = people.reply(root, "middle", who="yuki_hoshino")
    people.reply(middle, f"@{BOT} look")
    monkeypatch.setattr(x, "posts", refuses)
    await Mentions(app, x, me, app.inbox.accept, None).poll()
    (event,) = await received(app)
    assert [post.text for post in event.thread] == ["middle"]


async def test_a_receiver_goes_on_through_any_fault(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        name = "broken"
        looks = 0

        async def poll(self) -> int:
            self.looks += 1
            raise [ValueError("of a person's words"), XUnavailable("away"), KeyError("data")][self.looks % 3]

    receiver = Broken()
    with capture_logs() as logs:
        monkeypatch.setattr("mia_bot.receive.loop.pause_after", lambda *_, **__: timedelta(seconds=0.001))
        looking = asyncio.create_task(keep_looking(app, receiver, Look(), lambda _: 0.001))
        async with asyncio.timeout(10):
            while receiver.looks < 6:
                await asyncio.sleep(0.001)
        assert not looking.done()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    assert "words" not in str(logs)
    assert {"away"} < {line["reason"] for line in logs}
