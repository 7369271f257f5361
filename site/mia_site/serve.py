"""The process `mia site`: uvicorn around the site, from settings to a clean stop."""

import socket
from pathlib import Path

import structlog
import uvicorn

from mia_core.app import open_app
from mia_core.log import configure
from mia_core.process import listen, stop_requested
from mia_core.settings import load_settings
from mia_site.app import create_app

log = structlog.get_logger(__name__)


async def serve_site(config: Path | None) -> None:
    """Serve until SIGTERM or SIGINT; open answers are finished first. Raises OperatorError."""
    settings = load_settings(config)
    configure(settings.log, process="site")
    stop_requested()  # uvicorn listens to the same signals, and would end the process before all is closed
    async with open_app(settings) as app:
        with listen(settings.site.host, settings.site.port, "site.port (MIA_SITE__PORT)") as listener:
            server = _Server(
                uvicorn.Config(
                    create_app(app),
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    lifespan="off",
                    ws="none",
                    proxy_headers=True,
                    forwarded_allow_ips=list(settings.site.trusted_proxies),
                    timeout_graceful_shutdown=5,
                )
            )
            await server.serve(sockets=[listener])
    log.info("site_stopped")


class _Server(uvicorn.Server):
    """Tells the log when it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            log.info("site_started", host=host, port=port)
