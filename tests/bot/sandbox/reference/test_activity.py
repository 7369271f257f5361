"""Activity, its subscriptions and webhooks are what X's own OpenAPI documents describe."""

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.bot.sandbox.receiver import receiving
from tests.bot.sandbox.serving import BOT, Served
from tests.openapi import OpenApi, x_document

NEW, OLD = "openapi.json", "openapi-2.157.json"
SUBSCRIPTIONS = "/2/activity/subscriptions"


@dataclass
class Checked:
    """Calls the sandbox as the app or as the bot, and holds what is sent and answered against a document."""

    served: Served
    document: OpenApi

    def call(self, method: str, path: str, who: str | None = None, **options: Any) -> dict[str, Any]:
        """One checked call; gives the answer's JSON."""
        with self.served.client(who) as client:
            answer: httpx.Response = client.request(method, path, **options)
        if "json" in options:
            self.document.check_request(method, path, options["json"])
        kind, content = answer.headers["content-type"], answer.json()
        self.document.check_answer(method, path, answer.status_code, kind, content)
        found: dict[str, Any] = content
        return found


@pytest.fixture
def x(sandbox_server: Served) -> Checked:
    return Checked(sandbox_server, x_document(NEW))


def _wish(served: Served, event_type: str) -> dict[str, Any]:
    return {"event_type": event_type, "filter": {"user_id": str(served.person(BOT).id)}, "tag": "mine"}


@pytest.mark.parametrize("event_type", ["post.mention.create", "post.reply.create", "dm.received"])
def test_subscriptions(x: Checked, event_type: str) -> None:
    made = x.call("POST", SUBSCRIPTIONS, BOT, json=_wish(x.served, event_type))["data"]
    path = f"{SUBSCRIPTIONS}/{made['subscription']['subscription_id']}"
    assert x.call("GET", SUBSCRIPTIONS)["data"] == [made["subscription"]]
    x.call("PUT", path, json={"tag": "newer"})
    x.call("DELETE", path)
    x.call("DELETE", path)
    x.call("DELETE", SUBSCRIPTIONS, params={"ids": path.rpartition("/")[2]})


def test_subscriptions_by_the_older_document(sandbox_server: Served) -> None:
    """It does not know these event types yet, so what is sent goes unchecked."""
    document = x_document(OLD)
    with sandbox_server.client(BOT) as bot, sandbox_server.client(None) as app:
        made = bot.post(SUBSCRIPTIONS, json=_wish(sandbox_server, "dm.received"))
        path = f"{SUBSCRIPTIONS}/{made.json()['data']['subscription']['subscription_id']}"
        answers = [made, app.get(SUBSCRIPTIONS), app.put(path, json={"tag": "newer"}), app.delete(path)]
    for answer in answers:
        request = answer.request
        kind = answer.headers["content-type"]
        document.check_answer(request.method, request.url.path, 200, kind, answer.json())


def test_webhooks(x: Checked) -> None:
    with receiving(x.served.world.app.consumer_secret.get_secret_value()) as receiver:
        webhook = x.call("POST", "/2/webhooks", json={"url": receiver.url})["data"]
        x.call("POST", "/2/webhooks", json={"url": receiver.url})
        assert x.call("GET", "/2/webhooks")["data"] == [webhook]
        x.call("PUT", f"/2/webhooks/{webhook['id']}")
        x.call("DELETE", f"/2/webhooks/{webhook['id']}")
        x.call("DELETE", f"/2/webhooks/{webhook['id']}")


def test_a_pushed_post_is_a_post_of_the_document_in_its_envelope(sandbox_server: Served) -> None:
    """X's samples keep the tweet spelling, so post and includes are held against the older document."""
    envelope, older = x_document(NEW), x_document(OLD)
    with sandbox_server.client(BOT) as bot, sandbox_server.client(None) as app, sandbox_server.client() as amelie:
        for kind in ("post.mention.create", "post.reply.create"):
            bot.post(SUBSCRIPTIONS, json=_wish(sandbox_server, kind))
        hers = bot.post("/2/tweets", json={"text": "good morning"}).json()["data"]["id"]
        with app.stream("GET", "/2/activity/stream") as answer:
            lines = (line for line in answer.iter_lines() if line)
            amelie.post("/2/tweets", json={"text": "@miaaibot hello " * 40})
            body = {"text": "well, @miaaibot #sky $X", "reply": {"in_reply_to_tweet_id": hers}}
            amelie.post("/2/tweets", json=body)
            for _ in range(3):
                event = json.loads(next(lines))
                older.check_component("Tweet", event["data"].pop("payload"))
                older.check_component("Expansions", event["data"].pop("includes"))
                envelope.check_answer("GET", "/2/activity/stream", 200, answer.headers["content-type"], event)
