"""Cases that wait for an operator: signs of age and pauses, listed, lifted or confirmed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.errors import OperatorError
from mia_core.tables import Care, CareCase, InboxRow, Person, metadata

Decision = Literal["lifted", "confirmed"]
_KEPT = frozenset({"person", "care", "care_case", "inbox", "mailbox"})
"""Tables that tell whom not to answer, and what was seen already; what people said in them is taken out."""


@dataclass(frozen=True)
class SeenCase:
    """A case, without anything that the person said."""

    person_id: int
    id: int
    kind: str
    sign: str
    channel: str
    event_id: str
    state: str
    opened_at: datetime
    decision: str | None
    decided_by: str | None


async def cases(database: Database, state: str, limit: int) -> list[SeenCase]:
    """Those in a state, the oldest first."""
    statement = _seen().where(col(CareCase.state) == state).order_by(col(CareCase.id)).limit(limit)
    async with database.reading() as connection:
        return [_case(row) for row in await connection.execute(statement)]


async def words_of(database: Database, case_id: int) -> tuple[SeenCase, str]:
    """A case with what the person wrote in the event that opened it. Raises OperatorError if there is none."""
    async with database.reading() as connection:
        found = await _one(connection, case_id)
        event = select(col(InboxRow.event)).where(
            col(InboxRow.person_id) == found.person_id, col(InboxRow.event_id) == found.event_id
        )
        document = (await connection.execute(event)).scalars().first() or {}
    return found, str(document.get("text", ""))


async def decide_case(database: Database, clock: Clock, case_id: int, decision: Decision, by: str) -> SeenCase:
    """Lift what a case brought about, or confirm it; of two operators the first decides.

    A confirmed sign of age deletes all that is stored of the person but who they are on X, so that nobody
    answers them, whatever birthday they name next. Raises OperatorError when it is decided already.
    """
    now = clock()
    async with database.writing() as connection:
        found = await _one(connection, case_id)
        decided = await connection.execute(
            update(CareCase)
            .where(
                col(CareCase.person_id) == found.person_id,
                col(CareCase.id) == case_id,
                col(CareCase.state) == "open",
            )
            .values(state="closed", decision=decision, decided_at=now, decided_by=by)
        )
        if decided.rowcount == 0:
            raise OperatorError(f"{case_id}: is {found.decision} already by {found.decided_by}")
        if decision == "lifted":
            await _lift(connection, found)
        elif found.kind == "age":
            await _forget_child(connection, found.person_id)
        return await _one(connection, case_id)


async def _lift(connection: AsyncConnection, found: SeenCase) -> None:
    """The person is answered again."""
    columns: dict[str, Any] = (
        {"quarantined_at": None} if found.kind == "age" else {"paused_until": None, "strikes": 0, "pauses": 0}
    )
    await connection.execute(update(Care).where(col(Care.person_id) == found.person_id).values(**columns))


async def _forget_child(connection: AsyncConnection, person_id: int) -> None:
    for table in reversed(metadata.sorted_tables):
        if "person_id" in table.columns and table.name not in _KEPT:
            await connection.execute(delete(table).where(table.columns.person_id == person_id))
    await connection.execute(update(InboxRow).where(col(InboxRow.person_id) == person_id).values(event={}))
    nobody = {"username": "", "name": "", "language": None, "message_count": 0, "session_id": None}
    version = {"memory_version": col(Person.memory_version) + 1, "last_message_at": None}
    await connection.execute(update(Person).where(col(Person.id) == person_id).values(**nobody, **version))


async def _one(connection: AsyncConnection, case_id: int) -> SeenCase:
    row = (await connection.execute(_seen().where(col(CareCase.id) == case_id))).first()
    if row is None:
        raise OperatorError(f"{case_id}: there is no such case; `mia care list` shows those that wait")
    return _case(row)


def _seen() -> Select[*tuple[Any, ...]]:
    return select(
        col(CareCase.person_id),
        col(CareCase.id),
        col(CareCase.kind),
        col(CareCase.sign),
        col(CareCase.channel),
        col(CareCase.event_id),
        col(CareCase.state),
        col(CareCase.opened_at),
        col(CareCase.decision),
        col(CareCase.decided_by),
    )


def _case(row: Row[*tuple[Any, ...]]) -> SeenCase:
    return SeenCase(**row._mapping)  # noqa: SLF001 - the documented way to a row's columns by name
