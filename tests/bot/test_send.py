"""Sending to the sandbox's wire: once, whatever happens to the answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from mia_bot.send import GRACE, Sender
from mia_bot.x.client import XClient
from mia_bot.x.shapes import User
from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.events import Author
from mia_core.outbox import Channel
from mia_core.tables import OutboxRow
from tests.bot.conftest import People
from tests.bot.faults import Fault, Faults
from tests.bot.sandbox.serving import BOT, Served
from tests.core.events import dm

LOST = Fault(502, after_effect=True)


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
        for out in await self.app.outbox.claim("sender"):
            await self._sender.send(out)

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
    await desk.round(GRACE)
    assert await desk.state() == "sent"
    found = people.dms_from_mia() if channel == "dm" else people.replies_from_mia(mention)
    assert len(found) == 1


async def test_a_sender_that_died_before_it_knew_is_looked_up_by_the_next(desk: Desk, people: People) -> None:
    await desk.fix("Hi Amelie")
    (held,) = await desk.app.outbox.claim("a sender that dies")
    assert held.state == "sending"
    people.served.world  # noqa: B018 - it died before it sent
    await desk.round(timedelta(seconds=desk.app.settings.bot.lease_s))
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
    expected = datetime.fromtimestamp(reset, UTC) if told else desk.clock() + timedelta(minutes=15)
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
    await desk.app.outbox.claim("a sender that dies after it sent")
    people.reply(mention, "Hi Amelie", who=BOT)
    await desk.round(timedelta(seconds=desk.app.settings.bot.lease_s))
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
