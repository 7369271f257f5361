"""Publications: what a person lets her tell everybody, from the offer to an admin's decision, and back at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.errors import OperatorError
from mia_core.memory.embed import Vectors
from mia_core.memory.index import Remembered
from mia_core.statements import plain_insert, upsert
from mia_core.tables import Cursor, Memory, Person, Publication

APPROVED = "publications"
"""The cursor that moves with every approval, for processes to see that there is something new."""
CONSENT_VERSION = "1"
"""Of what is agreed to, in a DM or on the site; rises whenever that changes. Its words stand with each consent."""
Decision = Literal["approved", "declined"]
_OPEN = ("offered", "approved")


@dataclass(frozen=True)
class Consent:
    """What the person agreed to, and how."""

    wording: str
    answer: str
    attributed: bool
    version: str = CONSENT_VERSION


@dataclass(frozen=True)
class Offered:
    """A publication as admins see it: the statement alone, and the name only if it may stand with it."""

    person_id: int
    id: int
    state: str
    statement: str
    username: str | None
    offered_at: datetime
    decided_by: str | None


@dataclass(frozen=True)
class Statement:
    """What is offered: a memory's words, with their vector."""

    memory: Remembered
    vector: Vectors
    embedding_model: str


async def offer(
    connection: AsyncConnection,
    person_id: int,
    publication_id: int,
    said: Statement,
    consent: Consent,
    now: datetime,
) -> None:
    """Offer a memory's words to everybody, under a new id. An earlier offer of it is taken back."""
    memory = said.memory
    await revoke(connection, person_id, now, memory_ids=(memory.id,))
    row = {
        "person_id": person_id,
        "id": publication_id,
        "memory_id": memory.id,
        "statement": memory.statement,
        "attributed": consent.attributed,
        "consent_version": consent.version,
        "consent_wording": consent.wording,
        "consent_answer": consent.answer,
        "offered_at": now,
        "embedding": said.vector.astype("<f2").tobytes(),
        "embedding_model": said.embedding_model,
    }
    await connection.execute(plain_insert(Publication), [row])
    await _show(connection, person_id, (memory.id,), "offered")


async def revoke(
    connection: AsyncConnection, person_id: int, now: datetime, *, memory_ids: Collection[int] | None = None
) -> int:
    """Take back what is offered or approved, of some memories or of all; answers how many there were.

    It holds from the commit on: whoever is about to use a statement asks the table once more.
    """
    of_these = [] if memory_ids is None else [col(Publication.memory_id).in_(memory_ids)]
    taken = await connection.execute(
        update(Publication)
        .where(col(Publication.person_id) == person_id, col(Publication.state).in_(_OPEN), *of_these)
        .values(state="revoked", revoked_at=now)
        .returning(col(Publication.memory_id))
    )
    revoked = list(taken.scalars())
    if revoked:
        await _show(connection, person_id, revoked, "private")
    return len(revoked)


async def public_memory_ids(database: Database, person_id: int) -> frozenset[int]:
    """Memories of a person that are offered or approved."""
    statement = select(col(Publication.memory_id)).where(
        col(Publication.person_id) == person_id, col(Publication.state).in_(_OPEN)
    )
    async with database.reading() as connection:
        return frozenset((await connection.execute(statement)).scalars())


async def publications(database: Database, state: str, limit: int) -> list[Offered]:
    """Those in a state, the oldest first: for admins."""
    statement = _seen().where(col(Publication.state) == state).order_by(col(Publication.id)).limit(limit)
    async with database.reading() as connection:
        return [_offered(row) for row in await connection.execute(statement)]


async def decide(database: Database, clock: Clock, publication_id: int, decision: Decision, by: str) -> Offered:
    """Approve or decline what is offered; of two admins the first decides, and the other is told.

    Raises OperatorError, with nothing changed, when it is decided, taken back or forgotten already.
    """
    now = clock()
    async with database.writing() as connection:
        decided = await connection.execute(
            update(Publication)
            .where(col(Publication.id) == publication_id, col(Publication.state) == "offered")
            .values(state=decision, decided_at=now, decided_by=by)
        )
        row = (await connection.execute(_seen().where(col(Publication.id) == publication_id))).first()
        if row is None:
            raise OperatorError(f"{publication_id}: there is no such offer, or it was forgotten")
        if decided.rowcount == 0:
            who = f" by {row.decided_by}" if row.decided_by else ""
            raise OperatorError(f"{publication_id}: cannot be {decision}: it is {row.state} already{who}")
        await _show(connection, row.person_id, (row.memory_id,), decision)
        if decision == "approved":
            moved = upsert(database, Cursor, key=("name",), changed=("value", "moved_at"))
            mark = f"{publication_id} {now.isoformat()}"
            await connection.execute(moved, [{"name": APPROVED, "value": mark, "moved_at": now}])
    return _offered(row)


def _seen() -> Select[*tuple[Any, ...]]:
    return select(
        col(Publication.person_id),
        col(Publication.id),
        col(Publication.memory_id),
        col(Publication.state),
        col(Publication.statement),
        col(Publication.attributed),
        col(Publication.offered_at),
        col(Publication.decided_by),
        col(Person.username),
    ).join(Person, col(Person.id) == col(Publication.person_id))


def _offered(row: Row[*tuple[Any, ...]]) -> Offered:
    return Offered(
        person_id=row.person_id,
        id=row.id,
        state=row.state,
        statement=row.statement,
        username=row.username if row.attributed else None,
        offered_at=row.offered_at,
        decided_by=row.decided_by,
    )


async def _show(connection: AsyncConnection, person_id: int, memory_ids: Collection[int], visibility: str) -> None:
    """Say in the memories themselves who may see them."""
    await connection.execute(
        update(Memory)
        .where(col(Memory.person_id) == person_id, col(Memory.id).in_(memory_ids))
        .values(visibility=visibility)
    )
