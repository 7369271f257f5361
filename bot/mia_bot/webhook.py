"""X's webhook on the site: a challenge that is answered, and signed events that go straight into the inbox.

Documented by X: the challenge (CRC), the signature over the raw body, and that only a 200 within ten seconds takes
an event; any other answer has X deliver it again. The polls of the bot repair what is never delivered.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from http import HTTPStatus

import structlog
import typer
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from mia_bot.reasons import reason_of
from mia_bot.receive.dms import Dms
from mia_bot.receive.mentions import Mentions
from mia_bot.receive.push import Push
from mia_bot.receive.sources import subscribe
from mia_bot.tokens import open_auth
from mia_bot.x.client import open_x
from mia_bot.x.pushing import Pushing
from mia_bot.x.shapes import User
from mia_core.app import App
from mia_core.errors import SettingsError

log = structlog.get_logger(__name__)

PATH = "/x/webhook"
_SIGNATURE = "x-twitter-webhooks-signature"
_LARGEST = 1_000_000
"""Bytes of a body; X's events are a few thousand."""
_PATIENCE_S = 8.0
"""X waits for ten seconds."""


def routes(app: App) -> list[BaseRoute]:
    """The webhook, where `bot.webhook` is on. Raises SettingsError when its secret is missing."""
    if not app.settings.bot.webhook:
        return []
    secret = app.settings.x.oauth1_consumer_secret
    if secret is None:
        raise SettingsError(
            "x.oauth1_consumer_secret (MIA_X__OAUTH1_CONSUMER_SECRET): bot.webhook needs it, X signs with it"
        )
    webhook = Webhook(app, secret)
    return [
        Route(PATH, webhook.challenge, methods=["GET"]),
        Route(PATH, webhook.deliver, methods=["POST"]),
    ]


def signature(secret: SecretStr, signed: bytes) -> str:
    """X's signature of a challenge or a body."""
    digest = hmac.digest(secret.get_secret_value().encode(), signed, hashlib.sha256)
    return f"sha256={base64.b64encode(digest).decode()}"


class Webhook:
    """Answers X. Its client of X is opened with the first event that needs it."""

    def __init__(self, app: App, secret: SecretStr) -> None:
        self._app = app
        self._secret = secret
        self._one_opens = asyncio.Lock()
        self._push: Push | None = None

    async def challenge(self, request: Request) -> Response:
        """GET: proof that the secret is known here."""
        token = request.query_params.get("crc_token")
        if not token:
            return PlainTextResponse("crc_token is missing\n", HTTPStatus.BAD_REQUEST)
        return JSONResponse({"response_token": signature(self._secret, token.encode())})

    async def deliver(self, request: Request) -> Response:
        """POST: 200 only once the event is in the inbox."""
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large\n", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        told = request.headers.get(_SIGNATURE, "")
        if not hmac.compare_digest(told.encode(), signature(self._secret, body).encode()):
            log.warning("webhook_signature_wrong", bytes=len(body))
            return PlainTextResponse("the signature is wrong\n", HTTPStatus.FORBIDDEN)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._take(body)
        except Exception as error:  # noqa: BLE001 - whatever it is, X is to deliver the event again
            log.error("webhook_failed", reason=reason_of(error))
            return PlainTextResponse("not taken\n", HTTPStatus.SERVICE_UNAVAILABLE)
        return PlainTextResponse("taken\n")

    async def _take(self, body: bytes) -> None:
        """Into the inbox; what is no event at all is taken and left alone, or X would send it for ever."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            log.warning("webhook_unreadable", bytes=len(body))
            return
        async with self._one_opens:
            push = self._push = self._push or await self._open()
        await push.take(document)

    async def _open(self) -> Push:
        """X as her, for what X's events leave out; open for as long as the process lives."""
        x = await self._app.resources.enter_async_context(open_x(self._app.settings.x, await open_auth(self._app)))
        me, accept = await x.me(), self._app.inbox.accept
        return Push(x, Mentions(self._app, x, me, accept, None), Dms(self._app, x, me, accept, None), _nothing)


def _nothing() -> None:
    """The bot's own polls look for the rest in time."""


async def _body(request: Request) -> bytes | None:
    """The raw body; None when it is too large."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST:
            return None
    return bytes(body)


async def register(app: App, *, remove: bool) -> None:
    """`mia bot webhook`: let X push to the site, or push there no more. The site must be up: X asks it at once.

    Raises SettingsError that names what is missing, and XError when X refuses.
    """
    url = app.settings.site.origin + PATH
    async with open_x(app.settings.x, await open_auth(app), app.clock) as x:
        if x.pushing is None:
            raise SettingsError("x.app_token (MIA_X__APP_TOKEN): needed to register a webhook")
        me = await x.me()
        webhook_id = (await x.pushing.webhooks()).get(url)
        if remove:
            await _remove(x.pushing, me, webhook_id)
            typer.echo(
                f"X pushes nothing to {url} any more." if webhook_id else f"X knows of no webhook at {url}."
            )
            return
        if webhook_id:
            await x.pushing.check_webhook(webhook_id)
        else:
            webhook_id = await x.pushing.add_webhook(url)
        new = await subscribe(x, x.pushing, me, webhook_id=webhook_id)
        typer.echo(f"X pushes to {url}; subscribed now: {', '.join(new) or 'nothing that was not before'}.")


async def _remove(pushing: Pushing, me: User, webhook_id: str | None) -> None:
    if webhook_id:
        for subscription_id in (await pushing.subscriptions(me.id, webhook_id)).values():
            await pushing.unsubscribe(subscription_id)
        await pushing.remove_webhook(webhook_id)
