"""The outbox: texts fixed before the first attempt, sent once, in each person's order."""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Update, case, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.ids import IdMaker
from mia_core.statements import insert_once
from mia_core.tables import OutboxRow

Channel = Literal["dm", "post"]
_WAITING = ("ready", "sending", "unknown")


@dataclass(frozen=True)
class Outgoing:
    """One text that a sender holds."""

    person_id: int
    id: int
    channel: Channel
    address: str
    """Whom (an X id) or what (a post's id) it answers; for a later part, the post of the part before."""
    text: str
    attempts: int
    state: Literal["sending", "unknown"]
    """`unknown`: it may have been sent already; ask X before sending it again."""
    created_at: datetime
    owner: str


class Outbox:
    """Fixes texts, hands them to senders, and keeps what became of them."""

    def __init__(self, database: Database, ids: IdMaker, clock: Clock, lease: timedelta) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._lease = lease
        self._fixed = asyncio.Event()

    async def fix(
        self,
        connection: AsyncConnection,
        *,
        person_id: int,
        key: str,
        channel: Channel,
        address: str,
        texts: Sequence[str],
        turn_id: int | None = None,
    ) -> None:
        """Fix texts inside the caller's transaction, to be sent in order, each post answering the last one.

        `key` names what they are for: a second time for the same key changes nothing. Call `announce` when the
        transaction is committed.
        """
        now = self._clock()
        ids = [self._ids() for _ in texts]
        rows = [
            {
                "person_id": person_id,
                "id": row_id,
                "key": f"{key}:{part}",
                "channel": channel,
                "address": address,
                "after_id": ids[part - 1] if part and channel == "post" else None,
                "turn_id": turn_id,
                "text": text,
                "state": "ready",
                "due_at": now,
                "attempts": 0,
                "created_at": now,
            }
            for part, (row_id, text) in enumerate(zip(ids, texts, strict=True))
        ]
        if rows:
            once = insert_once(self._database, OutboxRow, key=("person_id", "key"))
            await connection.execute(once, rows)

    def announce(self) -> None:
        """Wake this process's sender: something was fixed and committed."""
        self._fixed.set()

    async def claim(self, owner: str, limit: int = 10) -> list[Outgoing]:
        """Hold texts that are due, oldest first, for the length of a lease.

        Of each person and channel only the oldest that is not settled, so that order is kept and what cannot
        be sent holds up nobody else. One whose holder's lease lapsed comes back as `unknown`.
        """
        now = self._clock()
        earlier = aliased(OutboxRow)
        holder = f"{owner}/{secrets.token_hex(6)}"
        held_up = exists().where(
            col(earlier.person_id) == col(OutboxRow.person_id),
            col(earlier.channel) == col(OutboxRow.channel),
            col(earlier.id) < col(OutboxRow.id),
            col(earlier.state).in_(_WAITING),
        )
        due = (
            select(col(OutboxRow.person_id), col(OutboxRow.id))
            .where(col(OutboxRow.state).in_(_WAITING), col(OutboxRow.due_at) <= now, ~held_up)
            .order_by(col(OutboxRow.due_at), col(OutboxRow.id))
            .limit(limit)
            .with_for_update(skip_locked=True, of=OutboxRow)
        )
        hold = (
            update(OutboxRow)
            .where(tuple_(col(OutboxRow.person_id), col(OutboxRow.id)).in_(due))
            .values(
                state=case((col(OutboxRow.state) == "ready", "sending"), else_="unknown"),
                owner=holder,
                due_at=now + self._lease,
                attempts=col(OutboxRow.attempts) + 1,
            )
            .returning(
                col(OutboxRow.person_id),
                col(OutboxRow.id),
                col(OutboxRow.channel),
                col(OutboxRow.address),
                col(OutboxRow.text),
                col(OutboxRow.attempts),
                col(OutboxRow.state),
                col(OutboxRow.created_at),
            )
        )
        async with self._database.writing(durable=True) as connection:
            rows = (await connection.execute(hold)).all()
        return [
            Outgoing(
                person_id=row.person_id,
                id=row.id,
                channel=row.channel,
                address=row.address,
                text=row.text,
                attempts=row.attempts,
                state=row.state,
                created_at=row.created_at,
                owner=holder,
            )
            for row in sorted(rows, key=lambda row: row.id)
        ]

    async def sent(self, out: Outgoing, sent_id: str) -> None:
        """It is there: X calls it `sent_id`, and the next part of a thread answers it."""
        async with self._database.writing() as connection:
            settled = _settling(out, state="sent", sent_id=sent_id, sent_at=self._clock(), reason=None)
            held = (await connection.execute(settled)).rowcount
            if held and out.channel == "post":
                await connection.execute(
                    update(OutboxRow)
                    .where(col(OutboxRow.person_id) == out.person_id, col(OutboxRow.after_id) == out.id)
                    .values(address=sent_id)
                )
        self._fixed.set()

    async def retry(self, out: Outgoing, *, at: datetime, reason: str, counted: bool = True) -> None:
        """It was certainly not sent; try again at `at`. `counted`: towards `bot.max_attempts`."""
        attempts = out.attempts if counted else out.attempts - 1
        await self._settle(out, state="ready", due_at=at, reason=reason, attempts=attempts)

    async def reword(self, out: Outgoing, text: str) -> None:
        """It was certainly not sent, and will not be in these words: fix others in their place, due at once."""
        await self._settle(
            out, state="ready", text=text, due_at=self._clock(), reason="said before in the same words"
        )

    async def unknown(self, out: Outgoing, *, at: datetime, reason: str) -> None:
        """It may have been sent; to be looked up at `at`."""
        await self._settle(out, state="unknown", due_at=at, reason=reason)

    async def dead(self, out: Outgoing, *, reason: str) -> None:
        """It cannot be sent, nor can the later parts of its thread; the operator sees why."""
        async with self._database.writing() as connection:
            later = select(col(OutboxRow.turn_id)).where(_is(out)).scalar_subquery()
            await connection.execute(
                update(OutboxRow)
                .where(
                    col(OutboxRow.person_id) == out.person_id,
                    col(OutboxRow.turn_id) == later,
                    col(OutboxRow.id) > out.id,
                    col(OutboxRow.after_id).is_not(None),
                )
                .values(state="dead", reason="an earlier part of the thread is dead")
            )
            await connection.execute(_settling(out, state="dead", reason=reason))

    async def wait(self, timeout_s: float) -> None:
        """Until something is fixed or settled in this process, or the time is up."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._fixed.wait(), timeout_s)
        self._fixed.clear()

    async def _settle(self, out: Outgoing, **values: Any) -> None:
        async with self._database.writing() as connection:
            await connection.execute(_settling(out, **values))


def _settling(out: Outgoing, **values: Any) -> Update:
    """Write an outcome, unless somebody else holds the row by now."""
    return update(OutboxRow).where(_is(out), col(OutboxRow.owner) == out.owner).values(owner=None, **values)


def _is(out: Outgoing) -> ColumnElement[bool]:
    return (col(OutboxRow.person_id) == out.person_id) & (col(OutboxRow.id) == out.id)
