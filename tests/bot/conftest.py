"""What the bot's tests share: a sandbox over real HTTP, the app pointed at it, and her account on X."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from mia_bot.tokens import open_auth
from mia_bot.x.client import XClient, open_x
from mia_bot.x.shapes import User
from mia_core.app import App, open_app
from mia_core.clock import ManualClock
from mia_core.memory.embed import UseEmbedder
from mia_core.settings import BotSettings, DatabaseSettings, Settings, VaultSettings, XaiSettings, XSettings
from tests.bot.faults import Faults
from tests.bot.sandbox.serving import BOT, Served, sandbox_server
from tests.core.xai.standin import StandinXai


@pytest.fixture
def faults() -> Faults:
    """What goes wrong between the bot and X."""
    return Faults()


@pytest.fixture
def x_server(faults: Faults) -> Iterator[Served]:
    """A sandbox."""
    with sandbox_server(layers=[faults.layer()]) as served:
        yield served


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still at the present, which is the sandbox's time."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def settings(x_server: Served, model: StandinXai, migrated_sqlite: Path, tmp_path: Path) -> Settings:
    """The bot's configuration, with her bearer token of the sandbox."""
    file = tmp_path / "mia.sqlite3"
    shutil.copy(migrated_sqlite, file)
    return Settings(
        database=DatabaseSettings(url=f"sqlite:///{file}"),
        x=XSettings(api_origin=x_server.origin, access_token=SecretStr(x_server.token(BOT)), timeout_s=5),
        xai=XaiSettings(base_url=model.base_url, attempts=1),
        bot=BotSettings(answer_backlog=True),
        vault=VaultSettings(key_file=tmp_path / "mia.key"),
    )


@pytest.fixture
async def app(settings: Settings, clock: ManualClock, embedder: UseEmbedder) -> AsyncIterator[App]:
    """Everything open."""
    async with open_app(settings, clock=clock, embedder=embedder) as opened:
        yield opened


@pytest.fixture
async def x(app: App) -> AsyncIterator[XClient]:
    """X, as her."""
    async with open_x(app.settings.x, await open_auth(app), app.clock) as client:
        yield client


@pytest.fixture
async def me(x: XClient) -> User:
    """Her account."""
    return await x.me()


@dataclass(frozen=True)
class People:
    """The sandbox's people, acting over the wire."""

    served: Served

    def post(self, text: str, *, who: str = "amelie_roux", **more: Any) -> str:
        """Publish a post; its id."""
        return str(self._call(who, "/2/tweets", {"text": text, **more})["id"])

    def reply(self, to: str, text: str, *, who: str = "amelie_roux") -> str:
        """Answer a post; the reply's id."""
        return self.post(text, who=who, reply={"in_reply_to_tweet_id": to})

    def dm(self, text: str, *, who: str = "amelie_roux") -> str:
        """Write to MIA; the event's id."""
        bot = self.served.person(BOT).id
        return str(self._call(who, f"/2/dm_conversations/with/{bot}/messages", {"text": text})["dm_event_id"])

    def dms_from_mia(self, *, who: str = "amelie_roux") -> list[str]:
        """What MIA wrote to somebody, oldest first."""
        bot = self.served.person(BOT).id
        with self.served.client(who) as http:
            params = {"dm_event.fields": "sender_id,text", "max_results": "100"}
            found = http.get(f"/2/dm_conversations/with/{bot}/dm_events", params=params).json()
        return [event["text"] for event in reversed(found.get("data", [])) if event["sender_id"] == str(bot)]

    def replies_from_mia(self, conversation: str) -> list[dict[str, Any]]:
        """What MIA posted in a thread, oldest first."""
        bot = self.served.person(BOT).id
        query = {"query": f"conversation_id:{conversation}", "tweet.fields": "author_id,referenced_tweets"}
        with self.served.client() as http:
            found = http.get("/2/tweets/search/recent", params=query).json().get("data", [])
        return [post for post in reversed(found) if post["author_id"] == str(bot)]

    def _call(self, who: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        with self.served.client(who) as http:
            answer: httpx.Response = http.post(path, json=body)
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data


@pytest.fixture
def people(x_server: Served) -> People:
    """People on X."""
    return People(x_server)
