"""X's webhook on the site: signed events go into the inbox before X is told that they were taken."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from sqlalchemy import select

from mia_bot.webhook import PATH, register
from mia_core.app import App
from mia_core.errors import DatabaseError, SettingsError
from mia_core.process import listen
from mia_core.settings import Settings, SiteSettings
from mia_core.tables import InboxRow
from mia_site.app import create_app
from tests.bot.conftest import People
from tests.bot.sandbox.serving import BOT, Served


@pytest.fixture
def secret(x_server: Served) -> str:
    """The app's consumer secret, which X signs with."""
    return x_server.world.app.consumer_secret.get_secret_value()


@pytest.fixture
def settings(settings: Settings, x_server: Served, secret: str) -> Settings:
    """The site takes X's pushes."""
    x = {"app_token": SecretStr(x_server.app_token), "oauth1_consumer_secret": SecretStr(secret)}
    return settings.model_copy(
        update={
            "x": settings.x.model_copy(update=x),
            "bot": settings.bot.model_copy(update={"webhook": True}),
        }
    )


def signed(secret: str, body: bytes) -> dict[str, str]:
    """X's header."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"x-twitter-webhooks-signature": "sha256=" + base64.b64encode(digest).decode()}


@pytest.fixture
async def site(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """The site, asked in the process."""
    transport = httpx.ASGITransport(create_app(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://mia.test") as client:
        yield client


async def stored(app: App) -> list[str]:
    """Ids of the events in the inbox."""
    async with app.database.reading() as connection:
        return list((await connection.execute(select(InboxRow.event_id))).scalars())  # type: ignore[call-overload]  # a column


def mention(x_server: Served, post_id: str, text: str) -> bytes:
    """A delivery as X's documents show it."""
    author = x_server.person()
    payload = {"id": post_id, "text": text, "author_id": str(author.id), "created_at": "2026-11-23T12:00:00.000Z"}
    users = [{"id": str(author.id), "username": author.username, "name": author.name}]
    data = {"event_uuid": "-17", "event_type": "post.mention.create", "payload": payload}
    return json.dumps({"data": data, "includes": {"users": users}}).encode()


async def test_the_challenge_is_answered(site: httpx.AsyncClient, secret: str) -> None:
    answer = await site.get(PATH, params={"crc_token": "abc"})
    assert answer.json() == {"response_token": signed(secret, b"abc")["x-twitter-webhooks-signature"]}
    assert (await site.get(PATH)).status_code == 400


async def test_a_signed_event_is_in_the_inbox_once_before_it_is_taken(
    site: httpx.AsyncClient, app: App, x_server: Served, secret: str
) -> None:
    body = mention(x_server, "2124900000000000000", f"@{BOT} hello")
    for _ in range(2):
        assert (await site.post(PATH, content=body, headers=signed(secret, body))).status_code == 200
        assert await stored(app) == ["2124900000000000000"]


@pytest.mark.parametrize("headers", [{}, {"x-twitter-webhooks-signature": "sha256=bm8="}])
async def test_what_x_did_not_sign_changes_nothing(
    site: httpx.AsyncClient, app: App, x_server: Served, headers: dict[str, str]
) -> None:
    body = mention(x_server, "2124900000000000000", f"@{BOT} hello")
    assert (await site.post(PATH, content=body, headers=headers)).status_code == 403
    assert await stored(app) == []


async def test_a_huge_body_is_refused(site: httpx.AsyncClient, secret: str) -> None:
    body = b"x" * 1_000_001
    assert (await site.post(PATH, content=body, headers=signed(secret, body))).status_code == 413


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"data": {"event_type": 7}}', b'{"data": null}'])
async def test_what_is_no_event_is_not_asked_for_again(site: httpx.AsyncClient, secret: str, body: bytes) -> None:
    assert (await site.post(PATH, content=body, headers=signed(secret, body))).status_code == 200


async def test_an_event_that_cannot_be_stored_is_not_taken_and_comes_again(
    site: httpx.AsyncClient, app: App, x_server: Served, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = mention(x_server, "2124900000000000000", f"@{BOT} hello")

    async def away(_: object) -> int:
        raise DatabaseError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(app.inbox, "accept", away)
        assert (await site.post(PATH, content=body, headers=signed(secret, body))).status_code == 503
    assert await stored(app) == []


async def test_without_the_secret_the_site_says_what_is_missing(app: App, settings: Settings) -> None:
    bare = settings.model_copy(update={"x": settings.x.model_copy(update={"oauth1_consumer_secret": None})})
    object.__setattr__(app, "settings", bare)
    with pytest.raises(SettingsError, match=r"x\.oauth1_consumer_secret"):
        create_app(app)


@asynccontextmanager
async def served(app: App) -> AsyncIterator[str]:
    """The site on a real port, in this loop; its origin."""
    with listen("127.0.0.1", 0, "port") as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(app), log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


async def test_x_is_told_of_the_webhook_and_what_is_written_arrives(
    app: App, people: People, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with served(app) as origin:
        here = settings.model_copy(update={"site": SiteSettings(origin=origin)})
        object.__setattr__(app, "settings", here)
        for _ in range(2):
            await register(app, remove=False)
        message = await asyncio.to_thread(people.dm, "hello in private")
        post = await asyncio.to_thread(people.post, f"@{BOT} hello in public")
        async with asyncio.timeout(20):
            while sorted(await stored(app)) != sorted([message, post]):
                await asyncio.sleep(0.05)
        await register(app, remove=True)
    said = capsys.readouterr().out
    assert "post.mention.create, post.reply.create, dm.received" in said
    assert "nothing that was not before" in said
    assert "pushes nothing" in said
