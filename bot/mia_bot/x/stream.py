"""Held connections: X pushes one JSON document a line, for as long as the line stands.

Not by tweepy's stream: it reconnects without a pause when X closes cleanly, ends for good at a line that is no
JSON, and reads X's HTML as JSON. What would be left of it is the session, which is ours anyway.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog
from pydantic import SecretStr
from yarl import URL

from mia_bot.errors import XError, XRateLimited, XRefused, XUnauthorized, XUnavailable
from mia_bot.x.faults import fault
from mia_bot.x.wire import told_limits
from mia_core.clock import Clock

log = structlog.get_logger(__name__)

Document = dict[str, Any]

SILENCE_S = 30.0
"""X gives a sign of life every 20 s at least; a line that is silent for longer is dead, whatever TCP believes."""
_LONGEST_LINE = 1_000_000


class XStreamRefused(XError):
    """X does not give this app the stream; asking again soon is pointless."""


class XStreamCrowded(XUnavailable):
    """Another connection of the app's still stands: X notices late that a process has died."""


class Streams:
    """X's streams as the app, whose bearer token opens them."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        origin: str,
        token: SecretStr,
        clock: Clock,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._session = session
        self._origin = origin
        self._token = token
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=silence_s, sock_read=silence_s)

    @asynccontextmanager
    async def connected(self, route: str, params: Mapping[str, str]) -> AsyncIterator[AsyncIterator[Document]]:
        """A line that stands; its documents come as X pushes them, and end when X closes it.

        Raises XStreamRefused, or another XError that heals by waiting; within the block XUnavailable when the line
        is cut or falls silent.
        """
        url = URL(self._origin + route).with_query(sorted(params.items()))
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        try:
            async with self._session.get(
                url, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise self._failure(route, response, await response.read())
                yield _documents(response.content)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise XUnavailable(f"the stream was cut or fell silent ({type(error).__name__})") from None

    def _failure(self, route: str, response: aiohttp.ClientResponse, body: bytes) -> XError:
        failure = fault(response.status, response.headers, body, write=False, now=self._clock())
        if isinstance(failure, XRateLimited):
            told = told_limits(route, response.headers).get(route)
            return failure if told is None or told.remaining == 0 else XStreamCrowded("a connection still stands")
        if isinstance(failure, XRefused | XUnauthorized):
            return XStreamRefused(str(failure))
        return failure


async def _documents(content: aiohttp.StreamReader) -> AsyncIterator[Document]:
    """What the lines say; signs of life and lines that cannot be read are passed over."""
    async for line in _lines(content):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):
            log.warning("stream_line_unreadable", bytes=len(line))
            continue
        if isinstance(document, dict):
            yield document


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines, however they are cut into pieces on the way; one that is endless is dropped."""
    kept, dropping = bytearray(), False
    async for piece in content.iter_any():
        *whole, rest = piece.split(b"\n")
        for part in whole:
            if not dropping:
                yield bytes(kept + part)
            kept, dropping = bytearray(), False
        kept += rest
        if len(kept) > _LONGEST_LINE:
            log.warning("stream_line_too_long", bytes=len(kept))
            kept, dropping = bytearray(), True
    if kept.strip():
        yield bytes(kept)
