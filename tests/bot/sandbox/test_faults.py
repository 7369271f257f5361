"""Faults on purpose, as a client sees each of them over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_bot.sandbox.config import SandboxConfig
from mia_bot.sandbox.faults.dice import Dice
from mia_bot.sandbox.faults.pages import spoiled_page
from mia_bot.sandbox.faults.plan import KINDS, MODEST, FaultPlan
from mia_bot.sandbox.faults.streams import spoiled
from mia_bot.sandbox.records import AccessToken, Grant
from mia_bot.sandbox.world import fresh_secret
from mia_core.clock import ManualClock, system_clock
from tests.bot.sandbox.desk import START
from tests.bot.sandbox.serving import BOT, Served, sandbox_server
from tests.forking import mia

Lines = AsyncIterator[bytes]


@pytest.fixture
def server() -> Iterator[Served]:
    """A sandbox without faults, until a test sets some."""
    with sandbox_server() as served:
        yield served


def plan(server: Served, **wanted: Any) -> None:
    """Set faults."""
    answer = httpx.put(f"{server.origin}/sandbox/faults", json=wanted)
    assert answer.status_code == 200, answer.text


def struck(server: Served) -> dict[str, int]:
    """How often each kind has struck."""
    counts: dict[str, int] = httpx.get(f"{server.origin}/sandbox/faults").json()["struck"]
    return counts


def post(server: Served, text: str) -> httpx.Response:
    """Somebody posts."""
    with server.client() as http:
        return http.post("/2/tweets", json={"text": text})


def posts(server: Served) -> list[str]:
    """What somebody has posted."""
    return [each.text for each in server.world.posts.values() if each.author_id == server.person().id]


def test_without_a_plan_nothing_happens_and_a_plan_is_shown_and_taken_back(server: Served) -> None:
    assert post(server, "one").status_code == 201
    plan(server, shares={"server_error": 1}, seed=3)
    shown = httpx.get(f"{server.origin}/sandbox/faults").json()
    assert (shown["shares"], shown["seed"], shown["struck"]) == ({"server_error": 1.0}, 3, {})
    assert post(server, "two").status_code == 503
    assert httpx.get(f"{server.origin}/").status_code != 503
    plan(server)
    assert post(server, "three").status_code == 201


@pytest.mark.parametrize(
    ("body", "place"),
    [({"shares": {"rain": 0.5}}, "rain"), ({"shares": {"slow": 2}}, "shares.slow"), ({"share": 1}, "share")],
)
def test_a_plan_that_is_none_is_refused_in_one_sentence(server: Served, body: dict[str, Any], place: str) -> None:
    answer = httpx.put(f"{server.origin}/sandbox/faults", json=body)
    assert answer.status_code == 400
    assert place in answer.json()["error"]


def test_all_stands_for_a_modest_share_of_every_kind(server: Served) -> None:
    plan(server, shares="all")
    assert httpx.get(f"{server.origin}/sandbox/faults").json()["shares"] == MODEST
    assert set(MODEST) == set(KINDS)


@pytest.mark.parametrize(("kind", "told"), [("rate_limited", True), ("rate_limited_bare", False)])
def test_a_limit_that_is_used_up_comes_with_or_without_its_end(server: Served, kind: str, told: bool) -> None:
    plan(server, shares={kind: 1}, reset_s=60)
    answer = post(server, "hello")
    assert answer.status_code == 429
    assert ("x-rate-limit-reset" in answer.headers) is told
    assert posts(server) == []
    assert struck(server) == {kind: 1}


@pytest.mark.parametrize(
    ("kind", "happens"),
    [("server_error", False), ("server_error_after", True)],
)
def test_a_server_error_is_html_before_or_after_the_effect(server: Served, kind: str, happens: bool) -> None:
    plan(server, shares={kind: 1})
    answer = post(server, "hello")
    assert answer.status_code >= 500
    assert "html" in answer.headers["content-type"]
    assert posts(server) == (["hello"] if happens else [])


@pytest.mark.parametrize(("kind", "happens"), [("cut_before", False), ("cut_after", True)])
def test_a_connection_is_cut_without_a_byte_before_or_after_the_effect(
    server: Served, kind: str, happens: bool
) -> None:
    plan(server, shares={kind: 1})
    with pytest.raises(httpx.TransportError):
        post(server, "hello")
    assert posts(server) == (["hello"] if happens else [])


def test_a_slow_answer_takes_as_long_as_it_is_told(server: Served) -> None:
    plan(server, shares={"slow": 1}, slow_s=0.5)
    answer = post(server, "hello")
    assert answer.status_code == 201
    assert answer.elapsed >= timedelta(seconds=0.5)


def test_a_token_expires_in_the_middle_and_stays_so_but_its_grant_lives_on(server: Served) -> None:
    world, token = server.world, fresh_secret()
    scopes = frozenset({"users.read", "tweet.read"})
    person_id = server.person().id
    grant = Grant(id=7, client_id="mia-sandbox", person_id=person_id, scopes=scopes, refresh_token=fresh_secret())
    world.put_grant(grant)
    world.put_access_token(AccessToken(token=token, grant_id=7, expires_at=world.now + timedelta(hours=2)))
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    asked = [httpx.get(f"{server.origin}/2/users/me", headers=headers).status_code]
    plan(server, shares={"token_expires": 1})
    asked.append(httpx.get(f"{server.origin}/2/users/me", headers=headers).status_code)
    plan(server)
    asked.append(httpx.get(f"{server.origin}/2/users/me", headers=headers).status_code)
    assert asked == [200, 401, 401]
    assert 7 in world.grants


def test_a_page_leaves_something_out_until_the_time_is_over_and_the_same_in_every_page(server: Served) -> None:
    made = [post(server, f"@{BOT} number {number}").json()["data"]["id"] for number in range(30)]
    plan(server, shares={"page_omits": 0.5}, hide_s=1)

    def page() -> list[str]:
        with server.client(BOT) as http:
            found = http.get(f"/2/users/{server.person(BOT).id}/mentions", params={"max_results": 100}).json()
        assert found["meta"]["result_count"] == len(found.get("data", []))
        return [each["id"] for each in found.get("data", [])]

    first = page()
    assert 0 < len(first) < len(made)
    assert page() == first
    deadline = datetime.now().astimezone() + timedelta(seconds=20)
    while sorted(page()) != sorted(made):
        assert datetime.now().astimezone() < deadline


def test_clocks_are_off_in_moments_and_limits_alike(server: Served) -> None:
    made = post(server, f"@{BOT} hello").json()["data"]["id"]
    route, params = f"/2/tweets/{made}", {"tweet.fields": "created_at"}
    with server.client() as http:
        right = http.get(route, params=params)
        plan(server, shares={"clock_skew": 1}, skew_s=3600)
        wrong = http.get(route, params=params)
    moments = [datetime.fromisoformat(each.json()["data"]["created_at"]) for each in (right, wrong)]
    assert moments[1] - moments[0] == timedelta(hours=1)
    ends = [int(each.headers["x-rate-limit-reset"]) for each in (right, wrong)]
    assert 3590 < ends[1] - ends[0] < 3610


pages = st.sets(st.integers(0, 50)).map(
    lambda ids: {"data": [{"id": str(each)} for each in sorted(ids)], "meta": {"next_token": "t"}}
)


@given(pages, st.integers(0, 100), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_spoiled_page_invents_nothing_and_the_rest_comes_in_time(
    page: Any, seed: int, omits: float, repeats: float, disorders: float
) -> None:
    clock = ManualClock(START)
    shares: Any = {"page_omits": omits, "page_repeats": repeats, "page_disorders": disorders}
    dice = Dice(clock, FaultPlan(shares=shares, seed=seed, hide_s=5))
    spoiled_page(page, dice)
    spoilt = spoiled_page(page, dice)
    shown = [item["id"] for item in spoilt.get("data", [])]
    there = [item["id"] for item in page["data"]]
    assert set(shown) <= set(there)
    assert len(shown) <= len(set(shown)) + 1
    assert spoilt["meta"] == {"next_token": "t", "result_count": len(shown)}
    clock.move(timedelta(seconds=5))
    assert {item["id"] for item in spoiled_page(page, dice).get("data", [])} == set(there)


async def said(*lines: bytes) -> Lines:
    """A stream's lines."""
    for line in lines:
        yield line


@pytest.mark.parametrize(
    ("kind", "heard"),
    [
        ("stream_repeats", [b"\r\n", b"1", b"1", b"2", b"2", b"3", b"3"]),
        ("stream_disorders", [b"\r\n", b"2", b"1"]),
        ("stream_drops", [b"\r\n"]),
        ("stream_closes", [b"\r\n"]),
        ("stream_silent", [b"\r\n"]),
    ],
)
async def test_what_faults_make_of_a_stream(kind: Any, heard: list[bytes]) -> None:
    dice = Dice(system_clock, FaultPlan(shares={kind: 1}))
    assert [line async for line in spoiled(said(b"\r\n", b"1", b"2", b"3"), dice)] == heard


async def test_a_stream_that_falls_silent_neither_sends_nor_closes(server: Served) -> None:
    rule = {"add": [{"value": f"@{BOT}"}]}
    with server.client(None) as http:
        http.post("/2/tweets/search/stream/rules", json=rule)
    plan(server, shares={"stream_silent": 1})
    headers = {"Authorization": f"Bearer {server.app_token}"}
    async with (
        httpx.AsyncClient(base_url=server.origin, headers=headers) as listener,
        listener.stream("GET", "/2/tweets/search/stream", timeout=30) as stream,
    ):
        pieces = stream.aiter_bytes()
        assert await anext(pieces) == b"\r\n"
        await asyncio.to_thread(post, server, f"@{BOT} hello")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await anext(pieces)


def test_the_same_seed_strikes_the_same() -> None:
    def strikes(seed: int) -> list[str | None]:
        dice = Dice(system_clock, FaultPlan(shares={"slow": 0.3, "cut_before": 0.3}, seed=seed))
        return [dice.pick(["slow", "cut_before"]) for _ in range(50)]

    assert strikes(1) == strikes(1) != strikes(2)


def test_a_sandbox_may_have_faults_from_the_start() -> None:
    with sandbox_server(SandboxConfig(faults=FaultPlan(shares={"server_error": 1}))) as server:
        assert post(server, "hello").status_code == 503


def test_a_file_that_is_no_plan_is_named(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps({"shares": {"rain": 1}}))
    refused = mia("sandbox", "--port", "0", "--faults", str(file), folder=tmp_path)
    assert refused.returncode == 2
    assert "--faults" in refused.stderr
    assert "rain" in refused.stderr
