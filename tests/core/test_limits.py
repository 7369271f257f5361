"""Limits that all processes share: set aside before, learnt after, kept across restarts."""

import asyncio
from datetime import timedelta

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.limits import Limits, Told

QUARTER = timedelta(minutes=15)


def another_process(app: App) -> Limits:
    """Limits as a process sees them that has just started."""
    return Limits(app.database, app.clock)


async def test_a_limit_that_nobody_told_of_holds_nobody_back(app: App) -> None:
    assert (await app.limits.reserve(["dm"], 10)).count == 10


async def test_what_is_left_is_shared_by_processes_and_outlives_them(app: App, clock: ManualClock) -> None:
    await app.limits.learn({"dm": Told(15, 5, clock() + QUARTER)})
    assert (await app.limits.reserve(["dm"], 3)).count == 3
    other = another_process(app)
    assert (await other.reserve(["dm"], 3)).count == 2
    closed = await other.reserve(["dm"], 1)
    assert (closed.count, closed.free_at) == (0, clock() + QUARTER)
    clock.move(QUARTER)
    assert (await other.reserve(["dm"], 99)).count == 15


async def test_who_dies_with_all_of_a_new_window_set_aside_holds_the_others_up_for_a_minute_at_most(
    app: App, clock: ManualClock
) -> None:
    await app.limits.learn({"dms": Told(size=15, remaining=0, resets_at=clock() + timedelta(seconds=5))})
    clock.move(timedelta(seconds=6))
    assert (await app.limits.reserve(["dms"], 15)).count == 15
    clock.move(timedelta(seconds=61))
    assert (await app.limits.reserve(["dms"], 1)).count == 1


async def test_what_was_set_aside_and_not_used_is_given_back(app: App, clock: ManualClock) -> None:
    await app.limits.learn({"dm": Told(15, 5, clock() + QUARTER)})
    await app.limits.reserve(["dm"], 5)
    await app.limits.give_back(["dm"], 2)
    assert (await app.limits.reserve(["dm"], 5)).count == 2


async def test_the_tighter_of_two_limits_counts_and_both_are_drawn_on(app: App, clock: ManualClock) -> None:
    tomorrow = clock() + timedelta(days=1)
    await app.limits.learn({"dm": Told(15, 15, clock() + QUARTER), "dm a day": Told(1440, 4, tomorrow)})
    both = ["dm", "dm a day"]
    assert (await app.limits.reserve(both, 10)).count == 4
    assert (await app.limits.reserve(both, 10)).free_at == tomorrow
    assert (await app.limits.reserve(["dm"], 99)).count == 11


async def test_an_answer_that_is_older_than_what_others_set_aside_does_not_give_it_away(
    app: App, clock: ManualClock
) -> None:
    end = clock() + QUARTER
    await app.limits.learn({"dm": Told(15, 10, end)})
    await app.limits.reserve(["dm"], 8)
    await app.limits.learn({"dm": Told(15, 9, end)})
    assert (await app.limits.reserve(["dm"], 9)).count == 2
    await app.limits.learn({"dm": Told(15, 15, end + QUARTER)})
    assert (await app.limits.reserve(["dm"], 99)).count == 15


@hypothesis_settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(wishes=st.lists(st.integers(1, 10), min_size=1, max_size=12), left=st.integers(0, 40))
async def test_however_many_ask_at_once_no_more_is_given_than_there_is(
    app: App, wishes: list[int], left: int
) -> None:
    app.clock.move(QUARTER)  # type: ignore[attr-defined]  # the tests' clock
    await app.limits.learn({"dm": Told(40, left, app.clock() + QUARTER)})
    grants = await asyncio.gather(*(another_process(app).reserve(["dm"], wanted) for wanted in wishes))
    assert sum(grant.count for grant in grants) == min(sum(wishes), left)


async def test_a_meter_counts_a_day_for_all_and_begins_anew_at_midnight(app: App, clock: ManualClock) -> None:
    assert await app.meters.today("reads") == 0
    assert await app.meters.add("reads", 3) == 3
    assert await app.meters.add("reads", 4) == 7
    assert await app.meters.today("reads") == 7
    assert await app.meters.add("other", 1) == 1
    clock.move(timedelta(hours=12))
    assert await app.meters.today("reads") == 0
