"""What the desk knows of a row, and what inbox and outbox have in common there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlmodel import col

from mia_core.database import Database
from mia_core.errors import OperatorError
from mia_core.tables import InboxRow, OutboxRow, Person

DROPPED = "dropped by the operator: "
"""How the reason of a row begins that was dropped here."""


@dataclass(frozen=True)
class Line:
    """One row, without anybody's words."""

    person_id: int
    id: int
    channel: str
    """Of the inbox its source: dm, mention, voice or terminal; of the outbox dm or post."""
    state: str
    reason: str | None
    """Why the last try failed, or why it ended."""
    attempts: int | None
    """Tries so far; None where that is not kept."""
    since: datetime
    """When it came in, or was fixed."""
    due_at: datetime | None
    """Not before; while it is held, the end of the lease. None when it is settled."""
    owner: str | None
    """The process that holds it, or held it last."""

    def held(self, now: datetime) -> bool:
        """Whether a process has it in hand at this moment."""
        return self.owner is not None and self.due_at is not None and self.due_at > now


@dataclass(frozen=True)
class Wanted:
    """Which rows to list."""

    state: str | None = None
    """None: what is not settled, and what is dead."""
    people: tuple[int, ...] | None = None
    """None: everybody's."""
    limit: int = 50


@dataclass(frozen=True)
class Change:
    """A row that has another state now."""

    person_id: int
    id: int
    state: str


@dataclass(frozen=True)
class Retried:
    """What became of the rows of a person that should be tried again."""

    changes: tuple[Change, ...]
    refusals: tuple[str, ...] = ()
    """A sentence for each row that stays as it is."""


class Desk(Protocol):
    """Inbox or outbox, as the operator sees it. Each change is one transaction, and bots may run meanwhile."""

    @property
    def name(self) -> str:
        """inbox or outbox."""

    @property
    def states(self) -> tuple[str, ...]:
        """The states that a row can have."""

    async def lines(self, wanted: Wanted) -> list[Line]:
        """Rows, newest first."""

    async def dead(self, people: Sequence[int] | None) -> list[tuple[int, int]]:
        """Person and id of each row that may be tried again, oldest first."""

    async def find(self, row_id: int, people: Sequence[int] | None) -> tuple[int, int]:
        """Person and id of the row. Raises OperatorError when there is none."""

    async def whole(self, person_id: int, row_id: int) -> dict[str, Any]:
        """All that is stored of the row, by name: people's words too. Every look is to be logged."""

    async def retry(self, person_id: int, row_ids: Sequence[int]) -> Retried:
        """Let dead rows of one person be tried again, in the person's order."""

    async def drop(self, person_id: int, row_id: int, reason: str) -> list[Change]:
        """End a row for good. Raises OperatorError when it is settled, or held at this moment."""


async def find_people(database: Database, named: str) -> tuple[int, ...]:
    """Ids of who has this id or this name on X, with or without @. Raises OperatorError for nobody."""
    name = named.removeprefix("@")
    known = func.lower(col(Person.username)) == name.lower()
    if name.removeprefix("-").isdecimal() and abs(int(name)) < 2**63:
        known = or_(known, col(Person.id) == int(name))
    async with database.reading() as connection:
        found = tuple((await connection.execute(select(col(Person.id)).where(known))).scalars())
    if not found or not name:
        raise OperatorError(f"nobody is known by the name or id {named!r}")
    return found


async def find_row(
    database: Database, table: type[InboxRow | OutboxRow], row_id: int, people: Sequence[int] | None
) -> tuple[int, int]:
    """Person and id of a row. Ids are a person's own, so that two people's could meet in theory."""
    statement = select(col(table.person_id)).where(col(table.id) == row_id, *of_people(table, people)).limit(2)
    async with database.reading() as connection:
        owners = list((await connection.execute(statement)).scalars())
    if not owners:
        raise OperatorError(f"{table.__tablename__} {row_id}: there is no such row")
    if len(owners) > 1:
        raise OperatorError(f"{table.__tablename__} {row_id}: two people have a row of this id; add --person")
    return owners[0], row_id


def of_people(table: type[InboxRow | OutboxRow], people: Sequence[int] | None) -> tuple[ColumnElement[bool], ...]:
    """The condition that narrows rows down to some people's; none for everybody's."""
    return () if people is None else (col(table.person_id).in_(people),)


def as_dict(row: Row[Any]) -> dict[str, Any]:
    """A row's values by name."""
    return dict(row._mapping)  # noqa: SLF001 - the documented way to a row's names
