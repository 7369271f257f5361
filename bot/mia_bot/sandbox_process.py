"""The process `mia sandbox`: X and xAI on this machine, from settings to a clean stop."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import structlog
from pydantic import ValidationError
from starlette.routing import BaseRoute

from mia_bot.sandbox.app import SandboxConfig, create_app
from mia_bot.sandbox.faults.plan import FaultPlan
from mia_bot.sandbox.page.routes import Page
from mia_bot.sandbox.serve import SandboxServer
from mia_bot.sandbox.xai.routes import ScriptedXai
from mia_core.clock import system_clock
from mia_core.database import Database, async_url, open_database
from mia_core.errors import DatabaseError, OperatorError
from mia_core.log import configure
from mia_core.process import listen, stop_requested
from mia_core.schema import require_current
from mia_core.settings import SandboxSettings, Settings, load_settings

log = structlog.get_logger(__name__)


async def serve_sandbox(
    config: Path | None, *, port: int | None, state: Path | None, real_limits: bool, faults: Path | None
) -> None:
    """Serve until SIGTERM or SIGINT; what is given here goes before the configuration. Raises OperatorError."""
    settings = load_settings(config)
    configure(settings.log, process="sandbox")
    stop_requested()  # uvicorn listens to the same signals, and would end the process before the state is saved
    own = settings.sandbox
    wanted = SandboxConfig(
        bot_username=settings.x.username,
        state_file=state or own.state_file,
        real_limits=real_limits or own.real_limits,
        faults=_plan(faults) if faults else FaultPlan(),
    )
    async with AsyncExitStack() as stack:
        database = await _open_mind(stack, settings)
        page = Page(database=database, thinker=_thinker(settings), clock=system_clock)
        routes = (*ScriptedXai(system_clock).routes(), *page.routes())
        await _serve(wanted, routes, own, own.port if port is None else port)
    log.info("sandbox_stopped")


def _plan(file: Path) -> FaultPlan:
    """Raises OperatorError when the file is no plan of faults."""
    try:
        return FaultPlan.model_validate_json(file.read_bytes())
    except OSError as error:
        raise OperatorError(f"--faults: {file} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "it"
        raise OperatorError(f"--faults: {file}: {place}: {first['msg']}") from None


async def _serve(wanted: SandboxConfig, routes: Sequence[BaseRoute], own: SandboxSettings, port: int) -> None:
    with listen(own.host, port, "--port or sandbox.port") as listener:
        try:
            app = create_app(wanted, clock=system_clock, extra_routes=routes)
        except ValueError as error:
            raise OperatorError(f"sandbox.state_file: {error}") from None
        host, taken_port = listener.getsockname()[:2]
        log.info("sandbox_started", address=f"http://{host}:{taken_port}")
        await SandboxServer(app).serve(sockets=[listener])


async def _open_mind(stack: AsyncExitStack, settings: Settings) -> Database | None:
    """MIA's database, for the page to look into; None where there is none yet. Nothing is made or changed."""
    if not _is_made(settings.database.url):
        return None
    try:
        database = await stack.enter_async_context(open_database(settings.database))
        await require_current(database)
    except DatabaseError as error:
        log.info("sandbox_without_mind", reason=str(error))
        return None
    return database


def _is_made(url: str) -> bool:
    """Whether there is a database to open: opening SQLite's would make the file."""
    parsed = async_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").exists()


def _thinker(settings: Settings) -> str:
    """What answers here, in a sentence for the page."""
    if settings.xai.api_key or f":{settings.sandbox.port}/" not in f"{settings.xai.base_url}/":
        return f"MIA thinks with {settings.xai.model}."
    return "A script answers in MIA's place, not Grok."
