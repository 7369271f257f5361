"""A bot that nobody talks to leaves its database alone, and is awake at once when somebody does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event

from mia_bot.send import Sender
from mia_bot.text.shape import shape_for
from mia_bot.worker import Workers
from mia_bot.x.client import XClient
from mia_bot.x.shapes import User
from mia_core.app import App, open_app
from mia_core.events import Event
from mia_core.settings import DatabaseSettings, Settings
from mia_core.wishes.phrases import phrasebooks
from tests.core.events import dm

REST_S = 1.5


@pytest.fixture
async def app(migrated_url: str, settings: Settings, clock: Any, embedder: Any) -> AsyncIterator[App]:
    """Everything open, on SQLite and PostgreSQL in turn."""
    own = settings.model_copy(update={"database": DatabaseSettings(url=migrated_url)})
    async with open_app(own, clock=clock, embedder=embedder) as opened:
        yield opened


@asynccontextmanager
async def running(app: App, x: XClient, me: User) -> AsyncIterator[None]:
    """Workers and sender, as a process runs them: with all read that a first turn needs."""
    app.embedder.warm_up()
    phrasebooks()
    stop = asyncio.Event()
    async with app.signals.listening():
        tasks = [
            asyncio.create_task(Workers(app, shape_for(app.settings.bot)).run(stop)),
            asyncio.create_task(Sender(app, x, me).run(stop)),
        ]
        yield
        stop.set()
        await asyncio.gather(*tasks)


class Statements:
    """What is sent to the database."""

    def __init__(self, app: App) -> None:
        self.sent: list[str] = []
        event.listen(app.database.engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "data_version" not in statement:
            self.sent.append(statement)


async def test_at_rest_nothing_is_written_and_nothing_polled(app: App, x: XClient, me: User) -> None:
    async with running(app, x, me):
        await asyncio.sleep(REST_S)
        statements = Statements(app)
        await asyncio.sleep(REST_S)
        assert statements.sent == []


async def test_who_writes_is_taken_up_at_once_by_a_process_that_rests(app: App, x: XClient, me: User) -> None:
    """Far sooner than the ten seconds after which it would look by itself."""

    async def answered(message: Event, within_s: float) -> None:
        await elsewhere.inbox.accept([message])
        async with asyncio.timeout(within_s):
            while await app.inbox.next_due() is not None:
                await asyncio.sleep(0.05)

    async with running(app, x, me), open_app(app.settings, clock=app.clock, embedder=app.embedder) as elsewhere:
        await answered(dm("hello"), 60)  # the first turn of a process reads phrases and models
        await asyncio.sleep(REST_S)
        await answered(dm("hello again", event_id="2"), 5)
