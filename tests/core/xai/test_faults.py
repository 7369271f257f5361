"""Errors of xAI: whose fault each one is, and what becomes of the calls that follow."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_core.errors import ModelHalted, ModelRejected
from mia_core.xai.faults import LONGEST, fault, retry_after
from tests.core.xai.conftest import Line
from tests.core.xai.standin import Scripted, openai_error, plain, xai_error

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEAM = "0e1f2a3b-1111-4222-8333-444455556666"
CREDITS = f"Your team {TEAM} has either used all available credits or reached its monthly spending limit."

HALTING = {
    "a wrong key as 400": (
        xai_error(400, "invalid-argument", "Incorrect API key provided: xa***7Hc. Get one at console.x.ai."),
        "MIA_XAI__API_KEY",
    ),
    "a wrong key in OpenAI's shape": (
        openai_error(401, "invalid_api_key", "Incorrect API key provided: sk-abcdef123456."),
        "MIA_XAI__API_KEY",
    ),
    "401 in plain text": (plain(401, "Unauthorized"), "MIA_XAI__API_KEY"),
    "a model that is gone": (xai_error(404, "not-found", "The model grok-3 does not exist."), "grok-3"),
    "a model that is gone as 400": (xai_error(400, "invalid-argument", "Model not found: grok-3"), "grok-3"),
    "a wrong address": (plain(404, "<html>Not found</html>"), "base_url"),
    "no credits as 403": (xai_error(403, "permission-denied", CREDITS), "out of credits"),
    "no credits as 429": (xai_error(429, "resource-exhausted", CREDITS), "out of credits"),
    "payment required": (plain(402, ""), "out of credits"),
    "no rights": (xai_error(403, "permission-denied", "This key may not do that."), "rights"),
    "a redirect": (plain(301, ""), "base_url"),
}


@pytest.mark.parametrize(("scripted", "told"), HALTING.values(), ids=list(HALTING))
async def test_what_the_operator_must_mend_halts_all_calls_until_a_later_trial(
    line: Line, scripted: Scripted, told: str
) -> None:
    line.standin.will(scripted)
    with pytest.raises(ModelHalted, match=told) as caught:
        await line.ask()
    assert [call.outcome for call in caught.value.calls] == ["halted"]
    with pytest.raises(ModelHalted, match=told) as again:
        await line.ask()
    assert again.value.calls == ()
    assert len(line.standin.seen) == 1
    line.clock.now = again.value.retry_at
    assert await line.ask() == "Luna sounds lovely!"


@pytest.mark.parametrize("scripted", [entry[0] for entry in HALTING.values()], ids=list(HALTING))
async def test_no_piece_of_a_key_and_no_team_is_told(line: Line, scripted: Scripted) -> None:
    line.standin.will(scripted)
    with pytest.raises(ModelHalted) as caught:
        await line.ask()
    assert not [secret for secret in ("7Hc", "abcdef", TEAM) if secret in str(caught.value)]


@pytest.mark.parametrize(
    "rejected",
    [
        xai_error(400, "invalid-argument", "Image could not be read"),
        xai_error(422, "invalid-argument", "input: too long"),
        plain(413, "<html>too large</html>"),
        xai_error(400, "invalid-argument", "Bad image: 'Incorrect API key provided'"),
        xai_error(400, "invalid-argument", "Bad image: 'Model not found'"),
    ],
)
async def test_an_invalid_request_fails_alone(line: Line, rejected: Scripted) -> None:
    line.standin.will(rejected)
    with pytest.raises(ModelRejected) as caught:
        await line.ask()
    assert [call.outcome for call in caught.value.calls] == ["garbled"]
    assert await line.ask() == "Luna sounds lovely!"


async def test_five_invalid_requests_in_a_row_are_the_configurations_fault(line: Line) -> None:
    line.standin.will(*[xai_error(400, "invalid-argument", "unknown argument: reasoning.effort")] * 5)
    for _ in range(5):
        with pytest.raises(ModelRejected):
            await line.ask()
    with pytest.raises(ModelHalted, match=r"check the settings under \[xai\]"):
        await line.ask()
    assert len(line.standin.seen) == 5


@given(st.integers(min_value=100, max_value=599), st.binary(max_size=300))
def test_every_error_whatever_its_body_has_a_place_in_the_tree(status: int, body: bytes) -> None:
    error = fault(status, {}, body, now=NOW)
    assert error.outcome in {"refused", "garbled", "busy", "halted"}


@given(st.text(max_size=60))
def test_a_retry_after_is_a_bounded_time_or_none(header: str) -> None:
    wait = retry_after(header, NOW)
    assert wait is None or timedelta(0) <= wait <= LONGEST


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("999999999", 3600),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 12:01:00 -0000", 60),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
    ],
)
def test_seconds_and_dates_are_read(header: str, seconds: float) -> None:
    assert retry_after(header, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "Mon, 99 Nov 2026 12:01:00 GMT"])
def test_what_is_no_time_is_no_wait(header: str | None) -> None:
    assert retry_after(header, NOW) is None
