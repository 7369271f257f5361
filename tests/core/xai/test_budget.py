"""The day's budget: what counts towards it, what happens when it is spent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from mia_core.clock import ManualClock
from mia_core.errors import ModelHalted
from mia_core.xai.budget import FRESH, Budget, next_midnight
from mia_core.xai.usage import TICKS_PER_USD
from tests.core.xai.conftest import Line

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


async def test_a_spent_budget_halts_calls_until_midnight_and_says_so(line: Line) -> None:
    line.spent = 10 * TICKS_PER_USD
    with pytest.raises(ModelHalted, match=r"budget of \$10 is spent") as caught:
        await line.ask()
    assert caught.value.retry_at == MIDNIGHT
    assert line.standin.seen == []
    line.clock.now, line.spent = MIDNIGHT, 0
    assert await line.ask() == "Luna sounds lovely!"


async def test_what_this_process_spends_counts_before_it_is_recorded(line: Line) -> None:
    line.spent = 10 * TICKS_PER_USD - 1
    await line.ask()
    with pytest.raises(ModelHalted, match="budget"):
        await line.ask()


async def test_what_is_recorded_is_not_counted_twice() -> None:
    recorded = 0

    async def spent_today() -> int:
        return recorded

    clock = ManualClock(START)
    budget = Budget(1, clock, spent_today)
    await budget.check()
    budget.add(TICKS_PER_USD * 3 // 4)
    recorded = TICKS_PER_USD * 3 // 4
    clock.move(FRESH)
    await budget.check()


async def test_records_are_read_once_in_a_while_and_not_for_each_call() -> None:
    reads = 0

    async def spent_today() -> int:
        nonlocal reads
        reads += 1
        return 0

    clock = ManualClock(START)
    budget = Budget(1, clock, spent_today)
    for _ in range(100):
        await budget.check()
    assert reads == 1
    clock.move(FRESH)
    await budget.check()
    assert reads == 2


async def test_the_end_of_a_budget_is_logged_once_a_day() -> None:
    clock = ManualClock(START)
    budget = Budget(1, clock)
    with capture_logs() as logs:
        for _ in range(2):
            budget.add(TICKS_PER_USD)
            for _ in range(3):
                with pytest.raises(ModelHalted):
                    await budget.check()
            clock.move(timedelta(days=1))
    assert [entry["event"] for entry in logs] == ["xai_budget_spent"] * 2


async def test_a_budget_of_nothing_allows_no_call() -> None:
    with pytest.raises(ModelHalted):
        await Budget(0, ManualClock(START)).check()


@given(st.datetimes(timezones=st.timezones(), max_value=datetime(9998, 12, 30)))  # noqa: DTZ001 - naive bound
def test_the_next_midnight_is_ahead_and_at_most_a_day_away(now: datetime) -> None:
    assert timedelta(0) < next_midnight(now) - now <= timedelta(days=1)
