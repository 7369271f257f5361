"""Sending to the sandbox's wire: once, whatever happens to the answer."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from mia_bot.lookup import same_words
from mia_bot.send import Sender
from mia_bot.x.client import XClient, sending_limits
from mia_bot.x.shapes import User
from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.errors import SettingsError
from mia_core.events import Author
from mia_core.limits import Told
from mia_core.outbox import CHANNELS, Channel
from mia_core.tables import LimitWindow, OutboxRow
from tests.bot.conftest import People
from tests.bot.faults import Fault, Faults
from tests.bot.sandbox.serving import BOT, Served
from tests.core.events import dm

LOST = Fault(502, after_effect=True)
GRACE = timedelta(seconds=20)


class Desk:
    """A sender with a row to send."""

    def __init__(self, app: App, x: XClient, me: User, clock: ManualClock, amelie: int) -> None:
        self.app, self.clock, self.amelie = app, clock, amelie
        self._sender = Sender(app, x, me)

    async def fix(self, *texts: str, channel: Channel = "dm", address: str | None = None) -> None:
        """Put texts into the outbox."""
        await self.app.inbox.accept([dm("hello", author=Author(person_id=self.amelie))])
        async with self.app.database.writing() as connection:
            await self.app.outbox.fix(
                connection,
                person_id=self.amelie,
                key="turn:1",
                channel=channel,
                address=address or str(self.amelie),
                texts=texts,
                turn_id=1,
            )

    async def round(self, after: timedelta = timedelta()) -> None:
        """Let time pass, and send what is due."""
        self.clock.move(after)
        for channel in CHANNELS:
            for out in await self.app.outbox.claim("sender", channel, grace=GRACE):
                await self._sender.send(out)

    async def looks(self) -> None:
        """Let X be asked as often as it takes to believe that something was not sent."""
        await self.round(GRACE)
        await self.round(GRACE)

    async def rows(self) -> list[Any]:
        """The outbox."""
        async with self.app.database.reading() as connection:
            return list(await connection.execute(select(OutboxRow).order_by(OutboxRow.id)))  # type: ignore[arg-type]  # a column

    async def state(self) -> str:
        """State of the only row."""
        (row,) = await self.rows()
        return str(row.state)


@pytest.fixture
def desk(app: App, x: XClient, me: User, clock: ManualClock, x_server: Served, people: People) -> Desk:
    """A desk; Amelie has written first, as X asks for."""
    people.dm("hello")
    return Desk(app, x, me, clock, int(x_server.person("amelie_roux").id))


async def test_a_dm_arrives_once(desk: Desk, people: People) -> None:
    await desk.fix("Hi Amelie")
    await desk.round()
    await desk.round()
    assert people.dms_from_mia() == ["Hi Amelie"]
    assert await desk.state() == "sent"


async def test_a_long_answer_becomes_a_thread_each_part_under_the_last(desk: Desk, people: People) -> None:
    mention = people.post(f"@{BOT} tell me a story")
    await desk.fix("Once upon a time", "there was a bot", channel="post", address=mention)
    await desk.round()
    await desk.round()
    first, second = people.replies_from_mia(mention)
    assert first["referenced_tweets"] == [{"type": "replied_to", "id": mention}]
    assert second["referenced_tweets"] == [{"type": "replied_to", "id": first["id"]}]


@pytest.mark.parametrize("channel", ["dm", "post"])
async def test_an_answer_lost_after_the_effect_is_found_and_not_sent_again(
    desk: Desk, people: People, faults: Faults, channel: Channel
) -> None:
    mention = people.post(f"@{BOT} hello")
    await desk.fix("Hi Amelie", channel=channel, address=mention if channel == "post" else None)
    faults.spoil("POST", LOST)
    await desk.round()
    assert await desk.state() == "unknown"
    await desk.round(GRACE)
    assert await desk.state() == "sent"
    found = people.dms_from_mia() if channel == "dm" else people.replies_from_mia(mention)
    assert len(found) == 1


@pytest.mark.parametrize("channel", ["dm", "post"])
async def test_a_failure_before_the_effect_is_looked_up_and_then_sent_once(
    desk: Desk, people: People, faults: Faults, channel: Channel
) -> None:
    mention = people.post(f"@{BOT} hello")
    await desk.fix("Hi Amelie", channel=channel, address=mention if channel == "post" else None)
    faults.spoil("POST", Fault(503))
    await desk.round()
    await desk.looks()
    assert await desk.state() == "sent"
    found = people.dms_from_mia() if channel == "dm" else people.replies_from_mia(mention)
    assert len(found) == 1


async def test_a_sender_that_died_before_it_knew_is_looked_up_by_the_next(desk: Desk, people: People) -> None:
    await desk.fix("Hi Amelie")
    (held,) = await desk.app.outbox.claim("a sender that dies", "dm")
    assert held.state == "sending"
    await desk.round(timedelta(seconds=desk.app.settings.bot.lease_s))
    await desk.looks()
    assert people.dms_from_mia() == ["Hi Amelie"]


@pytest.mark.parametrize("told", [True, False])
async def test_a_rate_limit_waits_as_told_and_counts_against_nothing(
    desk: Desk, people: People, faults: Faults, told: bool
) -> None:
    await desk.fix("Hi Amelie")
    reset = int((desk.clock() + timedelta(minutes=3)).timestamp())
    headers = {"x-rate-limit-reset": str(reset), "x-rate-limit-remaining": "0"} if told else {}
    faults.spoil("POST", Fault(429, b"{}", headers))
    await desk.round()
    (row,) = await desk.rows()
    expected = datetime.fromtimestamp(reset, UTC) if told else desk.clock() + timedelta(minutes=1)
    assert (row.state, row.due_at, row.attempts) == ("ready", expected, 0)
    await desk.round(timedelta(minutes=15))
    assert people.dms_from_mia() == ["Hi Amelie"]


async def test_a_refusal_is_dead_with_xs_reason_and_holds_up_nothing(
    desk: Desk, people: People, faults: Faults
) -> None:
    mention = people.post("nobody is named here")
    await desk.fix("Hi", "there", channel="post", address=mention)
    await desk.round()
    first, second = await desk.rows()
    assert first.state == second.state == "dead"
    assert "not_summoned" in first.reason
    assert people.replies_from_mia(mention) == []


async def test_a_duplicate_that_is_the_reply_itself_counts_as_sent(desk: Desk, people: People) -> None:
    mention = people.post(f"@{BOT} hello")
    await desk.fix("Hi Amelie", channel="post", address=mention)
    await desk.app.outbox.claim("a sender that dies after it sent", "post")
    people.reply(mention, "Hi Amelie", who=BOT)
    await desk.round(timedelta(seconds=desk.app.settings.bot.lease_s))
    await desk.round(GRACE)
    assert await desk.state() == "sent"
    assert len(people.replies_from_mia(mention)) == 1


async def test_words_that_she_posted_before_are_said_in_another_way(desk: Desk, people: People) -> None:
    earlier, mention = people.post(f"@{BOT} hello"), people.post(f"@{BOT} hello again")
    people.reply(earlier, "Thank you!", who=BOT)
    await desk.fix("Thank you!", channel="post", address=mention)
    await desk.round()
    await desk.round()
    assert await desk.state() == "sent"
    (reply,) = people.replies_from_mia(mention)
    assert "Thank you!" in reply["text"]


async def test_a_refused_token_waits_for_the_operator_and_loses_nothing(
    desk: Desk, people: People, faults: Faults
) -> None:
    await desk.fix("Hi Amelie")
    faults.spoil("POST", Fault(401, b"{}"), Fault(402, b"{}"))
    await desk.round()
    await desk.round(timedelta(minutes=5))
    assert await desk.state() == "ready"
    await desk.round(timedelta(minutes=5))
    assert people.dms_from_mia() == ["Hi Amelie"]


@pytest.mark.parametrize("channel", ["dm", "post"])
@pytest.mark.parametrize("away", [Fault(429, b"{}", {}), Fault(503), Fault(401, b"{}"), Fault(402, b"{}")])
async def test_a_look_up_that_fails_is_made_again_before_anything_is_sent_again(
    desk: Desk, people: People, faults: Faults, channel: Channel, away: Fault
) -> None:
    mention = people.post(f"@{BOT} hello")
    await desk.fix("Hi Amelie", channel=channel, address=mention if channel == "post" else None)
    faults.spoil("POST", LOST)
    await desk.round()
    faults.spoil("GET", away)
    await desk.round(GRACE)
    assert await desk.state() == "unknown"
    await desk.round(timedelta(minutes=16))
    assert await desk.state() == "sent"
    found = people.dms_from_mia() if channel == "dm" else people.replies_from_mia(mention)
    assert len(found) == 1


async def test_a_text_that_waited_long_in_the_queue_is_tried_again_soon_after_its_first_failure(
    desk: Desk, people: People, faults: Faults
) -> None:
    await desk.fix("Hello!")
    desk.clock.move(timedelta(minutes=20))
    faults.spoil("POST", Fault(503))
    await desk.round()
    assert people.dms_from_mia() == []
    await desk.looks()
    assert people.dms_from_mia() == ["Hello!"], "X was well again within a minute"


async def test_an_outage_of_x_costs_nobody_an_answer(desk: Desk, people: People, faults: Faults) -> None:
    await desk.fix("Hi Amelie")
    faults.spoil("POST", *[Fault(503)] * 3)
    faults.spoil("GET", *[Fault(503)] * 10)
    for _ in range(40):
        await desk.round(timedelta(minutes=5))
    assert people.dms_from_mia() == ["Hi Amelie"]
    assert await desk.state() == "sent"


async def test_what_x_never_takes_is_dead_in_the_end(desk: Desk, people: People, faults: Faults) -> None:
    await desk.fix("Hi Amelie")
    faults.spoil("POST", *[Fault(503)] * 100)
    for _ in range(80):
        await desk.round(timedelta(minutes=5))
    (row,) = await desk.rows()
    assert row.state == "dead"
    assert "never seen at X" in row.reason
    assert people.dms_from_mia() == []


@pytest.mark.parametrize(
    "words",
    [b"this account is temporarily locked", b"Your client app is not configured with the oauth1 app permissions"],
)
async def test_a_refusal_of_her_whole_account_waits_for_the_operator(
    desk: Desk, people: People, faults: Faults, words: bytes
) -> None:
    await desk.fix("Hi Amelie")
    faults.spoil("POST", *[Fault(403, b'{"detail": "%s"}' % words)] * 2)
    await desk.round()
    await desk.round(timedelta(minutes=5))
    assert await desk.state() == "ready"
    await desk.round(timedelta(minutes=5))
    assert people.dms_from_mia() == ["Hi Amelie"]


async def test_a_duplicate_that_x_does_not_show_yet_is_looked_up_before_it_is_reworded(
    desk: Desk, people: People, faults: Faults
) -> None:
    mention = people.post(f"@{BOT} hello")
    await desk.fix("Hi Amelie", channel="post", address=mention)
    faults.spoil("POST", LOST)
    await desk.round()
    hidden = Fault(200, b'{"meta": {"result_count": 0}}', {"content-type": "application/json"})
    faults.spoil("GET", hidden, hidden, hidden)
    await desk.looks()
    assert await desk.state() == "unknown"
    await desk.round(2 * GRACE)
    assert await desk.state() == "sent"
    assert [reply["text"] for reply in people.replies_from_mia(mention)] == ["@amelie_roux Hi Amelie"]


async def test_a_dm_that_x_leaves_out_of_one_list_is_not_sent_again(
    desk: Desk, people: People, faults: Faults
) -> None:
    await desk.fix("Hi Amelie")
    faults.spoil("POST", LOST)
    await desk.round()
    faults.spoil("GET", Fault(200, b'{"meta": {"result_count": 0}}', {"content-type": "application/json"}))
    await desk.round(GRACE)
    assert await desk.state() == "unknown"
    await desk.round(GRACE)
    assert await desk.state() == "sent"
    assert people.dms_from_mia() == ["Hi Amelie"]


async def test_the_same_words_twice_in_a_row_are_two_messages_even_if_the_second_is_unclear(
    desk: Desk, people: People, faults: Faults
) -> None:
    await desk.fix("Thank you!", "Thank you!")
    await desk.round()
    faults.spoil("POST", Fault(503))
    await desk.round()
    await desk.looks()
    assert [row.state for row in await desk.rows()] == ["sent", "sent"]
    assert people.dms_from_mia() == ["Thank you!", "Thank you!"]


async def test_an_answer_among_many_later_posts_is_found(desk: Desk, people: People, faults: Faults) -> None:
    mention = people.post(f"@{BOT} hello")
    await desk.fix("Hi Amelie", channel="post", address=mention)
    faults.spoil("POST", LOST)
    await desk.round()
    for number in range(101):
        people.post(f"thought {number}", who=BOT)
    await desk.round(GRACE)
    assert await desk.state() == "sent"
    assert len(people.replies_from_mia(mention)) == 1


async def test_while_her_account_is_locked_x_is_tried_with_one_text_and_not_with_all(
    desk: Desk, app: App, people: People, faults: Faults, clock: ManualClock
) -> None:
    await desk.fix("Hi Amelie")
    headers = {"x-rate-limit-remaining": "14", "x-rate-limit-reset": str(int(clock().timestamp()) + 900)}
    faults.spoil("POST", Fault(403, b'{"detail": "this account is temporarily locked"}', headers))
    await desk.round()
    names = sending_limits("dm")
    closed = await app.limits.reserve(names, 10)
    assert (closed.count, closed.free_at) == (0, clock() + timedelta(minutes=1))
    clock.move(timedelta(minutes=1))
    assert (await app.limits.reserve(names, 10)).count > 0


async def test_settings_that_are_missing_hold_a_text_back_and_lose_nothing(
    desk: Desk, app: App, x: XClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def without_client_id(*_: object) -> str:
        raise SettingsError("x.client_id (MIA_X__CLIENT_ID): needed to get tokens")

    await desk.fix("Hi Amelie")
    with monkeypatch.context() as patched:
        patched.setattr(x, "send_dm", without_client_id)
        await desk.round()
    (row,) = await desk.rows()
    assert (row.state, row.due_at) == ("ready", desk.clock() + timedelta(minutes=1))
    assert "x.client_id" in row.reason


async def test_one_that_x_is_slow_with_does_not_hold_up_the_others(
    app: App, x: XClient, me: User, x_server: Served, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, both = asyncio.Event(), asyncio.Event()
    names = ["amelie_roux", "yuki_hoshino"]
    ids = [int(x_server.person(name).id) for name in names]
    really, taken = x.send_dm, []

    async def slow_with_the_first(person_id: str, text: str) -> str:
        taken.append(person_id)
        if person_id == str(ids[0]):
            await released.wait()
        sent = await really(person_id, text)
        if person_id == str(ids[1]):
            both.set()
        return sent

    monkeypatch.setattr(x, "send_dm", slow_with_the_first)
    for name, person in zip(names, ids, strict=True):
        people.dm("hello", who=name)
        await app.inbox.accept([dm("hello", author=Author(person_id=person), event_id=name)])
        async with app.database.writing() as connection:
            await app.outbox.fix(
                connection,
                person_id=person,
                key="turn:1",
                channel="dm",
                address=str(person),
                texts=["Hi"],
                turn_id=1,
            )
    stop = asyncio.Event()
    running = asyncio.create_task(Sender(app, x, me).run(stop))
    async with asyncio.timeout(10):
        await both.wait()
        assert people.dms_from_mia(who=names[0]) == []
        stop.set()
        released.set()
        await running
    assert people.dms_from_mia(who=names[0]) == ["Hi"]


async def write_to(app: App, person: int, text: str) -> None:
    """Fix a DM for somebody who is known."""
    await app.inbox.accept([dm("hello", author=Author(person_id=person), event_id=str(person))])
    async with app.database.writing() as connection:
        await app.outbox.fix(
            connection, person_id=person, key="turn:1", channel="dm", address=str(person), texts=[text], turn_id=1
        )
    app.outbox.announce()


async def test_two_senders_keep_to_one_limit_together_and_tell_of_the_wait_once(
    app: App, x: XClient, me: User, clock: ManualClock, x_server: Served, people: People
) -> None:
    names = ["amelie_roux", "yuki_hoshino"]
    for name in names:
        people.dm("hello", who=name)
    (limit, _), reset = sending_limits("dm"), clock() + timedelta(minutes=3)
    await app.limits.learn({limit: Told(size=15, remaining=1, resets_at=reset)})
    stop = asyncio.Event()
    with capture_logs() as logs:
        senders = [asyncio.create_task(Sender(app, x, me).run(stop)) for _ in range(2)]
        for name in names:
            await write_to(app, int(x_server.person(name).id), "Hi")
        async with asyncio.timeout(20):
            while not any(line["event"] == "sends_paced" for line in logs):
                await asyncio.sleep(0.01)
            assert sum(len(people.dms_from_mia(who=name)) for name in names) <= 1
            clock.move(timedelta(minutes=3))
            while not all(people.dms_from_mia(who=name) for name in names):
                app.outbox.announce()
                await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*senders)
    assert [people.dms_from_mia(who=name) for name in names] == [["Hi"], ["Hi"]]
    assert len([line for line in logs if line["event"] == "sends_paced"]) <= len(senders)


async def test_what_x_told_of_its_limits_outlives_the_process(
    app: App, x: XClient, me: User, clock: ManualClock, x_server: Served, people: People
) -> None:
    people.dm("hello")
    await write_to(app, int(x_server.person("amelie_roux").id), "Hi")
    stop = asyncio.Event()
    sending = asyncio.create_task(Sender(app, x, me).run(stop))
    async with asyncio.timeout(20):
        while not people.dms_from_mia():
            await asyncio.sleep(0.02)
        stop.set()
        await sending
    async with app.database.reading() as connection:
        (row,) = (await connection.execute(select(LimitWindow.name, LimitWindow.remaining))).all()  # type: ignore[call-overload]  # columns
    assert row.name == sending_limits("dm")[0]
    assert row.remaining > 0


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("salt &amp; pepper &lt;3", "salt & pepper <3"),
        ("see https://t.co/abcdefghij for it", "see docs.mia.org/a for it"),
        (" two\nlines ", "two \n lines"),
        ("caf\u00e9", "cafe\u0301"),
    ],
)
def test_her_words_are_known_again_in_xs_spelling(theirs: str, ours: str) -> None:
    assert same_words(theirs, ours)
    assert not same_words(theirs, f"{ours} more")
