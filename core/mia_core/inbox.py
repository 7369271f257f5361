"""The inbox: events are accepted once, a person is held by one worker, and each event ends with an outcome."""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Literal, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Delete, Update, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.errors import LeaseLost
from mia_core.events import Author, Event
from mia_core.ids import IdMaker
from mia_core.statements import insert_into
from mia_core.tables import FeelingRow, InboxRow, Mailbox, Person

EndState = Literal["done", "ignored", "dead"]

Statement = TypeVar("Statement", Delete, Update)

_BATCH = 200
_MOST_EVENTS = 20
"""Events that one turn answers at most; more wait for the next."""


@dataclass(frozen=True)
class Claim:
    """A person who is held, what waits from them, and how things stand as they are taken up."""

    owner: str
    arrivals: int
    attempts: int
    reason: str | None
    """Why the try before this one failed."""
    inbox_ids: tuple[int, ...]
    events: tuple[Event, ...]
    more_waiting: bool
    person: Person
    feeling: FeelingRow | None

    @property
    def person_id(self) -> int:
        """Who is held."""
        return self.person.id


class _Held(NamedTuple):
    """A mailbox just signed."""

    owner: str
    person_id: int
    arrivals: int
    attempts: int
    reason: str | None


class Inbox:
    """Accepts events and hands them out, person by person."""

    def __init__(self, database: Database, ids: IdMaker, clock: Clock, lease: timedelta) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._lease = lease
        self._arrived = asyncio.Event()

    async def accept(self, events: Sequence[Event]) -> int:
        """Store events that were not seen before, in one transaction. Answers how many were new."""
        new = 0
        for start in range(0, len(events), _BATCH):
            async with self._database.writing() as connection:
                new += await self._store(connection, events[start : start + _BATCH])
        if new:
            self._arrived.set()
        return new

    async def _store(self, connection: AsyncConnection, events: Sequence[Event]) -> int:
        now = self._clock()
        await self._meet(connection, [event.author for event in events], now)
        rows = [
            {
                "person_id": event.author.person_id,
                "id": self._ids(),
                "source": event.source,
                "event_id": event.event_id,
                "event": event.model_dump(mode="json", exclude_defaults=True),
                "happened_at": event.at,
                "received_at": now,
                "state": "open",
            }
            for event in sorted(events, key=lambda event: event.at)
        ]
        fresh = (
            insert_into(self._database, InboxRow)
            .on_conflict_do_nothing(index_elements=["person_id", "source", "event_id"])
            .returning(col(InboxRow.person_id))
        )
        arrived = [person_id for (person_id,) in await connection.execute(fresh, rows)]
        if arrived:
            await self._open_mailboxes(connection, sorted(set(arrived)), now)
        return len(arrived)

    async def _meet(self, connection: AsyncConnection, authors: Sequence[Author], now: datetime) -> None:
        """Make or refresh the people; in order of id, so that two receivers cannot deadlock."""
        latest = {author.person_id: author for author in authors}
        people = [
            {
                "id": person_id,
                "username": author.username,
                "name": author.name,
                "is_bot": author.is_bot,
                "created_at": now,
                "last_seen_at": now,
                "memory_version": 0,
                "message_count": 0,
            }
            for person_id, author in sorted(latest.items())
        ]
        statement = insert_into(self._database, Person)
        seen = {name: statement.excluded[name] for name in ("username", "name", "is_bot", "last_seen_at")}
        await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=seen), people)

    async def _open_mailboxes(self, connection: AsyncConnection, person_ids: Sequence[int], now: datetime) -> None:
        """See that each person is due.

        On a conflict the row is *changed*, not left alone: only so does PostgreSQL wait for a worker that is
        deleting it at this moment, instead of taking the row that is about to go for a reason to do nothing.
        """
        rows = [{"person_id": person_id, "due_at": now, "arrivals": 1, "attempts": 0} for person_id in person_ids]
        statement = insert_into(self._database, Mailbox)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["person_id"], set_={"arrivals": col(Mailbox.arrivals) + 1}
            ),
            rows,
        )

    async def claim(self, owner: str) -> Claim | None:
        """Hold the person who has been due the longest, for the length of a lease; None if nobody is due.

        A person whose holder's lease has lapsed is due again.
        """
        due = (
            select(col(Mailbox.person_id))
            .where(col(Mailbox.due_at) <= self._clock())
            .order_by(col(Mailbox.due_at))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with self._database.writing() as connection:
            held = await self._hold(connection, owner, col(Mailbox.person_id).in_(due.scalar_subquery()))
        return await self._read(held) if held else None

    async def accept_held(self, event: Event, owner: str) -> Claim | None:
        """Store an event and hold its person at once, for a caller who waits for the answer itself.

        None when another worker holds the person: the event is stored, and that worker's to answer.
        """
        async with self._database.writing() as connection:
            await self._store(connection, [event])
            person_id = event.author.person_id
            free = or_(col(Mailbox.owner).is_(None), col(Mailbox.due_at) <= self._clock())
            held = await self._hold(connection, owner, and_(col(Mailbox.person_id) == person_id, free))
        return await self._read(held) if held else None

    async def _hold(self, connection: AsyncConnection, owner: str, which: ColumnElement[bool]) -> _Held | None:
        """Sign one mailbox for the length of a lease, and count the try."""
        holder = f"{owner}/{secrets.token_hex(6)}"
        statement = (
            update(Mailbox)
            .where(which)
            .values(owner=holder, due_at=self._clock() + self._lease, attempts=col(Mailbox.attempts) + 1)
            .returning(col(Mailbox.person_id), col(Mailbox.arrivals), col(Mailbox.attempts), col(Mailbox.reason))
        )
        row = (await connection.execute(statement)).first()
        return _Held(holder, *row) if row else None

    async def _read(self, held: _Held) -> Claim | None:
        statement = (
            select(col(InboxRow.id), col(InboxRow.event), Person, FeelingRow)
            .join(Person, col(Person.id) == col(InboxRow.person_id))
            .outerjoin(FeelingRow, col(FeelingRow.person_id) == col(InboxRow.person_id))
            .where(col(InboxRow.person_id) == held.person_id, col(InboxRow.state) == "open")
            .order_by(col(InboxRow.id))
            .limit(_MOST_EVENTS + 1)
        )
        async with self._database.reading() as connection, AsyncSession(connection) as session:
            rows = (await session.execute(statement)).all()
        if not rows:
            await self._close_mailbox(held)
            return None
        events = [Event.model_validate(row.event) for row in rows]
        together = _answered_together(events)
        return Claim(
            owner=held.owner,
            arrivals=held.arrivals,
            attempts=held.attempts,
            reason=held.reason,
            inbox_ids=tuple(row.id for row in rows[:together]),
            events=tuple(events[:together]),
            more_waiting=len(rows) > together,
            person=rows[0].Person,
            feeling=rows[0].FeelingRow,
        )

    async def _close_mailbox(self, held: _Held) -> None:
        """Nothing was open after all (an operator dropped it): nobody waits."""
        async with self._database.writing() as connection:
            await connection.execute(_held(delete(Mailbox), held.person_id, held.owner))

    async def finish(
        self,
        connection: AsyncConnection,
        claim: Claim,
        *,
        state: EndState,
        reason: str | None = None,
        turn_id: int | None = None,
    ) -> None:
        """End the claimed events inside the caller's transaction, of which this must be the first statement.

        The transaction is fenced by it: LeaseLost is raised if the lease has gone to somebody else. What
        arrived meanwhile is due at once.
        """
        released = await connection.execute(
            _held(delete(Mailbox), claim.person_id, claim.owner).returning(col(Mailbox.arrivals))
        )
        arrivals = released.scalar_one_or_none()
        if arrivals is None:
            raise LeaseLost("the lease on the person lapsed and was taken over")
        await connection.execute(
            update(InboxRow)
            .where(col(InboxRow.person_id) == claim.person_id, col(InboxRow.id).in_(claim.inbox_ids))
            .values(state=state, reason=reason, turn_id=turn_id)
        )
        if claim.more_waiting or arrivals != claim.arrivals:
            await self._open_mailboxes(connection, [claim.person_id], self._clock())
            self._arrived.set()

    async def end(self, claim: Claim, *, state: EndState, reason: str) -> None:
        """End the claimed events without a turn: ignored or dead, and why."""
        async with self._database.writing() as connection:
            await self.finish(connection, claim, state=state, reason=reason)

    async def postpone(self, claim: Claim, *, until: datetime, reason: str, counted: bool = True) -> None:
        """Let go of the person and take them up again at `until`; nothing of the turn was written.

        `counted` says whether the try counts towards `bot.max_attempts`.
        """
        values: dict[str, Any] = {"owner": None, "due_at": until, "reason": reason}
        if not counted:
            values["attempts"] = claim.attempts - 1
        async with self._database.writing() as connection:
            await connection.execute(_held(update(Mailbox), claim.person_id, claim.owner).values(values))

    async def wait(self, timeout_s: float) -> None:
        """Until an event arrives in this process, or the time is up; other processes' are found by claiming."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), timeout_s)
        self._arrived.clear()


def _answered_together(events: Sequence[Event]) -> int:
    """How many of a person's waiting events, oldest first, one turn answers.

    Private messages in a row get one answer; each mention gets one of its own, where it stands.
    """
    first = events[0]
    if first.public:
        return 1
    alike = takewhile(
        lambda event: (event.source, event.conversation) == (first.source, first.conversation), events
    )
    return min(sum(1 for _ in alike), _MOST_EVENTS)


def _held(statement: Statement, person_id: int, holder: str) -> Statement:
    """Limit a statement on mailboxes to the one that this holder still holds."""
    return statement.where(col(Mailbox.person_id) == person_id, col(Mailbox.owner) == holder)
