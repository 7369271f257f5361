"""The activity stream over a real connection: who is told of what, and who may ask for it."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mia_bot.sandbox.app import SandboxConfig
from mia_bot.sandbox.records import AccessToken, Grant
from mia_core.clock import ManualClock
from tests.bot.sandbox.desk import Desk
from tests.bot.sandbox.serving import BOT, Served, sandbox_server
from tests.bot.sandbox.test_media import png

SUBSCRIPTIONS = "/2/activity/subscriptions"
MENTIONS, REPLIES, DMS = "post.mention.create", "post.reply.create", "dm.received"


def _wish(served: Served, event_type: str, **more: str) -> dict[str, Any]:
    return {"event_type": event_type, "filter": {"user_id": str(served.person(BOT).id)}, **more}


def subscribe(served: Served, *event_types: str) -> list[str]:
    """The bot asks for its own activity; gives the subscriptions' ids."""
    with served.client(BOT) as bot:
        answers = [bot.post(SUBSCRIPTIONS, json=_wish(served, kind, tag=f"my {kind}")) for kind in event_types]
    return [answer.json()["data"]["subscription"]["subscription_id"] for answer in answers]


@contextmanager
def _stream(served: Served, **params: str) -> Iterator[Iterator[str]]:
    with (
        served.client(None) as app,
        app.stream("GET", "/2/activity/stream", params=params) as answer,
    ):
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert next(lines) == ""
        yield lines


def _next(lines: Iterator[str]) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(next(line for line in lines if line))["data"]
    return data


def _post(served: Served, who: str, text: str, reply_to: str | None = None) -> str:
    body: dict[str, Any] = {"text": text}
    if reply_to:
        body["reply"] = {"in_reply_to_tweet_id": reply_to}
    with served.client(who) as client:
        return str(client.post("/2/tweets", json=body).json()["data"]["id"])


def _dm(served: Served, who: str, to: str, text: str) -> str:
    path = f"/2/dm_conversations/with/{served.person(to).id}/messages"
    with served.client(who) as client:
        return str(client.post(path, json={"text": text}).json()["data"]["dm_event_id"])


def test_a_mention_is_pushed_as_a_post_with_its_people(sandbox_server: Served) -> None:
    subscribe(sandbox_server, MENTIONS)
    with _stream(sandbox_server) as lines:
        post_id = _post(sandbox_server, "amelie_roux", "hey @miaaibot")
        event = _next(lines)
    bot, amelie = str(sandbox_server.person(BOT).id), str(sandbox_server.person("amelie_roux").id)
    assert event["event_type"] == MENTIONS
    assert event["filter"] == {"user_id": bot}
    assert event["tag"] == "my post.mention.create"
    assert event["event_uuid"].isdecimal()
    assert (event["payload"]["id"], event["payload"]["author_id"]) == (post_id, amelie)
    assert event["payload"]["text"] == "hey @miaaibot"
    assert event["payload"]["public_metrics"]["reply_count_str"] == "0"
    assert [user["id"] for user in event["includes"]["users"]] == [amelie, bot]
    assert event["includes"]["tweets"] == [event["payload"]]


def test_a_name_carried_along_in_a_reply_is_no_mention_and_a_typed_one_is(sandbox_server: Served) -> None:
    subscribe(sandbox_server, MENTIONS)
    with _stream(sandbox_server) as lines:
        first = _post(sandbox_server, "amelie_roux", "@miaaibot hello")
        second = _post(sandbox_server, "kwame_asante", "I agree", first)
        third = _post(sandbox_server, "ilse_vinter", "what do you say, @miaaibot?", second)
        told = [_next(lines)["payload"] for _ in range(2)]
    assert [payload["id"] for payload in told] == [first, third]
    assert told[1]["in_reply_to_tweet_id"] == second


def test_a_direct_reply_is_pushed_without_includes_and_one_to_somebody_else_is_not(
    sandbox_server: Served,
) -> None:
    subscribe(sandbox_server, REPLIES)
    with _stream(sandbox_server) as lines:
        hers = _post(sandbox_server, BOT, "good morning")
        answer = _post(sandbox_server, "amelie_roux", "good morning to you", hers)
        _post(sandbox_server, "kwame_asante", "and to me?", answer)
        last = _post(sandbox_server, "kwame_asante", "morning!", hers)
        told = [_next(lines) for _ in range(2)]
    assert [event["payload"]["id"] for event in told] == [answer, last]
    assert told[0]["payload"]["in_reply_to_tweet_id"] == hers
    assert told[0]["payload"]["in_reply_to_user_id"] == str(sandbox_server.person(BOT).id)
    assert told[0]["includes"] == {}


def test_a_message_to_her_is_pushed_in_the_old_shape_and_her_own_is_not(sandbox_server: Served) -> None:
    subscribe(sandbox_server, DMS)
    bot, amelie = sandbox_server.person(BOT), sandbox_server.person("amelie_roux")
    with _stream(sandbox_server) as lines:
        first = _dm(sandbox_server, "amelie_roux", BOT, "hi #today")
        _dm(sandbox_server, BOT, "amelie_roux", "hi back")
        _dm(sandbox_server, "kwame_asante", "amelie_roux", "not for her")
        second = _dm(sandbox_server, "amelie_roux", BOT, "are you there?")
        told = [_next(lines)["payload"] for _ in range(2)]
    messages = [payload["direct_message_events"][0] for payload in told]
    assert [message["id"] for message in messages] == [first, second]
    assert messages[0]["type"] == "message_create"
    created = messages[0]["message_create"]
    assert created["target"] == {"recipient_id": str(bot.id)}
    assert created["sender_id"] == str(amelie.id)
    assert created["message_data"]["text"] == "hi #today"
    assert created["message_data"]["entities"]["hashtags"] == [{"text": "today", "indices": [3, 9]}]
    assert told[0]["users"][str(amelie.id)]["data"]["username"] == "amelie_roux"


def test_a_picture_in_a_message_comes_as_an_attachment_that_can_be_fetched(sandbox_server: Served) -> None:
    subscribe(sandbox_server, DMS)
    picture = png(3, 2)
    media = {"media": base64.b64encode(picture).decode(), "media_category": "dm_image"}
    path = f"/2/dm_conversations/with/{sandbox_server.person(BOT).id}/messages"
    with _stream(sandbox_server) as lines, sandbox_server.client() as amelie:
        media_id = amelie.post("/2/media/upload", json=media).json()["data"]["id"]
        body = {"text": "look, @miaaibot: https://example.org", "attachments": [{"media_id": media_id}]}
        amelie.post(path, json=body)
        data = _next(lines)["payload"]["direct_message_events"][0]["message_create"]["message_data"]
        attached = data["attachment"]["media"]
        assert httpx.get(attached["media_url_https"]).content == picture
    assert (attached["id_str"], attached["type"]) == (media_id, "photo")
    assert data["entities"]["user_mentions"][0]["screen_name"] == BOT
    assert [url["expanded_url"] for url in data["entities"]["urls"]] == ["https://example.org", attached["url"]]


def test_a_message_of_a_group_is_left_to_the_polls(sandbox_server: Served) -> None:
    subscribe(sandbox_server, DMS)
    members = [str(sandbox_server.person(name).id) for name in (BOT, "ilse_vinter")]
    body = {"conversation_type": "Group", "participant_ids": members, "message": {"text": "dinner?"}}
    with _stream(sandbox_server) as lines, sandbox_server.client() as amelie:
        assert amelie.post("/2/dm_conversations", json=body).status_code == 201
        alone = _dm(sandbox_server, "amelie_roux", BOT, "just us")
        assert _next(lines)["payload"]["direct_message_events"][0]["id"] == alone


def test_both_connections_tell_the_same_event_and_a_third_is_refused() -> None:
    with sandbox_server(SandboxConfig(real_limits=True)) as served:
        subscribe(served, MENTIONS)
        with _stream(served) as one, _stream(served) as other, served.client(None) as app:
            refused = app.get("/2/activity/stream")
            _post(served, "amelie_roux", "@miaaibot hello")
            assert _next(one) == _next(other)
    assert refused.status_code == 429
    assert refused.json()["connection_issue"] == "TooManyConnections"


def test_a_silence_is_filled_with_keep_alives() -> None:
    with sandbox_server(SandboxConfig(keep_alive_s=0.05)) as served, _stream(served) as lines:
        assert [next(lines) for _ in range(3)] == ["", "", ""]


def test_what_was_missed_is_filled_in_with_the_same_event_uuid() -> None:
    clock = ManualClock(datetime(2026, 11, 2, 9, 30, tzinfo=UTC))
    with sandbox_server(clock=clock) as served:
        _post(served, "amelie_roux", "@miaaibot before anybody asked")
        subscribe(served, MENTIONS, DMS)
        _post(served, "amelie_roux", "@miaaibot long ago")
        clock.move(timedelta(minutes=10))
        with _stream(served) as lines:
            _post(served, "amelie_roux", "@miaaibot a moment ago")
            _dm(served, "amelie_roux", BOT, "and this")
            told = [_next(lines) for _ in range(2)]
        clock.move(timedelta(minutes=1))
        with _stream(served, backfill_minutes="5") as lines:
            assert [_next(lines) for _ in range(2)] == told
        with _stream(served, start_time="2026-11-02T09:00:00Z", end_time="2026-11-02T09:35:00Z") as lines:
            assert [json.loads(line)["data"]["payload"]["text"] for line in lines] == ["@miaaibot long ago"]


@pytest.mark.parametrize("params", [{"backfill_minutes": "6"}, {"start_time": "yesterday"}])
def test_bounds_that_x_does_not_know_are_refused(sandbox_server: Served, params: dict[str, str]) -> None:
    with sandbox_server.client(None) as app:
        assert app.get("/2/activity/stream", params=params).status_code == 400


def test_the_stream_is_for_the_app_alone(sandbox_server: Served) -> None:
    with sandbox_server.client(BOT) as bot:
        assert bot.get("/2/activity/stream").status_code == 403


@pytest.mark.parametrize("event_type", [MENTIONS, REPLIES, DMS])
async def test_private_activity_is_for_the_person_to_ask(desk: Desk, event_type: str) -> None:
    body = {"event_type": event_type, "filter": {"user_id": str(desk.person(BOT).id)}}
    statuses = [
        (await desk.call("POST", SUBSCRIPTIONS, who, json=body)).status_code for who in (None, "amelie_roux", BOT)
    ]
    assert statuses == [403, 403, 200]


@pytest.mark.parametrize(("scope", "status"), [("dm.read", 200), ("tweet.read", 403)])
async def test_messages_need_the_scope_for_messages(desk: Desk, scope: str, status: int) -> None:
    bot = desk.person(BOT)
    grant = Grant(id=1, client_id="mia-sandbox", person_id=bot.id, scopes=frozenset([scope]), refresh_token=None)
    desk.world.put_grant(grant)
    access = AccessToken.model_validate(
        {"token": "a-token", "grant_id": 1, "expires_at": desk.world.now + timedelta(hours=2)}
    )
    desk.world.put_access_token(access)
    body = {"event_type": DMS, "filter": {"user_id": str(bot.id)}}
    headers = {"authorization": "Bearer a-token"}
    assert (await desk.http.post(SUBSCRIPTIONS, json=body, headers=headers)).status_code == status


async def test_a_subscription_is_listed_changed_and_deleted(desk: Desk) -> None:
    bot = str(desk.person(BOT).id)
    ids = []
    for kind in (MENTIONS, REPLIES, DMS):
        body = {"event_type": kind, "filter": {"user_id": bot}}
        made = (await desk.call("POST", SUBSCRIPTIONS, BOT, json=body)).json()
        ids.append(made["data"]["subscription"]["subscription_id"])
    assert made["meta"] == {"total_subscriptions": 3}
    page = (await desk.call("GET", SUBSCRIPTIONS, None, params={"max_results": "2"})).json()
    params = {"max_results": "2", "pagination_token": page["meta"]["next_token"]}
    rest = (await desk.call("GET", SUBSCRIPTIONS, None, params=params)).json()
    assert [each["subscription_id"] for each in (*page["data"], *rest["data"])] == ids[::-1]
    desk.clock.move(timedelta(minutes=1))
    changed = (await desk.call("PUT", f"{SUBSCRIPTIONS}/{ids[0]}", None, json={"tag": "new"})).json()["data"]
    assert changed["subscription"]["tag"] == "new"
    assert changed["subscription"]["updated_at"] > changed["subscription"]["created_at"]
    gone = (await desk.call("DELETE", f"{SUBSCRIPTIONS}/{ids[0]}", None)).json()
    assert gone == {"data": {"deleted": True}, "meta": {"total_subscriptions": 2}}
    assert (await desk.call("DELETE", f"{SUBSCRIPTIONS}/{ids[0]}", None)).status_code == 404
    many = (await desk.call("DELETE", SUBSCRIPTIONS, None, params={"ids": ",".join(ids)})).json()
    assert [each["subscription_id"] for each in many["data"]] == ids[1:]
    assert [each["subscription_id"] for each in many["errors"]] == ids[:1]
    assert (await desk.call("GET", SUBSCRIPTIONS, BOT)).json()["data"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"event_type": "post.dance.create"},
        {"filter": {}},
        {"tag": ""},
        {"webhook_id": "5"},
        {"colour": "red"},
    ],
)
async def test_a_subscription_that_cannot_be_is_refused(desk: Desk, change: dict[str, Any]) -> None:
    body = {"event_type": MENTIONS, "filter": {"user_id": str(desk.person(BOT).id)}, **change}
    assert (await desk.call("POST", SUBSCRIPTIONS, BOT, json=body)).status_code == 400


async def test_the_same_subscription_is_not_made_twice(desk: Desk) -> None:
    body = {"event_type": MENTIONS, "filter": {"user_id": str(desk.person(BOT).id)}}
    statuses = [(await desk.call("POST", SUBSCRIPTIONS, BOT, json=body)).status_code for _ in range(2)]
    assert statuses == [200, 400]


def test_subscriptions_outlive_the_server_and_older_state_files_still_load(tmp_path: Path) -> None:
    config = SandboxConfig(state_file=tmp_path / "sandbox.json")
    with sandbox_server(config) as first:
        subscribe(first, MENTIONS)
    with sandbox_server(config) as second, _stream(second) as lines:
        post_id = _post(second, "amelie_roux", "@miaaibot still there?")
        assert _next(lines)["payload"]["id"] == post_id
    state = json.loads((tmp_path / "sandbox.json").read_text(encoding="utf-8"))
    del state["activity_subscriptions"], state["webhooks"]
    (tmp_path / "sandbox.json").write_text(json.dumps(state), encoding="utf-8")
    with sandbox_server(config) as third, third.client(None) as app:
        assert app.get(SUBSCRIPTIONS).json()["data"] == []


def test_a_server_that_stops_ends_its_streams() -> None:
    with httpx.Client() as outside:
        with sandbox_server() as served:
            headers = {"authorization": f"Bearer {served.app_token}"}
            request = outside.build_request("GET", f"{served.origin}/2/activity/stream", headers=headers)
            answer = outside.send(request, stream=True)
        with suppress(httpx.RemoteProtocolError):
            assert list(answer.iter_lines()) == [""]
        answer.close()
