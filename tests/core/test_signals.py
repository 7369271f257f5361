"""Signals: who waits hears of what is due, from this process at once and from another one soon."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from mia_core.app import App
from mia_core.database import open_database
from mia_core.signals import Signals
from tests.core.events import dm

LONG_S = 30.0


@pytest.fixture
async def elsewhere(app: App) -> AsyncIterator[Signals]:
    """Another process's signals, over its own connections to the same database."""
    async with open_database(app.settings.database) as database:
        signals = Signals(database)
        async with signals.listening():
            await signals.wait("inbox", since=0, timeout_s=LONG_S)  # it looks once when it begins to listen
            yield signals


async def waited_s(signals: Signals, since: int) -> float:
    """How long a wait takes that would be long without a signal."""
    began = time.monotonic()
    await signals.wait("inbox", since=since, timeout_s=LONG_S)
    return time.monotonic() - began


async def test_what_was_announced_between_a_look_and_a_wait_is_not_missed(app: App) -> None:
    heard = app.signals.count("inbox")
    app.signals.announce("inbox")
    assert await waited_s(app.signals, heard) < LONG_S / 2


async def test_everybody_who_waits_is_woken(app: App) -> None:
    heard = app.signals.count("inbox")
    waiting = [asyncio.create_task(waited_s(app.signals, heard)) for _ in range(3)]
    await asyncio.sleep(0)
    app.signals.announce("inbox")
    assert all(waited < LONG_S / 2 for waited in await asyncio.gather(*waiting))


async def test_an_arrival_wakes_the_other_processes(app: App, elsewhere: Signals) -> None:
    heard = elsewhere.count("inbox")
    await app.inbox.accept([dm("hello")])
    assert await waited_s(elsewhere, heard) < LONG_S / 2


async def test_a_wait_without_a_signal_ends_by_itself(app: App) -> None:
    await app.signals.wait("outbox", since=app.signals.count("outbox"), timeout_s=0.01)
