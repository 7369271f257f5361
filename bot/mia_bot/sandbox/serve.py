"""Serves a sandbox with uvicorn, so that its endless streams do not hold up a stop."""

import socket

import uvicorn
from starlette.applications import Starlette


class SandboxServer(uvicorn.Server):
    """A uvicorn server that ends the open streams first when it is told to stop.

    Run it with `await server.serve(sockets=[...])`; stop it by `server.should_exit = True` or a signal.
    """

    def __init__(self, app: Starlette, *, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                lifespan="on",
                timeout_graceful_shutdown=5,
                ws="none",
            )
        )
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then stop as uvicorn does."""
        self._app.state.world.hub.close()
        await super().shutdown(sockets)
