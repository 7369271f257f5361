"""The pace of looks: quick while somebody talks, slow when quiet, and never more than X's limit allows."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mia_bot.receive.pace import until_midnight, while_talking, within_limit
from mia_core.limits import Told

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
seconds = st.floats(0, 1e6)


@given(silence=seconds, longer=seconds, quick=st.floats(1, 100), quiet=st.floats(1, 1000))
def test_the_pause_grows_with_silence_from_the_quick_to_the_quiet_one(
    silence: float, longer: float, quick: float, quiet: float
) -> None:
    assert while_talking(0, quick, quiet) == quick
    assert while_talking(1e9, quick, quiet) == max(quick, quiet)
    assert while_talking(silence, quick, quiet) <= while_talking(silence + longer, quick, quiet)


def test_dms_are_looked_for_quickly_in_a_conversation_and_slowly_after_half_an_hour() -> None:
    assert [round(while_talking(minutes * 60, 20, 180)) for minutes in (0, 1, 5, 30)] == [20, 20, 38, 180]


@given(
    size=st.integers(1, 1000),
    used=st.integers(0, 1000),
    reserve=st.integers(0, 10),
    left_s=st.integers(1, 900),
    wish_s=st.floats(0.1, 300),
)
def test_a_window_never_runs_dry_before_its_reset_and_its_reserve_is_kept(
    size: int, used: int, reserve: int, left_s: int, wish_s: float
) -> None:
    reset, now, remaining = NOW + timedelta(seconds=left_s), NOW, max(size - used, 0)
    at_first = remaining
    while True:
        pause = max(wish_s, within_limit(Told(size, remaining, reset), now, reserve))
        now += timedelta(seconds=pause)
        if now >= reset - timedelta(seconds=0.01):
            break
        remaining -= 1
        assert remaining >= min(reserve, at_first)


def test_the_first_looks_of_a_window_come_quickly_and_each_pause_is_longer_than_the_last() -> None:
    reset, now, pauses = NOW + timedelta(minutes=15), NOW, list[float]()
    for remaining in range(14, 5, -1):
        pauses.append(within_limit(Told(15, remaining, reset), now, 5))
        now += timedelta(seconds=pauses[-1])
    assert pauses[0] < 30
    assert pauses == sorted(pauses)
    assert abs(now - reset) < timedelta(seconds=1)


@given(remaining=st.integers(-5, 400), left_s=st.floats(-1e5, 1e5), reserve=st.integers(0, 400))
def test_no_limit_that_x_tells_makes_it_wait_longer_than_a_window(
    remaining: int, left_s: float, reserve: int
) -> None:
    told = Told(300, remaining, NOW + timedelta(seconds=left_s))
    assert 0 <= within_limit(told, NOW, reserve) <= 900


def test_a_limit_that_x_has_not_told_or_that_has_ended_holds_nobody_up() -> None:
    assert within_limit(None, NOW) == 0
    assert within_limit(Told(15, 0, NOW), NOW) == 0


@given(st.integers(0, 10**9))
def test_a_spent_budget_waits_for_the_next_utc_day(ms: int) -> None:
    now = NOW + timedelta(milliseconds=ms)
    pause = until_midnight(now)
    assert 0 < pause <= 86_400
    almost = timedelta(milliseconds=1)
    assert (now + timedelta(seconds=pause) - almost).date() == now.date()
    assert (now + timedelta(seconds=pause) + almost).date() == now.date() + timedelta(days=1)
