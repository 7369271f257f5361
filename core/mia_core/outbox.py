"""The outbox: texts fixed before the first attempt, sent once, in each person's order."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.errors import LeaseLost
from mia_core.ids import IdMaker
from mia_core.outbox_statements import (
    BURY_LATER,
    FOLLOW,
    HOLD,
    LAPSE,
    MINE,
    OTHERS_SENT,
    RENEW,
    RESEND,
    WAITING,
)
from mia_core.signals import Signals
from mia_core.statements import insert_once
from mia_core.tables import OutboxRow

Channel = Literal["dm", "post"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)


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
    looks: int
    """Of an unknown one: how often X was asked for it already and did not show it."""
    state: Literal["sending", "unknown"]
    """`unknown`: it may have been sent already; ask X before sending it again."""
    created_at: datetime
    owner: str


class Outbox:
    """Fixes texts, hands them to senders, and keeps what became of them."""

    def __init__(self, database: Database, ids: IdMaker, clock: Clock, lease: timedelta, signals: Signals) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._lease = lease
        self._signals = signals

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
                "looks": 0,
                "created_at": now,
            }
            for part, (row_id, text) in enumerate(zip(ids, texts, strict=True))
        ]
        if rows:
            once = insert_once(self._database, OutboxRow, key=("person_id", "key"))
            await connection.execute(once, rows)

    def announce(self) -> None:
        """Wake the senders: something was fixed and committed."""
        self._signals.announce("outbox")

    async def waiting(self, channel: Channel, most: int) -> list[datetime]:
        """When the next texts of the channel are due, soonest first, one of each person. A read, nothing more."""
        async with self._database.reading() as connection:
            found = await connection.execute(WAITING, {"the_channel": channel, "the_most": most})
            return list(found.scalars())

    async def claim(
        self, owner: str, channel: Channel, *, most: int = 10, grace: timedelta = timedelta()
    ) -> list[Outgoing]:
        """Hold texts of the channel that are due, longest waiting first, for the length of a lease.

        Of each person only the oldest that is not settled, so that order is kept and what cannot be sent holds up
        nobody else. What a sender left in the middle of sending becomes `unknown`, and is due after `grace`.
        """
        now, holder = self._clock(), f"{owner}/{secrets.token_hex(6)}"
        lapse = {"the_channel": channel, "the_moment": now, "the_end": now + grace}
        hold = {
            "the_channel": channel,
            "the_moment": now,
            "the_end": now + self._lease,
            "the_most": most,
            "the_owner": holder,
        }
        async with self._database.writing(durable=True) as connection:
            await connection.execute(LAPSE, lapse)
            rows = (await connection.execute(HOLD, hold)).all()
        return [Outgoing(**row._mapping, owner=holder) for row in sorted(rows, key=lambda row: row.id)]  # noqa: SLF001 - the documented way to a row's names

    async def renew(self, out: Outgoing) -> bool:
        """Hold the text for another lease from now; False when somebody else does."""
        async with self._database.writing() as connection:
            mine = {**_mine(out), "the_end": self._clock() + self._lease}
            return (await connection.execute(RENEW, mine)).rowcount > 0

    async def resend(self, out: Outgoing) -> None:
        """X does not show it: it is being sent again. Raises LeaseLost when somebody else holds it by now."""
        async with self._database.writing(durable=True) as connection:
            mine = {**_mine(out), "the_end": self._clock() + self._lease}
            if (await connection.execute(RESEND, mine)).rowcount == 0:
                raise LeaseLost("the text is in another sender's hands")

    async def others_sent(self, out: Outgoing, sent_ids: Collection[str]) -> frozenset[str]:
        """Which of these posts or messages of hers are known to be other texts than this one."""
        parameters = {"the_person": out.person_id, "the_id": out.id, "the_ids": tuple(sent_ids)}
        async with self._database.reading() as connection:
            return frozenset((await connection.execute(OTHERS_SENT, parameters)).scalars())

    async def sent(self, out: Outgoing, sent_id: str) -> None:
        """It is there: X calls it `sent_id`, and the next part of a thread answers it.

        What else waits for the person is due from now: others, who have waited longer, go first.
        """
        now = self._clock()
        async with self._database.writing() as connection:
            values = {"state": "sent", "sent_id": sent_id, "sent_at": now, "reason": None}
            if await _settle(connection, out, values):
                follow = {
                    "the_person": out.person_id,
                    "the_channel": out.channel,
                    "the_id": out.id,
                    "the_moment": now,
                    "the_sent": sent_id,
                }
                await connection.execute(FOLLOW, follow)
        self._signals.remind("outbox")

    async def retry(self, out: Outgoing, *, at: datetime, reason: str, counted: bool = True) -> None:
        """It was certainly not sent; try again at `at`. `counted`: towards `bot.max_attempts`."""
        attempts = out.attempts if counted else out.attempts - 1
        await self._end(out, state="ready", due_at=at, reason=reason, attempts=attempts)

    async def reword(self, out: Outgoing, text: str) -> None:
        """It was certainly not sent, and will not be in these words: fix others in their place, due at once."""
        await self._end(
            out, state="ready", text=text, due_at=self._clock(), reason="said before in the same words"
        )

    async def unknown(self, out: Outgoing, *, at: datetime, reason: str, looks: int | None = None) -> None:
        """It may have been sent; to be looked up at `at`. `looks`: how often X has not shown it so far."""
        looks = out.looks if looks is None else looks
        await self._end(out, state="unknown", due_at=at, reason=reason, looks=looks)

    async def dead(self, out: Outgoing, *, reason: str) -> None:
        """It cannot be sent, nor can the later parts of its thread; the operator sees why."""
        async with self._database.writing() as connection:
            if await _settle(connection, out, {"state": "dead", "reason": reason}):
                await connection.execute(BURY_LATER, {"the_person": out.person_id, "the_id": out.id})

    async def _end(self, out: Outgoing, **values: Any) -> None:
        async with self._database.writing() as connection:
            await _settle(connection, out, values)
        self._signals.remind("outbox")


def _mine(out: Outgoing) -> dict[str, Any]:
    return {"the_person": out.person_id, "the_id": out.id, "the_owner": out.owner}


async def _settle(connection: AsyncConnection, out: Outgoing, values: dict[str, Any]) -> bool:
    """Write an outcome, and let go; False, with nothing written, when somebody else holds the row by now."""
    statement = update(OutboxRow).where(MINE).values(owner=None, **values)
    return (await connection.execute(statement, _mine(out))).rowcount > 0
