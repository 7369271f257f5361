"""Joins an old account to the person on X whom it belongs to, and takes that back for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.app import App
from mia_core.legacy.importing import source_of
from mia_core.memory.version import raise_version
from mia_core.tables import LegacyAccount, Memory, Message, Person, Session

UNDO = timedelta(days=14)
"""How long a join can be taken back."""


@dataclass(frozen=True)
class OldAccount:
    """An account as its owner sees it before and after joining."""

    username: str
    person_id: int
    created_at: datetime
    memories: int
    messages: int
    joined_to: int | None
    joined_at: datetime | None

    def can_be_undone(self, now: datetime) -> bool:
        """Whether the join can still be taken back."""
        return self.joined_at is not None and now < self.joined_at + UNDO


async def read_account(app: App, username: str) -> OldAccount | None:
    """The account of that name, with what it holds, wherever that stands by now."""
    found = await _accounts(app, col(LegacyAccount.username) == username)
    return found[0] if found else None


async def accounts_joined_to(app: App, person_id: int) -> list[OldAccount]:
    """What a person brought along."""
    return await _accounts(app, col(LegacyAccount.joined_to) == person_id)


async def join(app: App, username: str, person_id: int, consent: str) -> bool:
    """Let all that the account holds stand under the person, merged by time. False if it is joined already."""
    taken = (
        update(LegacyAccount)
        .where(col(LegacyAccount.username) == username, col(LegacyAccount.joined_at).is_(None))
        .values(joined_to=person_id, joined_at=app.clock(), consent=consent)
    )
    return await _hand(app, taken, username, person_id, back=False)


async def undo(app: App, username: str, person_id: int) -> bool:
    """Take a join back: what came from the account, and is still there, stands by itself again.

    False when there is no such join, or it is too long ago.
    """
    left = (
        update(LegacyAccount)
        .where(
            col(LegacyAccount.username) == username,
            col(LegacyAccount.joined_to) == person_id,
            col(LegacyAccount.joined_at) > app.clock() - UNDO,
        )
        .values(joined_to=None, joined_at=None, consent=None)
    )
    return await _hand(app, left, username, person_id, back=True)


async def _hand(app: App, changed: Update, username: str, person_id: int, *, back: bool) -> bool:
    """Change the account, and hand what it holds to the person or back; False when there is none to change."""
    async with app.database.writing() as connection:
        returning = changed.returning(col(LegacyAccount.person_id))
        old_id = (await connection.execute(returning)).scalar_one_or_none()
        if old_id is None:
            return False
        from_id, to_id = (person_id, old_id) if back else (old_id, person_id)
        await _move(connection, source_of(username), from_id, to_id)
    app.indexes.forget(person_id)
    return True


async def _accounts(app: App, which: Any) -> list[OldAccount]:
    holder = func.coalesce(col(LegacyAccount.joined_to), col(LegacyAccount.person_id))
    source = source_of("") + col(LegacyAccount.username)
    memories = select(func.count()).where(col(Memory.person_id) == holder, col(Memory.source) == source)
    messages = select(func.count()).where(col(Message.person_id) == holder, col(Message.channel) == source)
    columns = ("username", "person_id", "created_at", "joined_to", "joined_at")
    statement = (
        select(
            *(col(getattr(LegacyAccount, name)) for name in columns),
            memories.scalar_subquery().label("memories"),
            messages.scalar_subquery().label("messages"),
        )
        .where(which)
        .order_by(col(LegacyAccount.username))
    )
    async with app.database.reading() as connection:
        return [OldAccount(**row) for row in (await connection.execute(statement)).mappings()]


async def _move(connection: AsyncConnection, source: str, from_id: int, to_id: int) -> None:
    """Let what is of an old account change its person, and number both people's messages anew, by time."""
    for person_id in sorted((from_id, to_id)):  # in one order, so that two who hand on do not wait for one another
        await raise_version(connection, person_id)
    # messages of the two have the same numbers: those that move are moved out of the way first
    moving = (col(Message.person_id) == from_id, col(Message.channel) == source)
    await connection.execute(update(Message).where(*moving).values(person_id=to_id, seq=-col(Message.seq)))
    for table, came_from in ((Session, col(Session.channel)), (Memory, col(Memory.source))):
        moved = update(table).where(col(table.person_id) == from_id, came_from == source)
        await connection.execute(moved.values(person_id=to_id))
    for person_id in (from_id, to_id):
        await _number(connection, person_id)


async def _number(connection: AsyncConnection, person_id: int) -> None:
    """Give a person's messages their numbers by time, and the person their count."""
    mine = col(Message.person_id) == person_id
    by_time = func.row_number().over(order_by=(col(Message.at), col(Message.id)))
    numbered = select(col(Message.id), by_time.label("place")).where(mine).subquery()
    count, most = (
        await connection.execute(select(func.count(), func.max(func.abs(col(Message.seq)))).where(mine))
    ).one()
    # beyond every number there is, then down: at no moment do two have the same
    for base in ((most or 0) + count, 0):
        placed = update(Message).where(mine, col(Message.id) == numbered.c.id)
        await connection.execute(placed.values(seq=base + numbered.c.place))
    await connection.execute(update(Person).where(col(Person.id) == person_id).values(message_count=count))
