"""Questions that wait for a yes: at most one a person, and only until the next message, for an hour at most."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.database import Database
from mia_core.statements import plain_insert
from mia_core.tables import Confirmation, Person

_PATIENCE = timedelta(hours=1)
_READ = select(col(Confirmation.command), col(Confirmation.request), col(Confirmation.asked_at)).where(
    col(Confirmation.person_id) == bindparam("the_person")
)
_DROP = delete(Confirmation).where(col(Confirmation.person_id) == bindparam("the_person"))


@dataclass(frozen=True)
class ToForget:
    """What is forgotten when the person says yes."""

    memory_ids: tuple[int, ...]
    message_ids: tuple[int, ...]


@dataclass(frozen=True)
class ToOffer:
    """The memory that is offered to everybody when the person says yes."""

    memory_id: int
    wording: str
    """The question as they read it."""


@dataclass(frozen=True)
class ToReset:
    """Her feelings towards the person begin anew when they say yes."""


Asked = ToForget | ToOffer | ToReset
_COMMANDS: dict[type[Asked], str] = {ToForget: "forget", ToOffer: "offer", ToReset: "reset_feelings"}


async def waiting(database: Database, person: Person, now: datetime) -> Asked | None:
    """What the person was asked in the very last message; None when that was about something else, or long ago."""
    async with database.reading() as connection:
        row = (await connection.execute(_READ, {"the_person": person.id})).first()
    if row is None or row.request["seq"] != person.message_count or now - row.asked_at > _PATIENCE:
        return None
    if row.command == "offer":
        return ToOffer(row.request["memory_id"], row.request["wording"])
    if row.command == "reset_feelings":
        return ToReset()
    return ToForget(tuple(row.request["memory_ids"]), tuple(row.request["message_ids"]))


async def ask(connection: AsyncConnection, person_id: int, request: Asked, *, seq: int, now: datetime) -> None:
    """Store a request until the person says yes; it takes the place of an earlier one.

    `seq`: of the message that asks.
    """
    await drop(connection, person_id)
    row = {
        "person_id": person_id,
        "command": _COMMANDS[type(request)],
        "request": {**asdict(request), "seq": seq},
        "asked_at": now,
    }
    await connection.execute(plain_insert(Confirmation), [row])


async def drop(connection: AsyncConnection, person_id: int) -> None:
    """Ask no longer."""
    await connection.execute(_DROP, {"the_person": person_id})
