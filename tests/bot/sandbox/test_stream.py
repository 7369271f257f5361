"""The filtered stream over a real connection, and the page's events."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from mia_bot.sandbox.app import SandboxConfig
from tests.bot.sandbox.serving import Served, sandbox_server

RULES = "/2/tweets/search/stream/rules"


def _rule(app: httpx.Client, value: str, tag: str | None = None) -> dict[str, Any]:
    answer = app.post(RULES, json={"add": [{"value": value, **({"tag": tag} if tag else {})}]})
    document: dict[str, Any] = answer.json()
    return document


@contextmanager
def _stream(app: httpx.Client, **params: str) -> Iterator[Iterator[str]]:
    with app.stream("GET", "/2/tweets/search/stream", params=params) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert next(lines) == ""
        yield lines


def _next_post(lines: Iterator[str]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(next(line for line in lines if line))
    return document


def test_a_matching_post_is_pushed_at_once_with_its_rules_and_expansions(sandbox_server: Served) -> None:
    with sandbox_server.client(None) as app, sandbox_server.client() as amelie:
        _rule(app, "@miaaibot -is:retweet", "mentions")
        with _stream(app, expansions="author_id", **{"tweet.fields": "conversation_id"}) as lines:
            amelie.post("/2/tweets", json={"text": "nothing to see"})
            sent = amelie.post("/2/tweets", json={"text": "@miaaibot hello"}).json()["data"]
            pushed = _next_post(lines)
    assert pushed["data"]["id"] == sent["id"]
    assert pushed["data"]["conversation_id"] == sent["id"]
    assert pushed["includes"]["users"][0]["username"] == "amelie_roux"
    assert [rule["tag"] for rule in pushed["matching_rules"]] == ["mentions"]


def test_a_silence_is_filled_with_keep_alives() -> None:
    with (
        sandbox_server(SandboxConfig(keep_alive_s=0.05)) as served,
        served.client(None) as app,
        _stream(app) as lines,
    ):
        assert [next(lines) for _ in range(3)] == ["", "", ""]


def test_a_server_that_stops_ends_its_streams() -> None:
    with httpx.Client() as outside:
        with sandbox_server() as served:
            token = {"Authorization": f"Bearer {served.app_token}"}
            url = f"{served.origin}/2/tweets/search/stream"
            answer = outside.send(outside.build_request("GET", url, headers=token), stream=True)
            lines = answer.iter_lines()
            assert next(lines) == ""
        assert list(lines) == []


def test_what_was_missed_is_sent_first_when_asked_for(sandbox_server: Served) -> None:
    with sandbox_server.client(None) as app, sandbox_server.client() as amelie:
        _rule(app, "@miaaibot")
        sent = amelie.post("/2/tweets", json={"text": "@miaaibot are you there?"}).json()["data"]
        with _stream(app, backfill_minutes="5") as lines:
            assert _next_post(lines)["data"]["id"] == sent["id"]


def test_rules_are_kept_listed_and_deleted(sandbox_server: Served) -> None:
    with sandbox_server.client(None) as app:
        created = _rule(app, "@miaaibot")
        rule_id = created["data"][0]["id"]
        assert created["meta"]["summary"] == {"created": 1, "not_created": 0, "valid": 1, "invalid": 0}
        assert _rule(app, "@miaaibot")["errors"][0]["title"] == "DuplicateRule"
        assert _rule(app, "near:lisbon")["meta"]["summary"]["invalid"] == 1
        assert [rule["id"] for rule in app.get(RULES).json()["data"]] == [rule_id]
        deleted = app.post(RULES, json={"delete": {"ids": [rule_id]}}).json()
        assert deleted["meta"]["summary"] == {"deleted": 1, "not_deleted": 0}
        assert "data" not in app.get(RULES).json()


def test_a_second_stream_is_refused_where_x_allows_one_until_the_first_is_left() -> None:
    with sandbox_server(SandboxConfig(real_limits=True)) as served, served.client(None) as app:
        with _stream(app):
            refused = app.get("/2/tweets/search/stream")
            assert refused.status_code == 429
            assert refused.json()["connection_issue"] == "TooManyConnections"
        deadline = time.monotonic() + 10
        while served.app.state.streams and time.monotonic() < deadline:
            time.sleep(0.01)
        with _stream(app):
            pass


def test_the_page_hears_of_every_change_without_its_words(sandbox_server: Served) -> None:
    bot = sandbox_server.person("miaaibot").id
    with sandbox_server.client() as amelie, amelie.stream("GET", "/sandbox/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in answer.iter_lines() if line)
        assert next(lines) == ": connected"
        with sandbox_server.client() as other:
            sent = other.post(f"/2/dm_conversations/with/{bot}/messages", json={"text": "a secret"}).json()["data"]
        assert next(lines) == "event: dm"
        assert json.loads(next(lines).removeprefix("data: ")) == {"id": sent["dm_event_id"]}
