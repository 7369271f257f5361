"""The outbox at the operator's desk: dead texts are tried again, never twice; unwanted ones are dropped."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.desk.rows import DROPPED, Change, Line, Retried, Wanted, as_dict, find_row, of_people
from mia_core.errors import OperatorError
from mia_core.signals import Signals
from mia_core.tables import OutboxRow, Person, metadata

_WAITING = ("ready", "sending", "unknown")
_SHOWN_FOR = timedelta(days=30)
"""How long direct messages can be looked up where they were sent; after that nobody can tell."""

_LINES = select(
    col(OutboxRow.person_id),
    col(OutboxRow.id),
    col(OutboxRow.channel),
    col(OutboxRow.state),
    col(OutboxRow.reason),
    col(OutboxRow.attempts),
    col(OutboxRow.created_at).label("since"),
    case((col(OutboxRow.state).in_(_WAITING), col(OutboxRow.due_at)), else_=None).label("due_at"),
    col(OutboxRow.owner),
)
_WHOLE = select(col(Person.username), *metadata.tables["outbox"].columns).join(
    Person, col(Person.id) == col(OutboxRow.person_id)
)
_TO_RETRY = select(
    col(OutboxRow.state),
    col(OutboxRow.channel),
    col(OutboxRow.attempts),
    col(OutboxRow.after_id),
    col(OutboxRow.created_at),
    col(Person.stopped_at),
).join(Person, col(Person.id) == col(OutboxRow.person_id))
_earlier = aliased(OutboxRow)
_DEAD = and_(col(OutboxRow.state) == "dead", func.coalesce(col(OutboxRow.reason), "").not_like(f"{DROPPED}%"))
"""Dead, and not because it was dropped."""
_DEAD_BY_ITSELF = and_(
    _DEAD,
    ~exists().where(
        col(_earlier.person_id) == col(OutboxRow.person_id),
        col(_earlier.id) == col(OutboxRow.after_id),
        col(_earlier.state) == "dead",
    ),
)
"""No part of a thread that comes back with an earlier one."""
_UNSETTLED = or_(col(OutboxRow.state).in_(_WAITING), _DEAD)
_TRIED = col(OutboxRow.attempts) > 0


class OutboxDesk:
    """Texts that were fixed to be sent."""

    name = "outbox"
    states = ("ready", "sending", "unknown", "sent", "dead")

    def __init__(self, database: Database, clock: Clock, signals: Signals) -> None:
        self._database = database
        self._clock = clock
        self._signals = signals

    async def lines(self, wanted: Wanted) -> list[Line]:
        """Texts, newest first, without their words. Dropped ones are listed where `dead` is asked for."""
        state = col(OutboxRow.state) == wanted.state if wanted.state else _UNSETTLED
        statement = _LINES.where(state, *of_people(OutboxRow, wanted.people))
        statement = statement.order_by(col(OutboxRow.id).desc()).limit(wanted.limit)
        async with self._database.reading() as connection:
            return [Line(**as_dict(row)) for row in await connection.execute(statement)]

    async def dead(self, people: Sequence[int] | None) -> list[tuple[int, int]]:
        """Person and id of what died and was not dropped, oldest first; of a thread its first dead part."""
        statement = select(col(OutboxRow.person_id), col(OutboxRow.id)).where(
            _DEAD_BY_ITSELF, *of_people(OutboxRow, people)
        )
        async with self._database.reading() as connection:
            found = await connection.execute(statement.order_by(col(OutboxRow.id)))
            return [(person_id, row_id) for person_id, row_id in found]

    async def find(self, row_id: int, people: Sequence[int] | None) -> tuple[int, int]:
        """Person and id of the text."""
        return await find_row(self._database, OutboxRow, row_id, people)

    async def whole(self, person_id: int, row_id: int) -> dict[str, Any]:
        """The text, and how it stands."""
        async with self._database.reading() as connection:
            return as_dict((await connection.execute(_WHOLE.where(_it(person_id, row_id)))).one())

    async def retry(self, person_id: int, row_ids: Sequence[int]) -> Retried:
        """Let dead texts be sent after all, each with the later parts of its thread.

        One that was ever in a sender's hands becomes `unknown`: X is asked whether it is there before it is sent.
        """
        changes: dict[int, Change] = {}
        refusals = []
        async with self._database.writing() as connection:
            for row_id in sorted(set(row_ids)):
                if row_id in changes:
                    continue
                try:
                    revived = await self._revive(connection, person_id, row_id)
                    changes |= {change.id: change for change in revived}
                except OperatorError as refusal:
                    refusals.append(str(refusal))
        if changes:
            self._signals.announce("outbox")
        return Retried(tuple(changes.values()), tuple(refusals))

    async def _revive(self, connection: AsyncConnection, person_id: int, row_id: int) -> list[Change]:
        """One text and the later parts of its thread. Raises OperatorError, having changed nothing."""
        now = self._clock()
        row = (await connection.execute(_TO_RETRY.where(_it(person_id, row_id)))).one()
        if why_not := _why_not(row, now):
            raise OperatorError(f"outbox {row_id} {why_not}")
        answers = await self._post_before(connection, person_id, row_id, row.after_id) if row.after_id else None
        values: dict[str, Any] = {
            "state": case((_TRIED, "unknown"), else_="ready"),
            # one try stays on record: whoever handles the text next must know that there was one
            "attempts": case((_TRIED, 1), else_=0),
            "looks": 0,
            "due_at": now,
            "owner": None,
            "reason": None,
        }
        if answers:
            values["address"] = case((col(OutboxRow.id) == row_id, answers), else_=col(OutboxRow.address))
        thread = and_(_with_later_parts(person_id, row_id), col(OutboxRow.state) == "dead")
        revive = update(OutboxRow).where(thread).values(**values)
        back = revive.returning(col(OutboxRow.id), col(OutboxRow.state))
        revived = (await connection.execute(back)).all()
        if not revived:
            raise OperatorError(f"outbox {row_id} changed just now: look again")
        return [Change(person_id, row.id, row.state) for row in sorted(revived)]

    async def _post_before(
        self, connection: AsyncConnection, person_id: int, row_id: int, after_id: int
    ) -> str | None:
        """X's id of the post that a later part answers; None while the part before waits to be sent.

        The part before is held still until the transaction ends, so that its sender sees what comes back.
        """
        before = select(col(OutboxRow.state), col(OutboxRow.sent_id)).where(_it(person_id, after_id))
        found = (await connection.execute(before.with_for_update())).one_or_none()
        if found is None or found.state == "dead":
            raise OperatorError(
                f"outbox {row_id} is a later part of a dead thread: retry {after_id}, and it comes along"
            )
        sent_id: str | None = found.sent_id
        return sent_id

    async def drop(self, person_id: int, row_id: int, reason: str) -> list[Change]:
        """Never send a text, nor the later parts of its thread."""
        now = self._clock()
        free = or_(col(OutboxRow.owner).is_(None), col(OutboxRow.due_at) <= now)
        droppable = and_(col(OutboxRow.state) != "sent", free)
        ended = {"state": "dead", "owner": None, "reason": f"{DROPPED}{reason}"}
        async with self._database.writing() as connection:
            drop = update(OutboxRow).where(_it(person_id, row_id), droppable).values(**ended)
            if not (await connection.execute(drop)).rowcount:
                raise OperatorError(await self._why_not_dropped(connection, person_id, row_id))
            thread = and_(_with_later_parts(person_id, row_id), col(OutboxRow.state) != "sent")
            later = update(OutboxRow).where(thread).values(**ended)
            dropped = (await connection.execute(later.returning(col(OutboxRow.id)))).scalars()
            return [Change(person_id, each, "dead") for each in sorted(dropped)]

    async def _why_not_dropped(self, connection: AsyncConnection, person_id: int, row_id: int) -> str:
        statement = select(col(OutboxRow.state), col(OutboxRow.owner)).where(_it(person_id, row_id))
        row = (await connection.execute(statement)).one()
        if row.state == "sent":
            return f"outbox {row_id} was sent: there is nothing to drop"
        return f"outbox {row_id}: {row.owner} is sending it just now; try again in a moment"


def _it(person_id: int, row_id: int) -> ColumnElement[bool]:
    return and_(col(OutboxRow.person_id) == person_id, col(OutboxRow.id) == row_id)


def _with_later_parts(person_id: int, row_id: int) -> ColumnElement[bool]:
    """A row, and the posts that would follow it in a thread."""
    turn = select(col(OutboxRow.turn_id)).where(_it(person_id, row_id)).scalar_subquery()
    later = and_(col(OutboxRow.id) > row_id, col(OutboxRow.after_id).is_not(None), col(OutboxRow.turn_id) == turn)
    return and_(col(OutboxRow.person_id) == person_id, or_(col(OutboxRow.id) == row_id, later))


def _why_not(row: Any, now: datetime) -> str | None:
    """Why a text, as a row of _TO_RETRY, is not tried again; None when nothing stands against it."""
    if row.state == "sent":
        return "was sent: there is nothing to try again"
    if row.state != "dead":
        return f"is {row.state}: it waits to be sent as it is"
    if row.stopped_at and row.created_at < row.stopped_at:
        return "is for somebody who has said stop since: nothing may be sent to them"
    if row.channel == "dm" and row.attempts and now - row.created_at >= _SHOWN_FOR:
        return "is older than 30 days: X cannot tell any more whether it was sent, and twice is worse than never"
    return None
