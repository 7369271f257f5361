"""Tokens, scopes and limits: who gets in, and how often."""

from datetime import timedelta

import httpx
import pytest
from oauthlib.oauth1 import Client as OAuth1Client

from mia_bot.sandbox.app import SandboxConfig
from mia_bot.sandbox.limits import Limit, Limiter
from mia_bot.x.auth import Method
from tests.bot.sandbox.desk import ORIGIN, START, Desk, open_desk


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic eDp5"}])
async def test_without_a_known_token_everything_is_401(desk: Desk, header: dict[str, str]) -> None:
    for path in ("/2/users/me", "/2/dm_events", "/2/tweets/search/stream"):
        answer = await desk.http.get(path, headers=header)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"] == "Unauthorized"


async def test_the_app_alone_reads_posts_but_has_no_messages(desk: Desk) -> None:
    post = await desk.post("amelie_roux", "public")
    assert (await desk.call("GET", f"/2/tweets/{post['id']}", None)).status_code == 200
    refused = await desk.call("GET", "/2/dm_events", None)
    assert refused.status_code == 403
    assert refused.json()["title"] == "Unsupported Authentication"
    assert (await desk.call("GET", "/2/tweets/search/stream", "amelie_roux")).status_code == 403


def _signed(desk: Desk, method: Method, url: str, secret: str | None = None) -> dict[str, str]:
    person, app = desk.person("amelie_roux"), desk.world.app
    client = OAuth1Client(
        app.consumer_key.get_secret_value(),
        app.consumer_secret.get_secret_value(),
        person.oauth1_token.get_secret_value(),
        secret or person.oauth1_secret.get_secret_value(),
    )
    headers: dict[str, str] = client.sign(url, http_method=method)[1]
    return headers


@pytest.mark.parametrize("origin", [ORIGIN, "https://api.twitter.com", "https://api.x.com"])
async def test_an_oauth1_signature_lets_its_person_in(desk: Desk, origin: str) -> None:
    path = "/2/users/me?user.fields=description%2Cname"
    answer = await desk.http.get(path, headers=_signed(desk, "GET", origin + path))
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["username"] == "amelie_roux"


async def test_an_oauth1_signature_that_does_not_hold_is_401(desk: Desk) -> None:
    wrong_secret = _signed(desk, "GET", f"{ORIGIN}/2/users/me", "wrong")
    other_path = _signed(desk, "GET", f"{ORIGIN}/2/dm_events")
    for headers in (wrong_secret, other_path):
        assert (await desk.http.get("/2/users/me", headers=headers)).status_code == 401


async def test_every_answer_tells_how_many_requests_are_left(desk: Desk) -> None:
    answers = [
        await desk.call("GET", "/2/users/me", "amelie_roux"),
        await desk.call("GET", "/2/tweets/search/recent", "amelie_roux", params={"query": "near:x"}),
        await desk.http.get("/2/users/me"),
    ]
    for answer in answers:
        assert int(answer.headers["x-rate-limit-remaining"]) < int(answer.headers["x-rate-limit-limit"])
        assert int(answer.headers["x-rate-limit-reset"]) > desk.clock.now.timestamp()


async def test_past_a_real_limit_it_is_429_until_the_window_is_over() -> None:
    async with open_desk(SandboxConfig(real_limits=True)) as desk:
        for number in range(15):
            sent = await desk.dm("amelie_roux", "miaaibot", str(number))
            assert sent.headers["x-rate-limit-remaining"] == str(14 - number)
        refused = await desk.dm("amelie_roux", "miaaibot", "one more")
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        reset = int(refused.headers["x-rate-limit-reset"])
        assert reset == int(desk.clock.now.timestamp()) + 900
        assert (await desk.dm("kwame_asante", "miaaibot", "others may")).status_code == 201
        desk.clock.move(timedelta(minutes=15))
        assert (await desk.dm("amelie_roux", "miaaibot", "again")).status_code == 201


def test_the_longer_window_holds_when_the_shorter_one_would_let_through() -> None:
    limiter, limits = Limiter(), (Limit(2, seconds=10), Limit(3, seconds=100))
    taken = [limiter.take("send", "mia", limits, START + timedelta(seconds=s)) for s in (0, 1, 2, 10, 11, 99)]
    assert [standing.refused for standing in taken] == [False, False, True, False, True, True]
    assert taken[-1].reset == int(START.timestamp()) + 100
    assert not limiter.take("send", "mia", limits, START + timedelta(seconds=100)).refused


async def test_people_have_names_of_several_languages_and_more_can_join(desk: Desk) -> None:
    found = (await desk.http.get("/sandbox/people")).json()["people"]
    assert len(found) >= 7
    assert {"id", "username", "name", "bearer_token"} <= set(found[0])
    assert next(p["name"] for p in found if p["username"] == "miaaibot") == "MIA"
    body = {"username": "new_here", "name": "Nýr"}
    added = await desk.http.post("/sandbox/people", json=body)
    assert added.status_code == 201
    token = {"Authorization": f"Bearer {added.json()['bearer_token']}"}
    assert (await desk.http.get("/2/users/me", headers=token)).json()["data"]["name"] == "Nýr"
    assert (await desk.http.post("/sandbox/people", json=body)).status_code == 400


async def test_an_unknown_route_is_a_problem_document(desk: Desk) -> None:
    answer: httpx.Response = await desk.http.get("/2/nothing/here")
    assert answer.status_code == 404
    assert answer.json()["status"] == 404


async def test_no_token_shows_in_the_representation_of_the_state(desk: Desk) -> None:
    shown = repr(desk.world.snapshot())
    for person in desk.world.people.values():
        assert person.bearer_token.get_secret_value() not in shown
        assert person.oauth1_secret.get_secret_value() not in shown
