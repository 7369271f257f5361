"""tweepy's asynchronous client on the configured origin, with our signing, time-outs and errors."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import aiohttp
from tweepy.asynchronous import AsyncClient
from yarl import URL

from mia_bot.errors import XRateLimited, XUnauthorized, XUnavailable, XUncertain
from mia_bot.x.auth import Auth, Method
from mia_bot.x.faults import fault, moment_of
from mia_core.clock import Clock
from mia_core.limits import Told

_NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_ID = re.compile(r"\d{2,}")
A_DAY = " a day"
_KEPT_S = 4.0
"""A connection that rests for longer is opened anew: one that the server closes just now makes a send unclear."""


class Wire(AsyncClient):  # type: ignore[misc]  # tweepy has no types
    """Every request of tweepy's goes through `request`, which is ours.

    tweepy writes https://api.twitter.com into each address, signs OAuth 1.0a over that, reads HTML as JSON, and
    hides the headers. Its routes and parameters are what we use it for.
    """

    def __init__(self, origin: str, auth: Auth, session: aiohttp.ClientSession, clock: Clock) -> None:
        super().__init__(return_type=aiohttp.ClientResponse)
        self.session = session
        self.limits: dict[str, Told] = {}
        """What X last said of each limit, by `limit_name`; those of a day have ` a day` behind it."""
        self._origin = origin
        self._auth = auth
        self._clock = clock

    async def request(
        self,
        method: Method,
        route: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        user_auth: bool = False,  # noqa: ARG002 - tweepy's way of choosing; ours is `auth`
    ) -> aiohttp.ClientResponse:
        """One request, with a second try after the token was renewed. Raises XError for all but success."""
        url = URL(self._origin + route).with_query(sorted((params or {}).items()))
        signature = await self._auth.headers(method, str(url))
        try:
            return await self._send(method, route, url, signature, json)
        except XUnauthorized:
            if not await self._auth.renew(signature):
                raise
        return await self._send(method, route, url, await self._auth.headers(method, str(url)), json)

    async def _send(
        self, method: Method, route: str, url: URL, signature: Mapping[str, str], body: Any
    ) -> aiohttp.ClientResponse:
        write = method != "GET"
        headers = {"User-Agent": self.user_agent, **signature}
        try:
            # A redirect would turn a POST into a GET elsewhere; X's API has none.
            async with self.session.request(
                method, url, json=body, headers=headers, allow_redirects=False
            ) as response:
                content = await response.read()
        except _NEVER_LEFT as error:
            raise XUnavailable(f"no connection to X ({type(error).__name__})") from None
        except (TimeoutError, aiohttp.ClientError) as error:
            if write:
                raise XUncertain(f"no answer from X ({type(error).__name__})") from None
            raise XUnavailable(f"no answer from X ({type(error).__name__})") from None
        name = limit_name(method, route)
        self.limits |= told_limits(name, response.headers)
        if 200 <= response.status < 300:
            return response
        failure = fault(response.status, response.headers, content, write=write, now=self._clock())
        if isinstance(failure, XRateLimited):
            self._close(name, failure.retry_at)
        raise failure

    def _close(self, name: str, until: datetime) -> None:
        """X refuses: whatever its headers say, nothing is left until then."""
        known = self.limits.get(name)
        self.limits[name] = Told(size=known.size if known else 1, remaining=0, resets_at=until)


def told_limits(name: str, headers: Mapping[str, str]) -> dict[str, Told]:
    """What an answer's headers tell of the endpoint's limits: of its window, and of its day where X has one."""
    families = {
        "x-rate-limit": name,
        "x-user-limit-24hour": f"{name}{A_DAY}",
        "x-app-limit-24hour": f"{name}{A_DAY}",
    }
    found = dict[str, Told]()
    for family, full_name in families.items():
        reset = moment_of(headers.get(f"{family}-reset", ""))
        size, remaining = headers.get(f"{family}-limit", ""), headers.get(f"{family}-remaining", "")
        if reset and remaining.isdecimal():
            size = size if size.isdecimal() else max(remaining, "1", key=int)
            told = Told(size=int(size), remaining=int(remaining), resets_at=reset)
            found[full_name] = min(told, found.get(full_name, told), key=lambda each: each.remaining)
    return found


def limit_name(method: str, route: str) -> str:
    """The endpoint that a limit counts for."""
    return f"{method} {_ID.sub('*', route.removeprefix('/2'))}"


async def document(response: aiohttp.ClientResponse, *, write: bool = False) -> dict[str, Any]:
    """The JSON of a success. Raises XUnavailable, or XUncertain after a write, where there is none."""
    try:
        found = await response.json(content_type=None)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    if write:
        raise XUncertain("X's answer is no JSON")
    raise XUnavailable("X's answer is no JSON")


async def listing(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The JSON of a page. Raises XUnavailable where errors stand in its place: that is not the last page."""
    found = await document(response)
    if "data" not in found and "meta" not in found:
        raise XUnavailable("X's answer is no page")
    return found


def open_session(timeout_s: float) -> aiohttp.ClientSession:
    """One session for the client's life."""
    timeout = aiohttp.ClientTimeout(total=timeout_s, connect=timeout_s / 2)
    return aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(keepalive_timeout=_KEPT_S))
