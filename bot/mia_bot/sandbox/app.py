"""Puts the sandbox together: a Starlette app that speaks X API v2."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from mia_bot.sandbox import (
    activity_stream,
    activity_subscriptions,
    avatars,
    control,
    dms,
    media,
    oauth2,
    people,
    posts,
    stream,
    webhooks,
)
from mia_bot.sandbox.config import SandboxConfig
from mia_bot.sandbox.faults import routes as faults
from mia_bot.sandbox.faults.dice import Dice
from mia_bot.sandbox.faults.layer import FaultLayer
from mia_bot.sandbox.grants import Grants
from mia_bot.sandbox.limits import Limiter
from mia_bot.sandbox.problems import plain
from mia_bot.sandbox.seed import first_state
from mia_bot.sandbox.state_file import read_state, saved
from mia_bot.sandbox.webhooks_delivery import delivering
from mia_bot.sandbox.world import World
from mia_core.clock import Clock

__all__ = ["SandboxConfig", "create_app"]

_OPERATIONS = (
    *people.OPERATIONS,
    *stream.OPERATIONS,
    *posts.OPERATIONS,
    *dms.OPERATIONS,
    *media.OPERATIONS,
    *activity_stream.OPERATIONS,
    *activity_subscriptions.OPERATIONS,
    *webhooks.OPERATIONS,
)


def create_app(
    config: SandboxConfig,
    *,
    clock: Clock,
    extra_routes: Sequence[BaseRoute] = (),
    layers: Sequence[Middleware] = (),
) -> Starlette:
    """The sandbox; its state is `app.state.world`, a `World`.

    `extra_routes` come after its own. `layers` are pure ASGI middleware around every route, the first one
    outermost: there a fault can delay, cut or replace a call before or after it has its effect.
    Raises ValueError when the state file is of another shape.
    """
    world = _world(config, clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with saved(world, config.state_file), delivering(world, config.webhook_pauses_s):
            yield

    dice = Dice(clock, config.faults)
    own_routes = (
        *(operation.route() for operation in _OPERATIONS),
        *oauth2.ROUTES,
        *control.ROUTES,
        *faults.ROUTES,
        media.FILES,
        avatars.PICTURES,
    )
    app = Starlette(
        routes=[*own_routes, *extra_routes],
        middleware=[*layers, Middleware(FaultLayer, dice=dice, world=world)],
        exception_handlers={HTTPException: _unknown_route},
        lifespan=lifespan,
    )
    app.state.world = world
    app.state.config = config
    app.state.dice = dice
    app.state.limiter = Limiter()
    app.state.grants = Grants(world)
    app.state.streams = set()
    app.state.activity_streams = set()
    return app


def _world(config: SandboxConfig, clock: Clock) -> World:
    state = read_state(config.state_file) if config.state_file else None
    if state is None:
        state = first_state(config.bot_username, bot_premium=config.bot_premium, now=clock())
    return World(state, clock=clock)


async def _unknown_route(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    title = error.detail if isinstance(error, HTTPException) else "Internal Server Error"
    return plain(status, title, title).response()
