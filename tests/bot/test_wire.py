"""One request to X, whatever becomes of it: what may have been done is told from what certainly was not."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from mia_bot.errors import XError, XRateLimited, XUnavailable, XUncertain
from mia_bot.x.auth import OAuth1
from mia_bot.x.client import XClient, open_x, sending_limits
from mia_core.clock import ManualClock
from mia_core.limits import Told
from mia_core.settings import XSettings
from tests.bot.standin import CUT, Silent, Standin, answer, standin

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEYS = {
    "oauth1_consumer_key": SecretStr("ck"),
    "oauth1_consumer_secret": SecretStr("cs"),
    "oauth1_access_token": SecretStr("at"),
    "oauth1_access_secret": SecretStr("as"),
}


@asynccontextmanager
async def x_that_says(*answers: bytes | Silent) -> AsyncIterator[tuple[XClient, Standin]]:
    """X with told answers, and a client that does not wait long."""
    async with standin(*answers) as server:
        settings = XSettings(api_origin=server.origin, timeout_s=0.3)
        async with open_x(settings, OAuth1(settings.model_copy(update=KEYS)), ManualClock(NOW)) as x:
            yield x, server


@pytest.mark.parametrize("said", [CUT, Silent(), answer(200, b"<html>"), answer(201, {"data": []}), answer(504)])
async def test_a_write_without_a_clear_answer_may_have_been_done(said: bytes | Silent) -> None:
    async with x_that_says(said, said) as (x, server):
        with pytest.raises(XUncertain):
            await x.send_dm("1", "hello")
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "said",
    [
        CUT,
        Silent(),
        answer(200, b"<html>"),
        answer(200, {"errors": [{"title": "Something is wrong"}]}),
        answer(503, b"<html>Over capacity</html>"),
        answer(302, b"", {"location": "/2/elsewhere"}),
    ],
)
@pytest.mark.parametrize("ask", [lambda x: x.mentions("1"), lambda x: x.dm_events(), lambda x: x.me()])
async def test_a_read_without_a_clear_answer_is_no_empty_page(
    said: bytes | Silent, ask: Callable[[XClient], Any]
) -> None:
    async with x_that_says(said, said) as (x, _):
        with pytest.raises(XUnavailable):
            await ask(x)


async def test_posts_that_are_gone_are_left_out_of_a_look_up() -> None:
    gone = answer(200, {"errors": [{"title": "Not Found Error", "resource_id": "5"}]})
    async with x_that_says(gone) as (x, _):
        assert (await x.posts(["5"])).posts == ()


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, timedelta(minutes=1)),
        ({"x-rate-limit-reset": "soon"}, timedelta(minutes=1)),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 60)}, timedelta(minutes=1)),
        ({"x-rate-limit-reset": "100"}, timedelta(seconds=5)),
        ({"x-rate-limit-reset": "9" * 11}, timedelta(days=1)),
    ],
)
async def test_after_a_429_the_endpoint_rests_for_a_time_that_makes_sense(
    headers: dict[str, str], wait: timedelta
) -> None:
    async with x_that_says(answer(429, {"title": "Too Many Requests"}, headers)) as (x, _):
        with pytest.raises(XRateLimited) as limited:
            await x.send_dm("12", "hello")
        assert limited.value.retry_at == NOW + wait
        (dm_limit, _), (post_limit, _) = sending_limits("dm"), sending_limits("post")
        assert x.told([dm_limit, post_limit]) == {dm_limit: Told(size=1, remaining=0, resets_at=NOW + wait)}


async def test_what_is_left_of_an_endpoints_limits_is_known_from_any_answer() -> None:
    minute, day = NOW + timedelta(minutes=1), NOW + timedelta(hours=9)
    headers = {
        "x-rate-limit-limit": "100",
        "x-rate-limit-remaining": "99",
        "x-rate-limit-reset": str(int(minute.timestamp())),
        "x-user-limit-24hour-limit": "300",
        "x-user-limit-24hour-remaining": "7",
        "x-user-limit-24hour-reset": str(int(day.timestamp())),
        "x-app-limit-24hour-limit": "10000",
        "x-app-limit-24hour-remaining": "5",
        "x-app-limit-24hour-reset": str(int(day.timestamp())),
    }
    async with x_that_says(answer(201, {"data": {"id": "7"}}, headers)) as (x, _):
        assert await x.post("hello", in_reply_to="5") == "7"
        quarter, a_day = sending_limits("post")
        assert x.told([quarter, a_day]) == {quarter: Told(100, 99, minute), a_day: Told(10_000, 5, day)}


async def test_no_error_holds_what_was_to_be_said() -> None:
    async with x_that_says(answer(403, {"detail": "Forbidden"}), Silent()) as (x, _):
        for _ in range(2):
            with pytest.raises(XError) as error:
                await x.send_dm("1", "my secret")
            assert "secret" not in repr(error.value)
