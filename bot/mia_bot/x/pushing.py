"""X as the app sees it: the rules and subscriptions that decide what X pushes, and the streams that push it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import structlog
from pydantic import SecretStr

from mia_bot.x.auth import Method
from mia_bot.x.stream import Document, Streams
from mia_bot.x.wire import Wire, document
from mia_core.clock import Clock

log = structlog.get_logger(__name__)

_RULES = "/2/tweets/search/stream/rules"
_SUBSCRIPTIONS = "/2/activity/subscriptions"
_WEBHOOKS = "/2/webhooks"


class AppToken:
    """Signs with the app's own bearer token."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    async def headers(self, method: Method, url: str) -> dict[str, str]:  # noqa: ARG002 - a bearer token signs nothing
        """The bearer token."""
        return {"Authorization": f"Bearer {self._token.get_secret_value()}"}

    async def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - whichever it was
        """An app's token that X refuses is revoked."""
        return False


class Pushing:
    """What X pushes to the app. Every method raises XError for what goes wrong."""

    def __init__(self, origin: str, token: SecretStr, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._wire = Wire(origin, AppToken(token), session, clock)
        self._streams = Streams(session, origin, token, clock)

    def connected(
        self, route: str, params: Mapping[str, str]
    ) -> AbstractAsyncContextManager[AsyncIterator[Document]]:
        """A stream that stands; see `Streams.connected`."""
        return self._streams.connected(route, params)

    async def see_to_rule(self, value: str, tag: str) -> None:
        """The filtered stream has this rule with this tag, and no other one with the tag."""
        found = await document(await self._wire.request("GET", _RULES))
        ours = [rule for rule in _items(found) if rule.get("tag") == tag]
        if not any(rule.get("value") == value for rule in ours):
            await self._wire.request("POST", _RULES, json={"add": [{"value": value, "tag": tag}]})
            log.info("stream_rule_added", value=value)
        if stale := [rule["id"] for rule in ours if rule.get("value") != value and "id" in rule]:
            await self._wire.request("POST", _RULES, json={"delete": {"ids": stale}})
            log.info("stream_rules_removed", count=len(stale))

    async def subscriptions(self, user_id: str, webhook_id: str | None) -> dict[str, str]:
        """Ids of the app's subscriptions to a person's activity, by event type: to a webhook, or to the stream."""
        found = await document(await self._wire.request("GET", _SUBSCRIPTIONS))
        return {
            str(each.get("event_type")): str(each.get("subscription_id"))
            for each in _items(found)
            if _of_user(each) == user_id and (each.get("webhook_id") or None) == webhook_id
        }

    async def unsubscribe(self, subscription_id: str) -> None:
        """End a subscription."""
        await self._wire.request("DELETE", f"{_SUBSCRIPTIONS}/{subscription_id}")

    async def webhooks(self) -> dict[str, str]:
        """Ids of the app's webhooks by their addresses."""
        found = await document(await self._wire.request("GET", _WEBHOOKS))
        return {str(each.get("url")): str(each.get("id")) for each in _items(found)}

    async def add_webhook(self, url: str) -> str:
        """Register an address, which X checks at once; gives its id."""
        found = await document(await self._wire.request("POST", _WEBHOOKS, json={"url": url}))
        return str(_table(found.get("data")).get("id"))

    async def check_webhook(self, webhook_id: str) -> None:
        """Let X check an address again, after which it counts as valid."""
        await self._wire.request("PUT", f"{_WEBHOOKS}/{webhook_id}")

    async def remove_webhook(self, webhook_id: str) -> None:
        """Take an address away."""
        await self._wire.request("DELETE", f"{_WEBHOOKS}/{webhook_id}")


def _items(found: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    data = found.get("data")
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def _of_user(subscription: Mapping[str, Any]) -> str | None:
    return _table(subscription.get("filter")).get("user_id")


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
