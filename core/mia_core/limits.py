"""Limits of a service, shared: what its answers tell is kept, and requests are set aside before they are made.

So processes that send side by side do not run into a limit together, and one that starts anew knows what is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Row, Select, Update, select, update
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.statements import upsert
from mia_core.tables import LimitWindow

WINDOW = timedelta(minutes=15)
"""X counts most limits by quarters of an hour."""
UNTOLD = timedelta(minutes=1)
"""How long a new window is taken to be until an answer tells: whoever set its requests aside may have died before
one came, and nobody else shall wait a whole window for that."""
_SAME = timedelta(seconds=2)
"""Two ends of a window that are no further apart are the same end: X tells it in whole seconds."""


@dataclass(frozen=True)
class Told:
    """What one answer said of a limit."""

    size: int
    remaining: int
    resets_at: datetime


@dataclass(frozen=True)
class Grant:
    """How many requests may be made now; if none, when there are some again."""

    count: int
    free_at: datetime | None = None


@dataclass(frozen=True)
class Taken:
    """How much was taken of a limit of one's own, and when its window ends."""

    count: int
    resets_at: datetime


class Limits:
    """Sets requests aside, and learns from answers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def reserve(self, names: Sequence[str], wanted: int) -> Grant:
        """Set up to `wanted` requests aside, as many as every one of these limits has room for.

        A limit that no answer has told of yet holds nobody back.
        """
        now = self._clock()
        async with self._database.writing() as connection:
            windows = [_open(row, now) for row in await connection.execute(_read(names))]
            granted = min([wanted, *(window.remaining for window in windows)])
            if granted <= 0:
                return Grant(0, max(window.resets_at for window in windows if window.remaining <= 0))
            for window in windows:
                left = {"remaining": window.remaining - granted, "resets_at": window.resets_at}
                await connection.execute(_of(window.name).values(**left))
        return Grant(granted)

    async def take(self, name: str, size: int, length: timedelta, wanted: int) -> Taken:
        """Take up to `wanted` of a limit of one's own: `size` in each window of that length.

        What a process has taken is its own until the window ends.
        """
        now = self._clock()
        async with self._database.writing() as connection:
            row = (await connection.execute(_read((name,)))).first()
            goes_on = row is not None and row.resets_at > now
            left, resets_at = (row.remaining, row.resets_at) if row and goes_on else (size, now + length)
            taken = min(wanted, left)
            changed = {"name": name, "size": size, "remaining": left - taken, "resets_at": resets_at}
            columns = ("size", "remaining", "resets_at")
            await connection.execute(
                upsert(self._database, LimitWindow, key=("name",), changed=columns), [changed]
            )
        return Taken(taken, resets_at)

    async def give_back(self, names: Sequence[str], count: int) -> None:
        """Requests that were set aside and not made."""
        if count:
            given = update(LimitWindow).where(col(LimitWindow.name).in_(names))
            async with self._database.writing() as connection:
                await connection.execute(_read(names))  # locks them in the order in which everybody does
                await connection.execute(given.values(remaining=col(LimitWindow.remaining) + count))

    async def close(self, name: str, until: datetime) -> None:
        """Nothing may be made until then; after it, one request at first if the limit's size is not known."""
        row = {"name": name, "size": 1, "remaining": 0, "resets_at": until}
        statement = upsert(self._database, LimitWindow, key=("name",), changed=("remaining", "resets_at"))
        async with self._database.writing() as connection:
            await connection.execute(statement, [row])

    async def learn(self, told: Mapping[str, Told]) -> None:
        """Keep what answers said, by name. Within a window what others have set aside stays set aside."""
        if not told:
            return
        changed = ("size", "remaining", "resets_at")
        statement = upsert(self._database, LimitWindow, key=("name",), changed=changed)
        async with self._database.writing() as connection:
            known = {row.name: row for row in await connection.execute(_read(tuple(told)))}
            rows = [{"name": name, **asdict(_merged(told[name], known.get(name)))} for name in sorted(told)]
            await connection.execute(statement, rows)


class _Window(NamedTuple):
    name: str
    remaining: int
    resets_at: datetime


def _read(names: Sequence[str]) -> Select[str, int, int, datetime]:
    """In order of their names, so that two processes cannot deadlock."""
    columns = (
        col(LimitWindow.name),
        col(LimitWindow.size),
        col(LimitWindow.remaining),
        col(LimitWindow.resets_at),
    )
    name = columns[0]
    return select(*columns).where(name.in_(names)).order_by(name).with_for_update()


def _of(name: str) -> Update:
    return update(LimitWindow).where(col(LimitWindow.name) == name)


def _open(row: Row[str, int, int, datetime], now: datetime) -> _Window:
    """The window as it is now: a new one where the last has ended."""
    if row.resets_at <= now:
        return _Window(row.name, row.size, now + UNTOLD)
    return _Window(row.name, row.remaining, row.resets_at)


def _merged(told: Told, known: Row[str, int, int, datetime] | None) -> Told:
    """What is left by an answer, less what others have set aside in the same window."""
    if known and abs(known.resets_at - told.resets_at) <= _SAME:
        return replace(told, remaining=min(told.remaining, known.remaining))
    return told
