"""Webhooks over real HTTP: the check, the signed posts, the further tries, and that nothing waits for them."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mia_bot.sandbox.app import SandboxConfig
from mia_bot.sandbox.webhooks_signing import signature
from tests.bot.sandbox.desk import Desk
from tests.bot.sandbox.receiver import PATIENCE_S, Receiver, receiving
from tests.bot.sandbox.serving import BOT, Served, sandbox_server

WEBHOOKS = "/2/webhooks"
QUICK = SandboxConfig(webhook_pauses_s=(0.01, 0.01))


@pytest.fixture
def served() -> Iterator[Served]:
    with sandbox_server(QUICK) as running:
        yield running


@pytest.fixture
def receiver(served: Served) -> Iterator[Receiver]:
    with receiving(served.world.app.consumer_secret.get_secret_value()) as listening:
        yield listening


def _register(served: Served, url: str) -> dict[str, Any]:
    with served.client(None) as app:
        answer = app.post(WEBHOOKS, json={"url": url})
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def _refusal(served: Served, url: str) -> str:
    with served.client(None) as app:
        answer = app.post(WEBHOOKS, json={"url": url})
    assert answer.status_code == 400
    return str(answer.json()["errors"][0]["message"])


def _subscribe(served: Served, webhook_id: str, event_type: str = "post.mention.create") -> str:
    wish = {
        "event_type": event_type,
        "filter": {"user_id": str(served.person(BOT).id)},
        "webhook_id": webhook_id,
    }
    with served.client(BOT) as bot:
        answer = bot.post("/2/activity/subscriptions", json=wish).json()
    return str(answer["data"]["subscription"]["subscription_id"])


def _post(served: Served, text: str) -> str:
    with served.client() as amelie:
        return str(amelie.post("/2/tweets", json={"text": text}).json()["data"]["id"])


def test_an_address_that_knows_the_secret_is_registered_and_listed(served: Served, receiver: Receiver) -> None:
    webhook = _register(served, f"{receiver.url}?shard=1")
    assert webhook["valid"] is True
    assert "shard=1&crc_token=" in receiver.checks[0]
    with served.client(None) as app:
        assert app.get(WEBHOOKS).json() == {"data": [webhook], "meta": {"result_count": 1}}
        short = app.get(WEBHOOKS, params={"webhook_config.fields": "id"}).json()["data"]
        assert short == [{"id": webhook["id"]}]
        assert app.delete(f"{WEBHOOKS}/{webhook['id']}").json() == {"data": {"deleted": True}}
        assert app.get(WEBHOOKS).json() == {"data": [], "meta": {"result_count": 0}}
        assert app.delete(f"{WEBHOOKS}/{webhook['id']}").status_code == 400


def test_an_address_with_another_secret_is_refused(served: Served, receiver: Receiver) -> None:
    receiver.secret = "guessed"
    assert _refusal(served, receiver.url).startswith("CrcValidationFailed")


@pytest.mark.parametrize("status", [302, 403, 500])
def test_an_address_that_answers_otherwise_is_refused(served: Served, receiver: Receiver, status: int) -> None:
    receiver.check_status = status
    assert _refusal(served, receiver.url).startswith("CrcValidationFailed")


def test_an_address_where_nobody_listens_is_refused(served: Served) -> None:
    assert _refusal(served, "http://127.0.0.1:9/x/webhook").startswith("CrcValidationFailed")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "https://example.org:5000/hook",
        "ftp://127.0.0.1/hook",
        "file:///etc/passwd",
        "https:///hook",
        "hook",
        "http://[",
    ],
)
def test_an_address_that_x_would_not_call_is_refused(served: Served, url: str) -> None:
    assert _refusal(served, url).startswith("UrlValidationFailed")


def test_an_address_is_registered_once(served: Served, receiver: Receiver) -> None:
    _register(served, receiver.url)
    assert _refusal(served, receiver.url).startswith("DuplicateUrlFailed")


def test_an_app_has_one_webhook_by_xs_real_limits() -> None:
    with sandbox_server(SandboxConfig(real_limits=True)) as served:
        secret = served.world.app.consumer_secret.get_secret_value()
        with receiving(secret) as one, receiving(secret) as other:
            _register(served, one.url)
            assert _refusal(served, other.url).startswith("WebhookLimitExceeded")


def test_events_are_posted_signed_and_streamed_as_well(served: Served, receiver: Receiver) -> None:
    webhook_id = _register(served, receiver.url)["id"]
    _subscribe(served, webhook_id)
    _subscribe(served, webhook_id, "dm.received")
    post_id = _post(served, "@miaaibot hello")
    event = receiver.next()
    assert event["payload"]["id"] == post_id
    assert event["includes"]["users"][0]["profile_image_url"].startswith(served.origin)
    path = f"/2/dm_conversations/with/{served.person(BOT).id}/messages"
    with served.client() as amelie:
        amelie.post(path, json={"text": "psst 🤫"})
    message = receiver.next()["payload"]["direct_message_events"][0]
    assert message["message_create"]["message_data"]["text"] == "psst 🤫"
    with served.client(None) as app, app.stream("GET", "/2/activity/stream?backfill_minutes=1") as answer:
        line = next(line for line in answer.iter_lines() if line)
    assert event["event_uuid"] in line


def test_an_event_that_is_not_taken_is_posted_again_and_then_given_up(served: Served, receiver: Receiver) -> None:
    _subscribe(served, _register(served, receiver.url)["id"])
    receiver.statuses = [500, 204]
    first = _post(served, "@miaaibot first")
    tries = [receiver.next() for _ in range(3)]
    assert [event["payload"]["id"] for event in tries] == [first] * 3
    assert len({event["event_uuid"] for event in tries}) == 1
    receiver.statuses = [503, 503, 503]
    _post(served, "@miaaibot second")
    for _ in range(3):
        receiver.next()
    third = _post(served, "@miaaibot third")
    assert receiver.next()["payload"]["id"] == third


def test_a_receiver_that_dawdles_holds_nothing_up(served: Served, receiver: Receiver) -> None:
    _subscribe(served, _register(served, receiver.url)["id"])
    receiver.hold.clear()
    posted = [_post(served, f"@miaaibot number {number}") for number in range(3)]
    assert {receiver.next()["payload"]["id"] for _ in posted} == set(posted)


def test_a_server_stops_at_once_though_a_receiver_dawdles() -> None:
    with receiving("not known yet") as receiver:
        with sandbox_server(QUICK) as served:
            receiver.secret = served.world.app.consumer_secret.get_secret_value()
            _subscribe(served, _register(served, receiver.url)["id"])
            receiver.hold.clear()
            _post(served, "@miaaibot are you listening?")
            receiver.next()
            stopping = time.monotonic()
        assert time.monotonic() - stopping < PATIENCE_S / 2


def test_a_check_that_fails_later_stops_the_posts_until_one_passes(served: Served, receiver: Receiver) -> None:
    webhook_id = _register(served, receiver.url)["id"]
    _subscribe(served, webhook_id)
    secret = receiver.secret
    with receiving(secret) as sound, served.client(None) as app:
        _subscribe(served, _register(served, sound.url)["id"])
        receiver.secret = "lost"
        refused = app.put(f"{WEBHOOKS}/{webhook_id}")
        assert refused.json()["errors"][0]["message"].startswith("CrcValidationFailed")
        assert [each["valid"] for each in app.get(WEBHOOKS).json()["data"]] == [False, True]
        unheard = _post(served, "@miaaibot unheard")
        assert sound.next()["payload"]["id"] == unheard
        receiver.secret = secret
        assert app.put(f"{WEBHOOKS}/{webhook_id}").json() == {"data": {"valid": True}}
        heard = _post(served, "@miaaibot heard")
        assert receiver.next()["payload"]["id"] == heard


def test_a_check_that_nobody_answers_leaves_a_valid_webhook_valid(served: Served, receiver: Receiver) -> None:
    webhook_id = _register(served, receiver.url)["id"]
    receiver.check_status = 503
    with served.client(None) as app:
        assert app.put(f"{WEBHOOKS}/{webhook_id}").status_code == 400
        assert app.get(WEBHOOKS).json()["data"][0]["valid"] is True


def test_a_webhook_can_be_named_later_and_outlives_the_server(tmp_path: Path) -> None:
    config = SandboxConfig(state_file=tmp_path / "sandbox.json")
    with sandbox_server(config) as first:
        secret = first.world.app.consumer_secret.get_secret_value()
        with receiving(secret) as receiver:
            webhook_id = _register(first, receiver.url)["id"]
            wish = {"event_type": "dm.received", "filter": {"user_id": str(first.person(BOT).id)}}
            with first.client(BOT) as bot, first.client(None) as app:
                made = bot.post("/2/activity/subscriptions", json=wish).json()["data"]["subscription"]
                path = f"/2/activity/subscriptions/{made['subscription_id']}"
                changed = app.put(path, json={"webhook_id": webhook_id}).json()["data"]["subscription"]
                assert changed["webhook_id"] == webhook_id
    with sandbox_server(config) as second:
        assert [str(each) for each in second.world.webhooks] == [webhook_id]
        assert [str(each.webhook_id) for each in second.world.activity_subscriptions.values()] == [webhook_id]


async def test_webhooks_are_for_the_app_alone(desk: Desk) -> None:
    body = {"url": "http://127.0.0.1:9/"}
    assert (await desk.call("POST", WEBHOOKS, BOT, json=body)).status_code == 403
    assert (await desk.call("GET", WEBHOOKS, BOT)).status_code == 403


def test_the_signature_is_hmac_sha256_in_base64() -> None:
    assert signature(SecretStr("key"), b"The quick brown fox jumps over the lazy dog") == (
        "sha256=97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="
    )
