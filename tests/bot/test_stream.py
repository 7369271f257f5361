"""Streams: what X pushes arrives once and soon, however the line behaves; the polls repair the rest."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import select
from structlog.testing import capture_logs

from mia_bot.errors import XError, XRateLimited, XUnavailable
from mia_bot.receive.all import receive
from mia_bot.receive.stream import Standing, follow
from mia_bot.x.client import XClient
from mia_bot.x.shapes import User
from mia_bot.x.stream import Document, Streams, XStreamCrowded, XStreamRefused
from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.settings import Settings
from mia_core.tables import InboxRow
from tests.bot.conftest import People
from tests.bot.sandbox.serving import BOT, Served
from tests.bot.standin import answer

NEVER_S = 3_600.0
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(piece: bytes) -> bytes:
    """A piece as HTTP sends it."""
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


class Pushes:
    """A server that sends these pieces to each who connects, and then closes cleanly, or says nothing more."""

    def __init__(self, *pieces: bytes, head: bytes = HEAD, closes: bool = True) -> None:
        self.pieces, self.head, self.closes = pieces, head, closes
        self.serving: list[asyncio.Task[Any] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        await reader.readuntil(b"\r\n\r\n")
        self.serving.append(asyncio.current_task())
        writer.write(self.head)
        for piece in self.pieces:
            writer.write(chunk(piece))
            await writer.drain()
        if self.closes:
            writer.write(chunk(b"") if self.head == HEAD else b"")
        else:
            await reader.read()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def pushing(server: Pushes, silence_s: float = 5) -> AsyncIterator[Streams]:
    """The streams of that server."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    clock = ManualClock(datetime.now(UTC))
    async with listening:
        async with aiohttp.ClientSession() as session:
            yield Streams(session, f"http://{host}:{port}", SecretStr("app-token"), clock, silence_s)
        await asyncio.gather(*filter(None, server.serving), return_exceptions=True)


async def documents(streams: Streams) -> list[Document]:
    """All that one connection brings."""
    async with streams.connected("/2/tweets/search/stream", {}) as found:
        return [document async for document in found]


async def test_lines_are_read_however_they_are_cut_into_pieces() -> None:
    server = Pushes(b"\r\n", b'{"data": {"id"', b': "1"}}\r', b'\n\r\n{"data": {"id": "2"}}\r\n', b'{"data": 3}')
    async with pushing(server) as streams:
        assert await documents(streams) == [{"data": {"id": "1"}}, {"data": {"id": "2"}}, {"data": 3}]


async def test_lines_that_cannot_be_read_are_passed_over_and_told() -> None:
    server = Pushes(b"<html>\r\n[1]\r\n" + b"[" * 50_000 + b"\r\n", b'{"data": {"id": "1"}}\r\n')
    async with pushing(server) as streams:
        with capture_logs() as logs:
            assert await documents(streams) == [{"data": {"id": "1"}}]
    assert [line["event"] for line in logs] == ["stream_line_unreadable"] * 2


async def test_a_line_without_end_is_dropped_before_it_fills_the_memory() -> None:
    server = Pushes(*[b"x" * 300_000] * 5, b'y\r\n{"data": {"id": "1"}}\r\n')
    async with pushing(server) as streams:
        assert await documents(streams) == [{"data": {"id": "1"}}]


async def test_a_line_that_stalls_without_closing_is_noticed() -> None:
    async with pushing(Pushes(b"\r\n", closes=False), silence_s=0.2) as streams:
        with pytest.raises(XUnavailable, match="fell silent"):
            await documents(streams)


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (403, {}, XStreamRefused),
        (401, {}, XStreamRefused),
        (503, {}, XUnavailable),
        (429, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "9999999999"}, XRateLimited),
        (429, {"x-rate-limit-remaining": "49", "x-rate-limit-reset": "9999999999"}, XStreamCrowded),
    ],
)
async def test_what_is_no_stream_is_told_apart(status: int, headers: dict[str, str], kind: type[XError]) -> None:
    body: Any = b"<html>Over capacity</html>" if status == 503 else {"title": "No", "detail": "no"}
    async with pushing(Pushes(head=answer(status, body, headers))) as streams:
        with pytest.raises(kind):
            await documents(streams)


class Script:
    """A source whose connections do as they are told, one after the other."""

    name = "script"

    def __init__(self, *connections: Callable[[], None]) -> None:
        self.left = list(connections)
        self.taken: list[Document] = []

    async def prepare(self) -> None:
        """Nothing to see to."""

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncIterator[Document]]:
        """The next connection."""
        self.left.pop(0)()
        yield self._one()

    async def _one(self) -> AsyncIterator[Document]:
        yield {"number": len(self.left)}
        yield {"poison": True}

    async def take(self, document: Document) -> None:
        """Keep it, but break at the poisoned one."""
        if "poison" in document:
            raise RuntimeError("poison")
        self.taken.append(document)


def refuse() -> None:
    """X does not give the stream any more."""
    raise XStreamRefused("403")


def nothing() -> None:
    """It stands, and is closed cleanly after what it says."""


async def test_a_stream_that_closes_at_once_is_opened_ever_more_slowly_and_the_polls_repair(
    clock: ManualClock,
) -> None:
    pauses: list[float] = []
    repairs: list[bool] = []

    async def sleep(pause_s: float) -> None:
        pauses.append(pause_s)

    source = Script(nothing, nothing, nothing, nothing, refuse)
    standing = Standing(lambda: repairs.append(standing.now))
    with pytest.raises(XStreamRefused):
        await follow(source, standing, clock, sleep)
    assert len(source.taken) == len(repairs) == 4
    assert not standing.now
    assert all(later >= 1.4 * sooner for sooner, later in pairwise(pauses))
    assert pauses[0] >= 1


async def test_a_stream_that_stood_for_long_is_opened_again_soon(clock: ManualClock) -> None:
    pauses: list[float] = []

    async def sleep(pause_s: float) -> None:
        pauses.append(pause_s)

    def stood() -> None:
        clock.move(timedelta(minutes=2))

    source = Script(nothing, nothing, nothing, stood, refuse)
    with pytest.raises(XStreamRefused):
        await follow(source, Standing(nothing), clock, sleep)
    assert pauses[-1] < 2 < pauses[-2]


async def test_another_connection_that_still_stands_is_waited_out(clock: ManualClock) -> None:
    pauses: list[float] = []

    async def sleep(pause_s: float) -> None:
        pauses.append(pause_s)

    def crowded() -> None:
        raise XStreamCrowded("a connection still stands")

    with pytest.raises(XStreamRefused):
        await follow(Script(crowded, refuse), Standing(nothing), clock, sleep)
    assert pauses == [60.0]


@pytest.fixture
def settings(settings: Settings, x_server: Served) -> Settings:
    """The app's token, and polls that look once and then never again."""
    slow = {"mention_poll_s": NEVER_S, "stream_poll_s": NEVER_S, "dm_poll_s": NEVER_S, "dm_quiet_s": NEVER_S}
    return settings.model_copy(
        update={
            "x": settings.x.model_copy(update={"app_token": SecretStr(x_server.app_token)}),
            "bot": settings.bot.model_copy(update=slow),
        }
    )


async def stored(app: App) -> list[str]:
    """Ids of the events in the inbox."""
    async with app.database.reading() as connection:
        return list((await connection.execute(select(InboxRow.event_id))).scalars())  # type: ignore[call-overload]  # a column


@asynccontextmanager
async def receiving(app: App, x: XClient, me: User, stream: str) -> AsyncIterator[None]:
    """All receivers, once the stream stands and the polls have looked."""
    with capture_logs() as logs:
        task = asyncio.create_task(receive(app, x, me, app.inbox.accept, None))
        async with asyncio.timeout(20):
            while not any(line["event"] == "stream_stands" and line["stream"] == stream for line in logs):
                await asyncio.sleep(0.01)
            while not all([await app.cursors.get(f"x:{name}:start") for name in ("mentions", "dms")]):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)  # the look that repairs what came before the stream
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_stored(app: App, *ids: str) -> None:
    """Wait until exactly these events are in the inbox."""
    async with asyncio.timeout(20):
        while sorted(await stored(app)) != sorted(ids):
            await asyncio.sleep(0.02)


async def test_mentions_replies_and_messages_come_by_the_activity_stream(
    app: App, x: XClient, me: User, people: People
) -> None:
    async with receiving(app, x, me, "activity"):
        mention = people.post(f"hey @{BOT}, how are you?")
        message = people.dm("hello in private", who="yuki_hoshino")
        hers = people.reply(mention, "Fine, and you?", who=BOT)
        reply = people.reply(hers, "Fine as well")
        await until_stored(app, mention, message, reply)


async def test_without_activity_the_filtered_stream_brings_mentions(
    app: App, x: XClient, me: User, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise XStreamRefused("X refused (scope): your plan has no activity")

    monkeypatch.setattr(x, "subscribe", refused)
    async with receiving(app, x, me, "filtered"):
        mention = people.post(f"@{BOT} are you there?")
        people.post("nobody is named here")
        await until_stored(app, mention)


async def test_what_was_written_before_the_stream_stood_is_asked_for_at_once(
    app: App, x: XClient, me: User, people: People
) -> None:
    await app.cursors.move("x:mentions:start", "1")
    await app.cursors.move("x:dms:start", "1")
    mention, message = people.post(f"@{BOT} hello"), people.dm("hello")
    async with receiving(app, x, me, "activity"):
        await until_stored(app, mention, message)


async def test_the_rule_and_the_subscriptions_are_made_once(app: App, x: XClient, me: User) -> None:
    assert x.pushing is not None
    for _ in range(2):
        async with receiving(app, x, me, "activity"):
            pass
    assert len(await x.pushing.subscriptions(me.id, None)) == 3
    await x.pushing.see_to_rule("@old_name -is:retweet", "mia")
    await x.pushing.see_to_rule(f"@{BOT} -is:retweet", "mia")
    await x.pushing.see_to_rule(f"@{BOT} -is:retweet", "mia")
