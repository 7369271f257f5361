"""The process `mia sandbox`: X and xAI on this machine, from settings to a clean stop."""

from pathlib import Path

import structlog

from mia_bot.sandbox.app import SandboxConfig, create_app
from mia_bot.sandbox.serve import SandboxServer
from mia_bot.sandbox.xai.routes import ScriptedXai
from mia_core.clock import system_clock
from mia_core.errors import OperatorError
from mia_core.log import configure
from mia_core.process import listen, stop_requested
from mia_core.settings import load_settings

log = structlog.get_logger(__name__)


async def serve_sandbox(config: Path | None, *, port: int | None, state: Path | None, real_limits: bool) -> None:
    """Serve until SIGTERM or SIGINT; what is given here goes before the configuration. Raises OperatorError."""
    settings = load_settings(config)
    configure(settings.log, process="sandbox")
    stop_requested()  # uvicorn listens to the same signals, and would end the process before the state is saved
    own = settings.sandbox
    wanted = SandboxConfig(
        bot_username=settings.x.username,
        state_file=state or own.state_file,
        real_limits=real_limits or own.real_limits,
    )
    with listen(own.host, own.port if port is None else port, "--port or sandbox.port") as listener:
        try:
            app = create_app(wanted, clock=system_clock, extra_routes=ScriptedXai(system_clock).routes())
        except ValueError as error:
            raise OperatorError(f"sandbox.state_file: {error}") from None
        host, taken_port = listener.getsockname()[:2]
        log.info("sandbox_started", address=f"http://{host}:{taken_port}")
        await SandboxServer(app).serve(sockets=[listener])
    log.info("sandbox_stopped")
