"""One API call: an operation's table entry, and the way every call goes through it.

The way is: authenticate, check scheme and scopes, count against the limit, handle, add the headers.
What shall disturb calls from outside (faults) goes around it as ASGI middleware, see `app.create_app`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mia_bot.sandbox.auth import SCHEME_NAMES, Caller, Scheme, authenticate, person_of
from mia_bot.sandbox.config import SandboxConfig
from mia_bot.sandbox.fields import Projector
from mia_bot.sandbox.limits import GENEROUS, Limit, Limiter, Standing
from mia_bot.sandbox.params import Query
from mia_bot.sandbox.problems import Problem, forbidden, plain, unsupported_authentication
from mia_bot.sandbox.records import Person
from mia_bot.sandbox.selection import selection
from mia_bot.sandbox.world import World

PEOPLE: frozenset[Scheme] = frozenset({"oauth2", "oauth1"})
APP: frozenset[Scheme] = frozenset({"app"})
ANYONE = PEOPLE | APP


@dataclass(frozen=True)
class Call:
    """A request that may go ahead, with all that a handler needs."""

    request: Request
    world: World
    config: SandboxConfig
    caller: Caller
    now: datetime

    @property
    def person(self) -> Person:
        """Who calls, on the routes that take people."""
        return person_of(self.caller)

    @property
    def query(self) -> Query:
        """The query parameters."""
        return Query(self.request)

    @property
    def origin(self) -> str:
        """The sandbox's own address as the client knows it, without a slash at the end."""
        return str(self.request.base_url).rstrip("/")

    def projector(self) -> Projector:
        """Writes records with the fields that the request asks for."""
        return Projector(self.world, selection(self.query), self.origin)

    def is_bot(self) -> bool:
        """Whether the bot's account calls: X's rules for automated replies hold for it alone."""
        return self.person.username.lower() == self.config.bot_username.lower()


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True)
class Operation:
    """One row of the API: where, who, with which scopes, and how often by X's real limits.

    Operations with the same `bucket` share a limit.
    """

    method: str
    path: str
    handler: Handler
    scopes: str
    schemes: frozenset[Scheme] = ANYONE
    limits: Sequence[Limit] = GENEROUS
    bucket: str = ""

    def route(self) -> Route:
        """As a Starlette route."""

        async def endpoint(request: Request) -> Response:
            return await _run(self, request)

        return Route(self.path, endpoint, methods=[self.method], name=f"{self.method} {self.path}")


def answer_json(content: dict[str, Any], status: int = 200) -> JSONResponse:
    """A successful answer."""
    return JSONResponse(content, status_code=status)


async def _run(operation: Operation, request: Request) -> Response:
    world: World = request.app.state.world
    config: SandboxConfig = request.app.state.config
    now = world.now
    try:
        caller = await authenticate(request, world, now)
    except Problem as problem:
        standing = _take(operation, request, "unknown", now)
        return _with_headers((_too_many() if standing.refused else problem).response(), standing)
    standing = _take(operation, request, caller.key, now)
    try:
        if standing.refused:
            raise _too_many()
        _check(operation, caller)
        response = await operation.handler(Call(request, world, config, caller, now))
    except Problem as problem:
        response = problem.response()
    return _with_headers(response, standing)


def _take(operation: Operation, request: Request, caller: str, now: datetime) -> Standing:
    limiter: Limiter = request.app.state.limiter
    real = request.app.state.config.real_limits
    bucket = operation.bucket or f"{operation.method} {operation.path}"
    return limiter.take(bucket, caller, operation.limits if real else GENEROUS, now)


def _check(operation: Operation, caller: Caller) -> None:
    if caller.scheme not in operation.schemes:
        supported = ", ".join(SCHEME_NAMES[scheme] for scheme in sorted(operation.schemes))
        raise unsupported_authentication(SCHEME_NAMES[caller.scheme], supported)
    if not caller.may(frozenset(operation.scopes.split())):
        raise forbidden("The token lacks a scope that this endpoint needs: " + operation.scopes)


def _too_many() -> Problem:
    return plain(429, "Too Many Requests", "Too Many Requests")


def _with_headers(response: Response, standing: Standing) -> Response:
    response.headers.update(standing.headers)
    return response
