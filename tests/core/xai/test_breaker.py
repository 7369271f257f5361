"""The circuit: when it opens, whom it lets try, what closes it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from mia_core.clock import ManualClock
from mia_core.errors import ModelBusy, ModelError, ModelGarbled, ModelHalted, ModelRejected
from mia_core.xai.breaker import FAILURES, PAUSE, Breaker

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def busy(clock: ManualClock) -> ModelBusy:
    return ModelBusy("503", clock() + timedelta(seconds=1))


def fail(breaker: Breaker, error: ModelError) -> None:
    with pytest.raises(type(error)), breaker.guard():
        raise error


def succeed(breaker: Breaker) -> None:
    with breaker.guard():
        pass


def open_by_overload(breaker: Breaker, clock: ManualClock) -> None:
    for _ in range(FAILURES):
        fail(breaker, busy(clock))


def test_overload_opens_it_only_after_several_failures_in_a_row(clock: ManualClock) -> None:
    breaker = Breaker(clock)
    for _ in range(FAILURES - 1):
        fail(breaker, busy(clock))
    succeed(breaker)
    for _ in range(FAILURES):
        fail(breaker, busy(clock))
    with pytest.raises(ModelBusy, match="503") as caught:
        succeed(breaker)
    assert caught.value.retry_at == START + PAUSE


def test_a_halt_opens_it_at_once_until_its_own_time(clock: ManualClock) -> None:
    breaker = Breaker(clock)
    until = START + timedelta(minutes=5)
    fail(breaker, ModelHalted("wrong key", until))
    clock.move(timedelta(minutes=4, seconds=59))
    with pytest.raises(ModelHalted, match="wrong key") as caught:
        succeed(breaker)
    assert caught.value.retry_at == until
    clock.move(timedelta(seconds=1))
    succeed(breaker)
    succeed(breaker)


def test_when_the_pause_is_over_one_tries_and_the_others_wait(clock: ManualClock) -> None:
    breaker = Breaker(clock)
    open_by_overload(breaker, clock)
    clock.move(PAUSE)
    with breaker.guard(), pytest.raises(ModelBusy):
        succeed(breaker)
    succeed(breaker)


def test_a_trial_that_fails_opens_it_again_at_once(clock: ManualClock) -> None:
    breaker = Breaker(clock)
    open_by_overload(breaker, clock)
    clock.move(PAUSE)
    fail(breaker, busy(clock))
    with pytest.raises(ModelBusy) as caught:
        succeed(breaker)
    assert caught.value.retry_at == clock() + PAUSE


def test_a_cancelled_trial_leaves_the_next_one_to_another(clock: ManualClock) -> None:
    breaker = Breaker(clock)
    open_by_overload(breaker, clock)
    clock.move(PAUSE)
    with pytest.raises(asyncio.CancelledError), breaker.guard():
        raise asyncio.CancelledError
    succeed(breaker)


def test_a_garbled_answer_is_an_answer(clock: ManualClock) -> None:
    breaker = Breaker(clock)
    for _ in range(3):
        for _ in range(FAILURES - 1):
            fail(breaker, busy(clock))
        fail(breaker, ModelGarbled("no JSON"))
    succeed(breaker)


def test_overload_and_rejections_are_counted_apart(clock: ManualClock) -> None:
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        fail(breaker, busy(clock))
        fail(breaker, ModelRejected("400"))
    succeed(breaker)


def test_its_opening_is_logged_once_however_many_fail_at_that_moment(clock: ManualClock) -> None:
    breaker = Breaker(clock)
    halt = ModelHalted("wrong key", START + timedelta(minutes=5))
    with capture_logs() as logs:
        with pytest.raises(ModelHalted), breaker.guard():  # noqa: PT012 - two calls in flight
            with pytest.raises(ModelHalted), breaker.guard():
                raise halt
            raise halt
        clock.move(timedelta(minutes=5))
        succeed(breaker)
    assert [entry["event"] for entry in logs] == ["xai_circuit_opened", "xai_circuit_closed"]
