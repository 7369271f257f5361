"""What the bot sends to X, recorded and held against X's own document of the spelling that tweepy uses."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

import pytest
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mia_bot.x.client import XClient
from mia_bot.x.shapes import User
from tests.bot.conftest import People
from tests.bot.sandbox.serving import BOT, Served, sandbox_server
from tests.openapi import x_document


@dataclass(frozen=True)
class Sent:
    """One request as it went over the wire."""

    method: str
    path: str
    query: dict[str, str]
    body: bytearray


class Recorder:
    """A layer of the sandbox that writes every request down."""

    def __init__(self, app: ASGIApp, sent: list[Sent]) -> None:
        self._app = app
        self._sent = sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        body = bytearray()
        if scope["type"] == "http" and scope["path"].startswith("/2/"):
            query = dict(parse_qsl(scope["query_string"].decode()))
            self._sent.append(Sent(scope["method"], scope["path"], query, body))

        async def read() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await self._app(scope, read, send)


@pytest.fixture
def sent() -> list[Sent]:
    """What went over the wire."""
    return []


@pytest.fixture
def x_server(sent: list[Sent]) -> Iterator[Served]:
    """A sandbox that writes down."""
    with sandbox_server(layers=[Middleware(Recorder, sent=sent)]) as served:
        yield served


async def test_every_request_of_the_bots_is_one_that_x_describes(
    x: XClient, me: User, people: People, sent: list[Sent]
) -> None:
    people.dm("hello")
    mention = people.post(f"@{BOT} hello")
    amelie = str(people.served.person("amelie_roux").id)
    sent.clear()
    await x.me()
    await x.mentions(me.id, since_id="5")
    await x.posts_of(me.id, since_id=mention)
    await x.posts([mention])
    await x.dm_events()
    await x.dm_events_with(amelie)
    await x.post("hello back", in_reply_to=mention)
    await x.send_dm(amelie, "hello back")
    document = x_document("openapi-2.157.json")
    assert len(sent) == 8
    for request in sent:
        document.check_query(request.method, request.path, request.query)
        if request.body:
            document.check_request(request.method, request.path, json.loads(request.body))
