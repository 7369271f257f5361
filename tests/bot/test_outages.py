"""Outages in the middle of the work: nothing that was accepted is lost, nobody is answered twice, it goes on."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col
from structlog.testing import capture_logs

from mia_bot.send import Sender
from mia_bot.text.shape import shape_for
from mia_bot.tokens import open_auth
from mia_bot.worker import Workers
from mia_bot.x.client import open_x
from mia_core.app import App, open_app
from mia_core.clock import ManualClock
from mia_core.events import Author, Event
from mia_core.memory.embed import UseEmbedder
from mia_core.settings import BotSettings, DatabaseSettings, Settings, VaultSettings, XaiSettings, XSettings
from mia_core.tables import InboxRow, OutboxRow
from tests.bot.conftest import People
from tests.bot.outages import MortalPostgres, SmallDisk, locked, mortal_postgres, without_room
from tests.bot.sandbox.serving import BOT, Served
from tests.conftest import migrate
from tests.core.events import mention
from tests.core.xai.standin import ANSWER, StandinXai, answering

_PATIENCE_S = 60.0
_LEASE_S = 8
_LONGER_THAN_LEASES = timedelta(seconds=_LEASE_S + 0.5)
_WORDS = "a secret about teal"
_CAUSES = {"inbox_failed", "outbox_failed", "turn_failed", "send_not_settled", "postpone_failed"}
"""Log lines of work that an outage stopped."""


async def until(found: Callable[[], Any], what: str) -> None:
    """Wait for a condition, at most a minute."""
    async with asyncio.timeout(_PATIENCE_S):
        while not found():
            await asyncio.sleep(0.05)


@dataclass
class Town:
    """People who mention her, each in a thread of their own, and what they got."""

    served: Served
    told: list[Event] = field(default_factory=list)

    def mentions(self, count: int) -> list[Event]:
        """New mentions, posted by one person after the other."""
        names = [name for name in self.served.world.people_by_username if name != BOT]
        return [self._mention(names[number % len(names)]) for number in range(count)]

    def _mention(self, name: str) -> Event:
        post = People(self.served).post(f"@{BOT} {_WORDS} {len(self.told)}", who=name)
        person = self.served.person(name)
        author = Author(person_id=person.id, username=name)
        self.told.append(mention(_WORDS * 500, event_id=post, author=author, at=datetime.now(UTC)))
        return self.told[-1]

    def answers(self) -> list[int]:
        """How many answers each mention has."""
        people = People(self.served)
        return [len(people.replies_from_mia(event.event_id)) for event in self.told]

    def count(self) -> int:
        """How many posts are hers."""
        bot = self.served.person(BOT).id
        return sum(post.author_id == bot for post in list(self.served.world.posts.values()))


@pytest.fixture
def town(x_server: Served) -> Town:
    """People on X."""
    return Town(x_server)


@pytest.fixture
def model(model: StandinXai) -> StandinXai:
    """A model that says and remembers something else each time."""
    for number in range(400):
        memory = {**ANSWER["memories"][0], "statement": f"The person has had thought {number}."}
        model.will(answering(reply=f"thought {number}", memories=[memory]))
    return model


def settings_for(url: str, served: Served, model: StandinXai, folder: Path) -> Settings:
    """A bot that notices soon."""
    return Settings(
        database=DatabaseSettings(url=url),
        x=XSettings(api_origin=served.origin, access_token=SecretStr(served.token(BOT)), timeout_s=5),
        xai=XaiSettings(base_url=model.base_url, attempts=1),
        bot=BotSettings(lease_s=_LEASE_S, grace_s=1, workers=4),
        vault=VaultSettings(key_file=folder / "mia.key"),
    )


@asynccontextmanager
async def bot(settings: Settings, embedder: UseEmbedder) -> AsyncIterator[App]:
    """Workers and sender of one process, at work for as long as the block lasts."""
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(open_app(settings, embedder=embedder))
        x = await stack.enter_async_context(open_x(app.settings.x, await open_auth(app), app.clock))
        sender = Sender(app, x, await x.me())
        await stack.enter_async_context(app.signals.listening())
        async with asyncio.TaskGroup() as parts:
            parts.create_task(Workers(app, shape_for(app.settings.bot)).run(stop))
            parts.create_task(sender.run(stop))
            yield app
            stop.set()


async def unsettled(app: App) -> int:
    """Events and texts that wait."""
    async with app.database.reading() as connection:
        events = await connection.execute(select(col(InboxRow.id)).where(col(InboxRow.state) != "done"))
        texts = await connection.execute(select(col(OutboxRow.id)).where(col(OutboxRow.state) != "sent"))
        return len(events.all()) + len(texts.all())


async def survives(
    town: Town, app: App, outage: AbstractAsyncContextManager[None], logs: list[Any], advice: str
) -> None:
    """Most of the town has told her something when the outage comes, and somebody tries during it."""
    await app.inbox.accept(await asyncio.to_thread(town.mentions, 24))
    await until(lambda: town.count() >= 3, "some are answered")
    async with outage:
        begun = app.clock()
        late = await asyncio.to_thread(town.mentions, 3)
        with pytest.raises(SQLAlchemyError):
            await app.inbox.accept(late)
        await until(lambda: _CAUSES & {line["event"] for line in logs}, "somebody notices")
        await until(lambda: app.clock() > begun + _LONGER_THAN_LEASES, "leases lapse")
    await goes_on(town, app, late)
    failures = [line for line in logs if line["event"] in _CAUSES]
    assert {line["reason"] for line in failures if advice not in line["reason"]} == set()
    assert _WORDS not in str(logs)


async def goes_on(town: Town, app: App, late: Sequence[Event]) -> None:
    """What comes after an outage: everything is settled, and everybody has one answer."""
    async with asyncio.timeout(_PATIENCE_S):
        while not await accepted(app, late) or await unsettled(app):
            await asyncio.sleep(0.1)
    assert town.answers() == [1] * len(town.told)


async def accepted(app: App, events: Sequence[Event]) -> bool:
    """Whether they stand in the inbox by now."""
    try:
        await app.inbox.accept(events)
    except SQLAlchemyError:
        return False
    return True


class TestPostgres:
    """Outages of the server, with two processes' workers and senders at work."""

    @pytest.fixture
    async def server(self) -> AsyncIterator[MortalPostgres]:
        """A server of this test's own."""
        with mortal_postgres() as server:
            await migrate(server.url)
            yield server

    @pytest.fixture
    async def running(
        self,
        server: MortalPostgres,
        x_server: Served,
        model: StandinXai,
        embedder: UseEmbedder,
        tmp_path: Path,
    ) -> AsyncIterator[App]:
        """One of the two."""
        settings = settings_for(server.url, x_server, model, tmp_path)
        async with bot(settings, embedder) as app, bot(settings, embedder):
            yield app

    async def test_one_that_is_killed_and_started_again_costs_nobody_an_answer(
        self, running: App, town: Town, server: MortalPostgres
    ) -> None:
        with capture_logs() as logs:
            await survives(town, running, server.away(), logs, "PostgreSQL is")

    async def test_one_that_takes_no_writes_for_a_while_costs_nobody_an_answer(
        self, running: App, town: Town, server: MortalPostgres
    ) -> None:
        with capture_logs() as logs:
            await survives(town, running, server.read_only(), logs, "lead to the primary")

    async def test_one_that_is_silent_for_longer_than_leases_costs_nobody_an_answer(
        self, running: App, town: Town, server: MortalPostgres
    ) -> None:
        await running.inbox.accept(await asyncio.to_thread(town.mentions, 24))
        await until(lambda: town.count() >= 3, "some are answered")
        async with server.frozen():
            begun = running.clock()
            late = await asyncio.to_thread(town.mentions, 3)
            accepting = asyncio.create_task(running.inbox.accept(late))
            await until(lambda: running.clock() > begun + _LONGER_THAN_LEASES, "leases lapse")
            assert not accepting.done()
        assert await accepting == len(late)
        await goes_on(town, running, late)


class TestSqlite:
    """Outages of the embedded database."""

    @pytest.fixture
    def file(self, migrated_sqlite: Path, tmp_path: Path) -> Path:
        """A migrated database."""
        return Path(shutil.copy(migrated_sqlite, tmp_path / "mia.sqlite3"))

    @pytest.fixture
    async def running(
        self,
        file: Path,
        x_server: Served,
        model: StandinXai,
        embedder: UseEmbedder,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> AsyncIterator[App]:
        """The bot at work, which waits for a lock a tenth of a second instead of half a minute."""
        monkeypatch.setattr("mia_core.database._BUSY_TIMEOUT_MS", 100)
        async with bot(settings_for(f"sqlite:///{file}", x_server, model, tmp_path), embedder) as app:
            yield app

    async def test_a_file_that_another_program_has_locked_costs_nobody_an_answer(
        self, running: App, town: Town, file: Path
    ) -> None:
        with capture_logs() as logs:
            await survives(town, running, locked(file), logs, "lock: end its transaction")

    async def test_a_full_disk_costs_nobody_an_answer(self, running: App, town: Town) -> None:
        disk = SmallDisk(running.database.engine)
        with capture_logs() as logs:
            await survives(town, running, disk.full(), logs, "disk is full: free space")

    async def test_a_system_that_takes_no_more_bytes_costs_nobody_an_answer(
        self, running: App, town: Town
    ) -> None:
        with capture_logs() as logs:
            await survives(town, running, without_room(), logs, "look at disk, quota and system log")


async def test_a_disk_that_is_full_for_hours_costs_nobody_an_answer(
    app: App, clock: ManualClock, model: StandinXai
) -> None:
    disk = SmallDisk(app.database.engine)
    await app.inbox.accept([mention(_WORDS * 500, event_id=str(number)) for number in range(8)])
    with capture_logs() as logs:
        async with disk.full():
            for _ in range(30):
                clock.move(timedelta(minutes=11))
                await work_for_now(app)
        assert "turn_failed" in {line["event"] for line in logs}
        for _ in range(30):
            clock.move(timedelta(minutes=11))
            await work_for_now(app)
    async with app.database.reading() as connection:
        states = (await connection.execute(select(col(InboxRow.state)))).scalars().all()
    assert set(states) == {"done"}


async def work_for_now(app: App) -> None:
    """Take turns until nobody is due."""
    stop = asyncio.Event()
    async with asyncio.timeout(_PATIENCE_S), asyncio.TaskGroup() as parts:
        parts.create_task(Workers(app, shape_for(app.settings.bot)).run(stop))
        while (due := await app.inbox.next_due()) and due <= app.clock():
            await asyncio.sleep(0.01)
        stop.set()
