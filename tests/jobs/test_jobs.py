"""Each job does its work, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import insert, select
from sqlmodel import col

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.memory.index import Version
from mia_core.tables import Memory, Person
from mia_core.xai.usage import CallRecord
from mia_jobs.budget_report import budget_report
from mia_jobs.re_embed import BATCH, re_embed

CALL = CallRecord(
    at=datetime(2026, 11, 22, 0, 0, tzinfo=UTC),
    model="grok-4.3",
    outcome="ok",
    input_tokens=1000,
    cached_tokens=800,
    output_tokens=50,
    reasoning_tokens=5,
    cost_ticks=20_000_000,
)


async def test_the_budget_report_adds_up_yesterday_and_no_other_day(app: App) -> None:
    calls = [
        CALL,
        replace(CALL, at=datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC), outcome="garbled"),
        replace(CALL, at=datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC)),
        replace(CALL, at=datetime(2026, 11, 23, 0, 0, tzinfo=UTC)),
    ]
    async with app.database.writing() as connection:
        await app.spending.record(connection, calls, purpose="turn")
    assert await budget_report(app) == {
        "day": "2026-11-22",
        "calls": 2,
        "failed": 1,
        "input_tokens": 2000,
        "cached_tokens": 1600,
        "output_tokens": 100,
        "reasoning_tokens": 10,
        "cost_usd": 0.004,
        "budget_usd": 10,
    }


async def test_a_day_without_calls_is_reported_as_such(app: App) -> None:
    report = await budget_report(app)
    assert (report["calls"], report["failed"], report["cost_usd"]) == (0, 0, 0)


async def test_memories_without_a_vector_of_the_current_model_get_one_and_are_found_by_meaning(
    app: App, clock: ManualClock
) -> None:
    several = BATCH + 3
    await _remember(app, clock, [f"Ana was in city number {number}." for number in range(several)], model=None)
    await _remember(app, clock, ["Ana's dog is called Luna."], model="an-older-model:3")
    assert await re_embed(app) == {"memories": several + 1, "messages": 0}
    index = await app.indexes.of(1001, Version(1, 0))
    assert np.allclose(np.linalg.norm(index.vectors, axis=1), 1, atol=1e-3)
    (question,) = await app.embedder.embed(["What is the name of her dog?"])
    assert index.memories[int(np.argmax(index.vectors @ question))].statement == "Ana's dog is called Luna."


async def test_a_second_run_finds_nothing_to_do(app: App, clock: ManualClock) -> None:
    await _remember(app, clock, ["Ana lives in Lisbon."], model=None)
    assert await re_embed(app) == {"memories": 1, "messages": 0}
    assert await re_embed(app) == {"memories": 0, "messages": 0}


async def test_other_processes_read_the_memories_anew(app: App, clock: ManualClock) -> None:
    await _remember(app, clock, ["Ana lives in Lisbon."] * (BATCH + 1), model=None)
    before = await _version(app)
    await re_embed(app)
    assert await _version(app) > before


async def _remember(app: App, clock: ManualClock, statements: list[str], model: str | None) -> None:
    """Memories of Ana (1001) as an earlier release left them."""
    async with app.database.writing() as connection:
        if not (await connection.execute(select(col(Person.id)))).first():
            await connection.execute(
                insert(Person).values(
                    id=1001, username="ana", name="Ana", is_bot=False, created_at=clock(), last_seen_at=clock()
                )
            )
        rows = [
            {
                "person_id": 1001,
                "id": app.ids(),
                "kind": "fact",
                "statement": statement,
                "said_by": "person",
                "confidence": 1.0,
                "importance": 0.5,
                "visibility": "private",
                "source": "dm",
                "learnt_at": clock() - timedelta(days=1),
                "embedding": None if model is None else b"\0" * 12,
                "embedding_model": model,
            }
            for statement in statements
        ]
        await connection.execute(insert(Memory), rows)


async def _version(app: App) -> int:
    async with app.database.reading() as connection:
        return int((await connection.execute(select(col(Person.memory_version)))).scalar_one())
