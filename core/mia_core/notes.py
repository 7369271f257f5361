"""Notes for operators: what changed about her without anybody's doing at that moment, such as another model."""

from datetime import datetime
from typing import Literal, NamedTuple

import structlog
from sqlalchemy import select
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.ids import IdMaker
from mia_core.statements import plain_insert
from mia_core.tables import Note

log = structlog.get_logger(__name__)

Kind = Literal["persona", "model"]


class Noted(NamedTuple):
    """One note."""

    at: datetime
    kind: str
    value: str


class Notes:
    """Keeps what persona and model she answers with, and announces a change of either once."""

    def __init__(self, database: Database, ids: IdMaker, clock: Clock) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._seen: dict[Kind, str] = {}

    async def see(self, kind: Kind, value: str) -> None:
        """Say what she answers with now. The database is asked only where this process has not seen it before."""
        if self._seen.get(kind) == value:
            return
        latest = select(col(Note.value)).where(col(Note.kind) == kind).order_by(col(Note.id).desc()).limit(1)
        async with self._database.writing() as connection:
            before = (await connection.execute(latest)).scalar_one_or_none()
            if before != value:
                row = {"id": self._ids(), "at": self._clock(), "kind": kind, "value": value}
                await connection.execute(plain_insert(Note), [row])
        self._seen[kind] = value
        if before is not None and before != value:
            log.warning("she_changed", what=kind, before=before, after=value)

    async def latest(self, limit: int) -> list[Noted]:
        """The newest notes first."""
        statement = (
            select(col(Note.at), col(Note.kind), col(Note.value)).order_by(col(Note.id).desc()).limit(limit)
        )
        async with self._database.reading() as connection:
            return [Noted(*row) for row in await connection.execute(statement)]
