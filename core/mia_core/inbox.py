"""The inbox: events are accepted once, a person is held by one worker, and each event ends with an outcome."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Literal, NamedTuple

from sqlalchemy import UpdateBase
from sqlalchemy.ext.asyncio import AsyncConnection

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.errors import LeaseLost
from mia_core.events import Author, Event
from mia_core.ids import IdMaker
from mia_core.inbox_statements import (
    EMPTY,
    END,
    HOLD_DUE,
    HOLD_PERSON,
    NEXT_DUE,
    POSTPONE,
    READ,
    RELEASE,
    RENEW,
    InboxStatements,
    read_person,
    read_row,
)
from mia_core.signals import Signals
from mia_core.tables import Care, FeelingRow, Person

EndState = Literal["done", "ignored", "dead"]


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
    care: Care = field(default_factory=Care)
    """What is known for their protection; an empty row for who has none."""
    told_ai_at: datetime | None = None
    """When they were last told, on the channel of these events, that she is an AI."""

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

    def __init__(self, database: Database, ids: IdMaker, clock: Clock, lease: timedelta, signals: Signals) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._lease = lease
        self._signals = signals
        self._statements = InboxStatements(database)

    async def accept(self, events: Sequence[Event]) -> int:
        """Store events that were not seen before, in one transaction. Answers how many were new."""
        new = 0
        for start in range(0, len(events), _BATCH):
            async with self._database.writing() as connection:
                new += await self._store(connection, events[start : start + _BATCH])
        if new:
            self._signals.announce("inbox")
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
        arrived = [person_id for (person_id,) in await connection.execute(self._statements.store, rows)]
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
                "language_chosen": False,
            }
            for person_id, author in sorted(latest.items())
        ]
        await connection.execute(self._statements.meet, people)

    async def _open_mailboxes(self, connection: AsyncConnection, person_ids: Sequence[int], now: datetime) -> None:
        """See that each person is due."""
        rows = [{"person_id": person_id, "due_at": now, "arrivals": 1, "attempts": 0} for person_id in person_ids]
        await connection.execute(self._statements.open_mailboxes, rows)

    async def claim(self, owner: str) -> Claim | None:
        """Hold the person who has been due the longest, for the length of a lease; None if nobody is due.

        A person whose holder's lease has lapsed is due again.
        """
        async with self._database.writing() as connection:
            held = await self._hold(connection, owner, HOLD_DUE)
        return await self._read(held) if held else None

    async def accept_held(self, event: Event, owner: str) -> Claim | None:
        """Store an event and hold its person at once, for a caller who waits for the answer itself.

        None when another worker holds the person: the event is stored, and that worker's to answer.
        """
        async with self._database.writing() as connection:
            await self._store(connection, [event])
            held = await self._hold(connection, owner, HOLD_PERSON, the_person=event.author.person_id)
        return await self._read(held) if held else None

    async def _hold(
        self, connection: AsyncConnection, owner: str, statement: UpdateBase, **which: int
    ) -> _Held | None:
        """Sign one mailbox for the length of a lease, and count the try."""
        now, holder = self._clock(), f"{owner}/{secrets.token_hex(6)}"
        parameters = {"the_owner": holder, "the_moment": now, "the_end": now + self._lease, **which}
        row = (await connection.execute(statement, parameters)).first()
        return _Held(holder, *row) if row else None

    async def _read(self, held: _Held) -> Claim | None:
        parameters = {"the_person": held.person_id, "the_most": _MOST_EVENTS + 1}
        async with self._database.reading() as connection:
            rows = (await connection.execute(READ, parameters)).all()
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
            inbox_ids=tuple(row.inbox_id for row in rows[:together]),
            events=tuple(events[:together]),
            more_waiting=len(rows) > together,
            person=read_person(rows[0]),
            feeling=read_row(rows[0], FeelingRow),
            care=read_row(rows[0], Care) or Care(person_id=held.person_id),
            told_ai_at=rows[0].told_ai_at,
        )

    async def _close_mailbox(self, held: _Held) -> None:
        """Nothing was open after all (an operator dropped it): nobody waits."""
        async with self._database.writing() as connection:
            await connection.execute(RELEASE, {"the_person": held.person_id, "the_owner": held.owner})

    async def finish(
        self,
        connection: AsyncConnection,
        claim: Claim,
        *,
        state: EndState,
        reason: str | None = None,
        turn_id: int | None = None,
    ) -> None:
        """End the claimed events inside the caller's transaction.

        It fences the transaction: LeaseLost is raised if the lease has gone to somebody else. Before it the caller
        may lock the person's row, as those who accept events do, and nothing else. What arrived meanwhile is due
        at once.
        """
        mine = {"the_person": claim.person_id, "the_owner": claim.owner}
        arrivals = (await connection.execute(RELEASE, mine)).scalar_one_or_none()
        if arrivals is None:
            raise LeaseLost("the lease on the person lapsed and was taken over")
        end = {
            "the_person": claim.person_id,
            "the_ids": claim.inbox_ids,
            "the_state": state,
            "the_reason": reason,
            "the_turn": turn_id,
        }
        await connection.execute(END, end)
        if claim.more_waiting or arrivals != claim.arrivals:
            await self._open_mailboxes(connection, [claim.person_id], self._clock())

    async def end(self, claim: Claim, *, state: EndState, reason: str, keep_words: bool = True) -> None:
        """End the claimed events without a turn: ignored or dead, and why; their words need not be kept."""
        async with self._database.writing() as connection:
            await self.finish(connection, claim, state=state, reason=reason)
            if not keep_words:
                said = {"the_person": claim.person_id, "the_ids": claim.inbox_ids}
                await connection.execute(EMPTY, said)

    async def postpone(self, claim: Claim, *, until: datetime, reason: str, counted: bool = True) -> None:
        """Let go of the person and take them up again at `until`; nothing of the turn was written.

        `counted` says whether the try counts towards `bot.max_attempts`.
        """
        parameters = {
            "the_person": claim.person_id,
            "the_owner": claim.owner,
            "the_moment": until,
            "the_reason": reason,
            "the_attempts": claim.attempts if counted else claim.attempts - 1,
        }
        async with self._database.writing() as connection:
            await connection.execute(POSTPONE, parameters)

    async def renew(self, claim: Claim) -> bool:
        """Hold the person for another lease from now; False when somebody else does."""
        mine = {
            "the_person": claim.person_id,
            "the_owner": claim.owner,
            "the_end": self._clock() + self._lease,
        }
        async with self._database.writing() as connection:
            return (await connection.execute(RENEW, mine)).rowcount > 0

    async def next_due(self) -> datetime | None:
        """When the next person is due: in the past if one waits; None if nobody does. A read, nothing more."""
        async with self._database.reading() as connection:
            return (await connection.execute(NEXT_DUE)).scalar_one_or_none()


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
