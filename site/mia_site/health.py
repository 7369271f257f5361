"""For whoever watches over the site: is the process up, and can it do its work?"""

import asyncio
from http import HTTPStatus

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mia_core.app import App
from mia_core.errors import DatabaseError
from mia_core.outage import advice
from mia_core.schema import require_current
from mia_core.tables import InboxRow

log = structlog.get_logger(__name__)

_PATIENCE_S = 5
_NO_STORE = {"Cache-Control": "no-store"}


async def healthz(_: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers=_NO_STORE)


async def readyz(request: Request) -> Response:
    """Whether the database is reachable and migrated, and how long the oldest event has waited; 503 if not."""
    app: App = request.app.state.mia
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await require_current(app.database)
            waiting = await _oldest_waiting_s(app)
    except DatabaseError as error:
        return _not_ready("not migrated", str(error))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return _not_ready("not reachable", advice(error) or type(error).__name__)
    return JSONResponse({"ready": True, "database": "ok", "oldest_waiting_s": waiting}, headers=_NO_STORE)


async def _oldest_waiting_s(app: App) -> float | None:
    """Seconds since the oldest open event came in; None when nothing waits."""
    statement = select(func.min(col(InboxRow.received_at))).where(col(InboxRow.state) == "open")
    async with app.database.reading() as connection:
        oldest = (await connection.execute(statement)).scalar_one_or_none()
    return None if oldest is None else round((app.clock() - oldest).total_seconds(), 1)


def _not_ready(database: str, reason: str) -> Response:
    log.warning("site_not_ready", database=database, reason=reason)
    return JSONResponse(
        {"ready": False, "database": database},
        status_code=HTTPStatus.SERVICE_UNAVAILABLE,
        headers=_NO_STORE,
    )
