"""Posts activity events to webhooks in the background, signed, and again when they were not taken.

Documented: the signature, that a 200 within ten seconds takes an event, that an invalid webhook gets nothing.
Guessed: how often X tries again (its documents speak of retries without numbers), that any other answer than
200 counts as not taken, and that events come side by side, so in any order.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import httpx
import structlog

from mia_bot.sandbox.activity import Activity, activities_of
from mia_bot.sandbox.activity_documents import event_document
from mia_bot.sandbox.records import Webhook
from mia_bot.sandbox.webhooks_signing import SIGNATURE, TIMEOUT_S, signature
from mia_bot.sandbox.world import World

log = structlog.get_logger()


@asynccontextmanager
async def delivering(world: World, pauses_s: Sequence[float]) -> AsyncIterator[None]:
    """Within the block, events go out to webhooks; `pauses_s` are the waits before each further try."""
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
        watching = asyncio.create_task(_watch(_Courier(world, client, tuple(pauses_s))))
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching


async def _watch(courier: "_Courier") -> None:
    """Start a delivery for each event that names a webhook; never wait for one."""
    world = courier.world
    async with asyncio.TaskGroup() as deliveries:
        with world.hub.subscription() as changes:
            while (change := await changes.next()) is not None:
                for activity in activities_of(world, change):
                    if activity.subscription.webhook_id is not None:
                        deliveries.create_task(courier.deliver(activity, activity.subscription.webhook_id))


@dataclass(frozen=True)
class _Courier:
    world: World
    client: httpx.AsyncClient
    pauses_s: tuple[float, ...]

    async def deliver(self, activity: Activity, webhook_id: int) -> None:
        """Post one event until it is taken, the tries are used up or the webhook is no longer valid."""
        for pause_s in (0, *self.pauses_s):
            await asyncio.sleep(pause_s)
            webhook = self.world.webhooks.get(webhook_id)
            if webhook is None or not webhook.valid or await self._taken(activity, webhook):
                return
        log.warning("sandbox_webhook_event_given_up", webhook=webhook_id, tries=len(self.pauses_s) + 1)

    async def _taken(self, activity: Activity, webhook: Webhook) -> bool:
        document = event_document(self.world, webhook.origin, activity.subscription, activity.subject)
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", SIGNATURE: signature(self.world.app.consumer_secret, body)}
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await self.client.post(webhook.url, content=body, headers=headers)
        except (httpx.HTTPError, TimeoutError):
            return False
        return answer.status_code == httpx.codes.OK
