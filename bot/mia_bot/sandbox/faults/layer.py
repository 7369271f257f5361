"""The layer around every call where faults strike: before the effect, after it, or in the answer."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mia_bot.sandbox.faults.dice import Dice
from mia_bot.sandbox.faults.pages import is_listing, skewed, spoiled_page
from mia_bot.sandbox.faults.plan import Kind
from mia_bot.sandbox.world import World

XAI_FAULT = "xai_fault"
"""Where the scope says what the player of xAI is to do."""

_TOKEN = "/2/oauth2/token"  # noqa: S105 - a path
_BEFORE: tuple[Kind, ...] = ("rate_limited", "rate_limited_bare", "server_error", "cut_before", "slow")
_OF_A_TOKEN: tuple[Kind, ...] = ("token_expires",)
_AFTER: tuple[Kind, ...] = ("server_error_after", "cut_after")
_OF_XAI: Mapping[Kind, str] = {
    "xai_slow": "slow",
    "xai_busy": "unavailable",
    "xai_garbled": "broken_json",
    "xai_no_credits": "no_credits",
}
_HTML = b"<html><body><h1>503 Over capacity</h1></body></html>"
_PROBLEM = b'{"title": "%s", "type": "about:blank", "status": %d, "detail": "%s"}'


class FaultLayer:
    """Pure ASGI. Without a plan it passes every call on untouched."""

    def __init__(self, app: ASGIApp, dice: Dice, world: World) -> None:
        self._app = app
        self._dice = dice
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a fault strike, or none."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not self._dice.on or not self._is_struck(path):
            await self._app(scope, receive, send)
        elif path.startswith("/v1/"):
            kind = self._dice.pick(_OF_XAI)
            if kind == "xai_slow":
                await asyncio.sleep(self._dice.plan.slow_s)
            elif kind:
                scope[XAI_FAULT] = _OF_XAI[kind]
            await self._app(scope, receive, send)
        else:
            await self._call_x(scope, receive, send, self._dice.pick(_kinds(path)))

    def _is_struck(self, path: str) -> bool:
        routes = self._dice.plan.routes or ("/2/", "/v1/responses")
        return path.startswith(routes)

    async def _call_x(self, scope: Scope, receive: Receive, send: Send, kind: Kind | None) -> None:
        match kind:
            case "rate_limited" | "rate_limited_bare":
                await self._refuse(kind)(scope, receive, send)
            case "server_error":
                await Response(_HTML, 503, media_type="text/html")(scope, receive, send)
            case "server_error_after":
                await self._app(scope, receive, _nowhere)
                await Response(_HTML, 502, media_type="text/html")(scope, receive, send)
            case "cut_before":
                await _cut(receive)
            case "cut_after":
                await self._app(scope, receive, _nowhere)
                await _cut(receive)
            case _:
                if kind == "token_expires":
                    self._expire(Headers(scope=scope))
                if kind == "slow":
                    await asyncio.sleep(self._dice.plan.slow_s)
                await self._answer(scope, receive, send)

    def _refuse(self, kind: Kind) -> Response:
        reset = int((self._world.now + timedelta(seconds=self._dice.plan.reset_s)).timestamp())
        told = {"x-rate-limit-limit": "15", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}
        headers = told if kind == "rate_limited" else {}
        body = _PROBLEM % (b"Too Many Requests", 429, b"Too Many Requests")
        return Response(body, 429, headers, media_type="application/problem+json")

    def _expire(self, headers: Headers) -> None:
        """An access token of a grant is over from now on, as after two hours; those that never expire are not."""
        token = headers.get("authorization", "").partition(" ")[2]
        if token in self._world.access_tokens:
            self._world.end_access_token(token)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer, with what faults make of a page and of its clock."""
        page = scope["method"] == "GET" and is_listing(scope["path"])
        skew = not scope["path"].endswith("/stream") and self._dice.strikes("clock_skew")
        if not page and not skew:
            await self._app(scope, receive, send)
            return
        answer = _Kept()
        await self._app(scope, receive, answer)
        document = answer.document()
        by = timedelta(seconds=self._dice.plan.skew_s if skew else 0)
        if skew:
            answer.move_reset(by)
        if document is not None:
            document = spoiled_page(document, self._dice) if page and answer.status == 200 else document
            answer.body = json.dumps(skewed(document, by), ensure_ascii=False).encode()
        await answer.send(send)


class _Kept:
    """An answer that is held back."""

    def __init__(self) -> None:
        self._start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self.body += message.get("body", b"")

    @property
    def status(self) -> int:
        return int(self._start["status"])

    def document(self) -> dict[str, Any] | None:
        """The JSON object that the answer is, if it is one."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def move_reset(self, by: timedelta) -> None:
        """Tell the limit's end by a clock that is off."""
        headers = MutableHeaders(scope=self._start)
        if reset := headers.get("x-rate-limit-reset"):
            headers["x-rate-limit-reset"] = str(int(reset) + int(by.total_seconds()))

    async def send(self, send: Send) -> None:
        """Let it go."""
        MutableHeaders(scope=self._start)["content-length"] = str(len(self.body))
        await send(self._start)
        await send({"type": "http.response.body", "body": self.body})


def _kinds(path: str) -> Iterable[Kind]:
    """What can strike a path: an answer of the token endpoint that is lost would end the login for good."""
    if path == _TOKEN:
        return _BEFORE
    if path.endswith("/stream"):
        return ("rate_limited", "server_error", "cut_before")
    return (*_BEFORE, *_OF_A_TOKEN, *_AFTER)


async def _nowhere(_: Message) -> None:
    """The answer is lost."""


async def _cut(receive: Receive) -> None:
    """Cut the connection, without a byte; uvicorn's receiver knows it. Elsewhere the call just fails."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionResetError("cut by a fault")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
