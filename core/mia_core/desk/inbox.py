"""The inbox at the operator's desk: dead events are opened again, events that nobody should answer are dropped."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.desk.rows import DROPPED, Change, Line, Retried, Wanted, as_dict, find_row, of_people
from mia_core.errors import OperatorError
from mia_core.signals import Signals
from mia_core.statements import insert_into
from mia_core.tables import InboxRow, Mailbox, Person, metadata

_MAILBOX = and_(col(Mailbox.person_id) == col(InboxRow.person_id), col(InboxRow.state) == "open")
_LINES = select(
    col(InboxRow.person_id),
    col(InboxRow.id),
    col(InboxRow.source).label("channel"),
    col(InboxRow.state),
    case((col(InboxRow.state) == "open", col(Mailbox.reason)), else_=col(InboxRow.reason)).label("reason"),
    col(Mailbox.attempts),
    col(InboxRow.received_at).label("since"),
    col(Mailbox.due_at),
    col(Mailbox.owner),
).outerjoin(Mailbox, _MAILBOX)
_STATES = select(col(InboxRow.id), col(InboxRow.state), col(InboxRow.reason))
_WHOLE = (
    select(
        col(Person.username),
        *metadata.tables["inbox"].columns,
        col(Mailbox.attempts),
        col(Mailbox.reason).label("last_trouble"),
        col(Mailbox.due_at),
        col(Mailbox.owner),
    )
    .join(Person, col(Person.id) == col(InboxRow.person_id))
    .outerjoin(Mailbox, _MAILBOX)
)


class InboxDesk:
    """Events, and the mailboxes of the people who wait."""

    name = "inbox"
    states = ("open", "done", "ignored", "dead")

    def __init__(self, database: Database, clock: Clock, signals: Signals) -> None:
        self._database = database
        self._clock = clock
        self._signals = signals

    async def lines(self, wanted: Wanted) -> list[Line]:
        """Events, newest first. Attempts, trouble and holder are those of the person's mailbox."""
        states = (wanted.state,) if wanted.state else ("open", "dead")
        which = (col(InboxRow.state).in_(states), *of_people(InboxRow, wanted.people))
        statement = _LINES.where(*which).order_by(col(InboxRow.id).desc()).limit(wanted.limit)
        async with self._database.reading() as connection:
            return [Line(**as_dict(row)) for row in await connection.execute(statement)]

    async def dead(self, people: Sequence[int] | None) -> list[tuple[int, int]]:
        """Person and id of each dead event, oldest first."""
        statement = select(col(InboxRow.person_id), col(InboxRow.id)).where(
            col(InboxRow.state) == "dead", *of_people(InboxRow, people)
        )
        async with self._database.reading() as connection:
            found = await connection.execute(statement.order_by(col(InboxRow.id)))
            return [(person_id, row_id) for person_id, row_id in found]

    async def find(self, row_id: int, people: Sequence[int] | None) -> tuple[int, int]:
        """Person and id of the event."""
        return await find_row(self._database, InboxRow, row_id, people)

    async def whole(self, person_id: int, row_id: int) -> dict[str, Any]:
        """The event as it came in, and how it stands."""
        async with self._database.reading() as connection:
            return as_dict((await connection.execute(_WHOLE.where(_it(person_id, row_id)))).one())

    async def retry(self, person_id: int, row_ids: Sequence[int]) -> Retried:
        """Open dead events again, their tries forgotten: they stand where they stood in the person's order."""
        wanted = and_(col(InboxRow.person_id) == person_id, col(InboxRow.id).in_(row_ids))
        reopen = (
            update(InboxRow)
            .where(wanted, col(InboxRow.state) == "dead")
            .values(state="open", reason=None, turn_id=None)
            .returning(col(InboxRow.id))
        )
        async with self._database.writing() as connection:
            found = (await connection.execute(_STATES.where(wanted))).all()
            dead = any(row.state == "dead" for row in found)
            if dead:
                # the mailbox before its events, as workers do: nobody waits for the other in a circle
                await self._open_mailbox(connection, person_id)
            opened = set((await connection.execute(reopen)).scalars()) if dead else set()
        if opened:
            self._signals.announce("inbox")
        return Retried(
            tuple(Change(person_id, row_id, "open") for row_id in sorted(opened)),
            tuple(_why_not(row.id, row.state, row.reason) for row in found if row.id not in opened),
        )

    async def _open_mailbox(self, connection: AsyncConnection, person_id: int) -> None:
        """See that the person is due, with no try counted; after the turn of whoever holds them now."""
        now = self._clock()
        held = _held(now)
        fresh = {"person_id": person_id, "due_at": now, "arrivals": 1, "attempts": 0}
        statement = insert_into(self._database, Mailbox).values(**fresh)
        statement = statement.on_conflict_do_update(
            index_elements=["person_id"],
            set_={
                "arrivals": col(Mailbox.arrivals) + 1,
                "attempts": case((held, col(Mailbox.attempts)), else_=0),
                "reason": case((held, col(Mailbox.reason)), else_=None),
                "due_at": case((held, col(Mailbox.due_at)), else_=now),
            },
        )
        await connection.execute(statement)

    async def drop(self, person_id: int, row_id: int, reason: str) -> list[Change]:
        """Have an event ignored; what else the person said begins anew, with no try counted."""
        now = self._clock()
        begin_anew = (
            update(Mailbox)
            .where(col(Mailbox.person_id) == person_id, ~_held(now))
            .values(owner=None, attempts=0, reason=None, due_at=now)
        )
        ignore = (
            update(InboxRow)
            .where(_it(person_id, row_id), col(InboxRow.state).in_(("open", "dead")))
            .values(state="ignored", reason=f"{DROPPED}{reason}")
        )
        async with self._database.writing() as connection:
            state = select(col(InboxRow.state)).where(_it(person_id, row_id))
            found = (await connection.execute(state)).scalar_one()
            if found == "open" and not (await connection.execute(begin_anew)).rowcount:
                await self._require_free(connection, person_id, row_id)
            if not (await connection.execute(ignore)).rowcount:
                found = (await connection.execute(state)).scalar_one()
                raise OperatorError(f"inbox {row_id} is {found}: there is nothing to drop")
        self._signals.announce("inbox")
        return [Change(person_id, row_id, "ignored")]

    async def _require_free(self, connection: AsyncConnection, person_id: int, row_id: int) -> None:
        owner = select(col(Mailbox.owner)).where(col(Mailbox.person_id) == person_id)
        if holder := (await connection.execute(owner)).scalar_one_or_none():
            raise OperatorError(
                f"inbox {row_id}: {holder} is at this person's events just now; try again in a moment"
            )


def _it(person_id: int, row_id: int) -> ColumnElement[bool]:
    return and_(col(InboxRow.person_id) == person_id, col(InboxRow.id) == row_id)


def _held(now: datetime) -> ColumnElement[bool]:
    return and_(col(Mailbox.owner).is_not(None), col(Mailbox.due_at) > now)


def _why_not(row_id: int, state: str, reason: str | None) -> str:
    """Why an event is not opened again."""
    why = {
        "open": "is open already: it waits for its turn",
        "done": "was answered meanwhile: there is nothing to try again",
        "ignored": f"is ignored ({reason}): only dead events are tried again",
    }
    return f"inbox {row_id} {why.get(state, 'changed just now: look again')}"
