"""Serves a sandbox on a free loopback port, for tests that use a real client over real HTTP."""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from mia_bot.sandbox.app import SandboxConfig, create_app
from mia_bot.sandbox.records import Person
from mia_bot.sandbox.serve import SandboxServer
from mia_bot.sandbox.world import World
from mia_core.clock import Clock, system_clock
from mia_core.process import listen

BOT = "miaaibot"


@dataclass(frozen=True)
class Served:
    """A running sandbox."""

    origin: str
    app: Starlette

    @property
    def world(self) -> World:
        """Its state; look, but leave changes to its own thread."""
        world: World = self.app.state.world
        return world

    def person(self, username: str = "amelie_roux") -> Person:
        """One of its people."""
        return self.world.people_by_username[username]

    def token(self, username: str = "amelie_roux") -> str:
        """A person's bearer token."""
        return self.person(username).bearer_token.get_secret_value()

    @property
    def app_token(self) -> str:
        """The app's own bearer token, for the filtered stream."""
        return self.world.app.bearer_token.get_secret_value()

    def client(self, username: str | None = "amelie_roux", **options: Any) -> httpx.Client:
        """An httpx client that acts as a person, or as the app when None."""
        token = self.app_token if username is None else self.token(username)
        return httpx.Client(base_url=self.origin, headers={"Authorization": f"Bearer {token}"}, **options)


@contextmanager
def sandbox_server(
    config: SandboxConfig | None = None,
    *,
    clock: Clock = system_clock,
    extra_routes: Sequence[BaseRoute] = (),
    layers: Sequence[Middleware] = (),
) -> Iterator[Served]:
    """A sandbox served in a thread of its own, stopped cleanly when the block is left."""
    app = create_app(config or SandboxConfig(), clock=clock, extra_routes=extra_routes, layers=layers)
    with listen("127.0.0.1", 0, "port") as listener:
        server = SandboxServer(app)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            deadline = time.monotonic() + 10
            while not server.started:
                if not thread.is_alive() or time.monotonic() > deadline:
                    raise RuntimeError("the sandbox did not start")
                time.sleep(0.005)
            yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", app)
        finally:
            server.should_exit = True
            thread.join(10)
            if thread.is_alive():
                raise RuntimeError("the sandbox did not stop")
