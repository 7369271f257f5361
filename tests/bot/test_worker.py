"""Workers: what breaks in one turn is logged without anybody's words, tried again, and stops nobody."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col
from structlog.testing import capture_logs

from mia_bot.text.shape import shape_for
from mia_bot.worker import Workers
from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.events import Author, Event
from mia_core.settings import BotSettings
from mia_core.tables import InboxRow
from mia_core.turn import Shape
from tests.core.events import dm

SECRET = "my secret is the colour teal"
ANA, BRUNO = Author(person_id=11, username="ana"), Author(person_id=12, username="bruno")


def breaks_for_ana(reply: str, events: Sequence[Event]) -> list[str]:
    """A shape with a fault in it, whose words hold what somebody said."""
    if events[0].author == ANA:
        raise RuntimeError(f"cannot shape {events[0].text}")
    return shape_for(BotSettings())(reply, events)


async def run_until_idle(app: App, shape: Shape) -> None:
    """One worker, until nothing is due."""
    stop = asyncio.Event()
    worker = asyncio.create_task(Workers(app, shape).run(stop))
    async with asyncio.timeout(30):
        while await is_due(app):
            await asyncio.sleep(0.02)
    stop.set()
    await worker


async def is_due(app: App) -> bool:
    """Whether anybody waits for a worker now."""
    async with app.database.reading() as connection:
        found = await connection.exec_driver_sql("SELECT due_at FROM mailbox")
        due = [row[0] for row in found]
    now = app.clock().replace(tzinfo=None)
    return any(each <= str(now) for each in due) or await held(app)


async def held(app: App) -> bool:
    """Whether a worker holds somebody."""
    async with app.database.reading() as connection:
        found = await connection.exec_driver_sql("SELECT count(*) FROM mailbox WHERE owner IS NOT NULL")
        return bool(found.scalar_one())


async def states(app: App) -> dict[int, tuple[str, str | None]]:
    """State and reason of each person's event."""
    async with app.database.reading() as connection:
        rows = await connection.execute(select(col(InboxRow.person_id), col(InboxRow.state), col(InboxRow.reason)))
        return {row.person_id: (row.state, row.reason) for row in rows}


async def test_a_poisoned_message_is_tried_again_then_dead_and_others_are_answered(
    app: App, clock: ManualClock
) -> None:
    await app.inbox.accept([dm(SECRET, author=ANA), dm("hello", author=BRUNO, event_id="2")])
    with capture_logs() as logs:
        for _ in range(app.settings.bot.max_attempts + 1):
            await run_until_idle(app, breaks_for_ana)
            clock.move(timedelta(minutes=11))
    found = await states(app)
    assert found[BRUNO.person_id][0] == "done"
    state, reason = found[ANA.person_id]
    assert state == "dead"
    assert reason is not None
    assert "RuntimeError in breaks_for_ana" in reason
    assert SECRET not in str(logs) + reason
    failures = [line for line in logs if line["event"] == "turn_failed"]
    assert len(failures) == app.settings.bot.max_attempts
    assert [line["attempt"] for line in failures] == list(range(1, len(failures) + 1))


@pytest.mark.parametrize("texts", [["hi", "are you there?"]])
async def test_a_turn_says_in_the_log_how_it_went_and_nothing_that_was_said(app: App, texts: list[str]) -> None:
    await app.inbox.accept([dm(text, author=BRUNO, event_id=text) for text in texts])
    with capture_logs() as logs:
        await run_until_idle(app, shape_for(BotSettings()))
    (line,) = [line for line in logs if line["event"] == "turn_taken"]
    assert line["outcome"] == "answered"
    assert line["person"] == app.vault.pseudonym(BRUNO.person_id)
    assert line["person"] != str(BRUNO.person_id)
