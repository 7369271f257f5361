"""X's own SDK, which we did not write, reads the sandbox's activity and keeps its subscriptions and webhooks."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from xdk import Client
from xdk.activity.models import CreateSubscriptionRequest
from xdk.webhooks.models import CreateRequest

from tests.bot.sandbox.receiver import receiving
from tests.bot.sandbox.serving import BOT, Served


@contextmanager
def _client(**options: Any) -> Iterator[Any]:
    client = Client(**options)
    try:
        yield client
    finally:
        client.session.close()


@pytest.fixture
def app(sandbox_server: Served) -> Iterator[Any]:
    with _client(base_url=sandbox_server.origin, bearer_token=sandbox_server.app_token) as client:
        yield client


@pytest.fixture
def mia(sandbox_server: Served) -> Iterator[Any]:
    with _client(base_url=sandbox_server.origin, access_token=sandbox_server.token(BOT)) as client:
        yield client


def _wish(served: Served, **more: str) -> CreateSubscriptionRequest:
    filter_ = {"user_id": str(served.person(BOT).id)}
    return CreateSubscriptionRequest(event_type="post.mention.create", filter=filter_, **more)


def test_xdk_streams_activity(sandbox_server: Served, app: Any, mia: Any) -> None:
    made = mia.activity.create_subscription(body=_wish(sandbox_server, tag="mentions")).data.subscription
    with sandbox_server.client() as amelie:
        amelie.post("/2/tweets", json={"text": "@miaaibot hello"})
    with closing(app.stream.activity(backfill_minutes=1)) as events:
        event = next(events).model_dump()["data"]
    assert (event["event_type"], event["tag"]) == ("post.mention.create", "mentions")
    assert event["payload"]["text"] == "@miaaibot hello"
    subscription_id = dict(made)["subscription_id"]
    listed = [each for page in app.activity.get_subscriptions() for each in page.model_dump()["data"]]
    assert [each["subscription_id"] for each in listed] == [subscription_id]
    assert app.activity.delete_subscription(subscription_id).data.deleted is True


def test_xdk_registers_a_webhook_and_events_go_there(sandbox_server: Served, app: Any, mia: Any) -> None:
    with receiving(sandbox_server.world.app.consumer_secret.get_secret_value()) as receiver:
        webhook = app.webhooks.create(body=CreateRequest(url=receiver.url)).data
        mia.activity.create_subscription(body=_wish(sandbox_server, webhook_id=webhook.id))
        with sandbox_server.client() as amelie:
            amelie.post("/2/tweets", json={"text": "@miaaibot hello"})
        assert receiver.next()["payload"]["text"] == "@miaaibot hello"
        assert app.webhooks.validate(webhook.id).data.valid is True
        assert app.webhooks.delete(webhook.id).data.deleted is True
