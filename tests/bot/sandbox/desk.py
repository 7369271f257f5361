"""A sandbox without a network: httpx straight into the app, with a clock that the test moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.applications import Starlette

from mia_bot.sandbox.app import SandboxConfig, create_app
from mia_bot.sandbox.records import Person
from mia_bot.sandbox.world import World
from mia_core.clock import ManualClock

START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ORIGIN = "http://sandbox.test"


@dataclass(frozen=True)
class Desk:
    """A sandbox and the clock that it lives by."""

    app: Starlette
    http: httpx.AsyncClient
    clock: ManualClock

    @property
    def world(self) -> World:
        """The sandbox's state."""
        world: World = self.app.state.world
        return world

    def person(self, username: str) -> Person:
        """One of its people."""
        return self.world.people_by_username[username]

    async def call(self, method: str, path: str, who: str | None, **options: Any) -> httpx.Response:
        """One request as a person, or as the app when `who` is None."""
        token = self.person(who).bearer_token if who else self.world.app.bearer_token
        headers = {"Authorization": f"Bearer {token.get_secret_value()}", **options.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **options)

    async def post(self, who: str, text: str, **more: Any) -> dict[str, Any]:
        """Publish a post; gives X's answer data."""
        answer = await self.call("POST", "/2/tweets", who, json={"text": text, **more})
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def reply(self, who: str, to: str, text: str) -> dict[str, Any]:
        """Publish a reply."""
        return await self.post(who, text, reply={"in_reply_to_tweet_id": to})

    async def look(self, post_id: str, who: str = "amelie_roux", **params: str) -> dict[str, Any]:
        """Look a post up; gives the whole document."""
        answer = await self.call("GET", f"/2/tweets/{post_id}", who, params=params)
        document: dict[str, Any] = answer.json()
        return document

    async def dm(self, who: str, to: str, text: str) -> httpx.Response:
        """Send a direct message."""
        path = f"/2/dm_conversations/with/{self.person(to).id}/messages"
        return await self.call("POST", path, who, json={"text": text})


@asynccontextmanager
async def open_desk(config: SandboxConfig | None = None) -> AsyncIterator[Desk]:
    """A fresh sandbox, started and stopped as a server would."""
    clock = ManualClock(START)
    app = create_app(config or SandboxConfig(), clock=clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as http,
    ):
        yield Desk(app, http, clock)
