"""Shards: several databases that share the people among them; each person lives in one, whole."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy import RowMapping, Table, select
from sqlmodel import col

from mia_core.app import App, open_app
from mia_core.clock import Clock, system_clock
from mia_core.database import named
from mia_core.errors import DatabaseError
from mia_core.events import Event
from mia_core.memory.embed import Embedder
from mia_core.settings import Settings
from mia_core.tables import Cursor, Person

_ODD = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio (Knuth, The Art of Computer Programming, 6.4): spreads ids that are alike."""

PLACE = "shard"
"""Cursor that says which shard a database is."""
_ALONE = "1 of 1"


def shard_of(person_id: int, count: int) -> int:
    """Number of the shard, of `count`, that a person lives in: the same in every process, for ever."""
    return (person_id * _ODD % 2**64) * count >> 64


@dataclass(frozen=True)
class Shards:
    """One `App` for each database. What concerns no person (leases, cursors, limits, tokens) is in the first."""

    apps: tuple[App, ...]

    @property
    def home(self) -> App:
        """The first."""
        return self.apps[0]

    def of(self, person_id: int) -> App:
        """Where a person lives."""
        return self.apps[shard_of(person_id, len(self.apps))]

    async def accept(self, events: Sequence[Event]) -> int:
        """Store events, each in its person's inbox. Answers how many were new."""
        by_shard: dict[int, list[Event]] = defaultdict(list)
        for event in events:
            by_shard[shard_of(event.author.person_id, len(self.apps))].append(event)
        return sum([await self.apps[number].inbox.accept(mine) for number, mine in sorted(by_shard.items())])


@dataclass(frozen=True)
class Place:
    """One shard of several: `number` counts from 0."""

    number: int
    count: int

    @classmethod
    def read(cls, written: str) -> "Place":
        """From `2/3`, the second of three. Raises ValueError for anything else."""
        number, _, count = written.partition("/")
        place = cls(int(number) - 1, int(count))
        if not 0 <= place.number < place.count:
            raise ValueError(written)
        return place

    def __str__(self) -> str:
        return f"{self.number + 1} of {self.count}"

    def holds(self, table: Table, row: RowMapping) -> bool:
        """Whether a row of a whole database belongs here; what is of no person belongs in the first."""
        key = "id" if table.name == Person.__tablename__ else "person_id"
        if key == "id" or key in table.columns:
            return shard_of(row[key], self.count) == self.number
        return self.number == 0 and not (table.name == Cursor.__tablename__ and row["name"] == PLACE)


@asynccontextmanager
async def open_shards(
    settings: Settings, *, clock: Clock = system_clock, embedder: Embedder | None = None
) -> AsyncIterator[Shards]:
    """Open `database.url` and `database.shards`. Raises OperatorError as `open_app` does.

    One embedder serves all, and what all have spent counts for the day's budget.
    """
    apps: list[App] = []

    async def spent_today() -> int:
        return sum([await app.spending.today() for app in apps])

    async with AsyncExitStack() as stack:
        databases = settings.database.each()
        for number, one in enumerate(databases):
            own = settings.model_copy(update={"database": one})
            opened = await stack.enter_async_context(
                open_app(
                    own, clock=clock, embedder=apps[0].embedder if apps else embedder, spent_today=spent_today
                )
            )
            await _require_place(opened, Place(number, len(databases)))
            apps.append(_at_home_with(apps[0], opened) if apps else opened)
        yield Shards(tuple(apps))


async def _require_place(app: App, place: Place) -> None:
    """See that a database is the shard that it is taken for; an empty one becomes it.

    Raises DatabaseError where people would be looked for in the wrong place.
    """
    known = await app.cursors.get(PLACE)
    if known is None:
        async with app.database.reading() as connection:
            inhabited = (await connection.execute(select(col(Person.id)).limit(1))).first() is not None
        known = _ALONE if inhabited else None
    if known is None and place.count > 1:
        await app.cursors.move(PLACE, str(place))
    elif known not in (None, str(place)):
        raise DatabaseError(
            f"database.shards: {named(app.settings.database.url)} holds shard {known} and is configured as "
            f"{place}; `mia db copy --shard` brings people to where they belong"
        )


def _at_home_with(home: App, app: App) -> App:
    """A further shard, which shares with the first what concerns no person."""
    return replace(
        app,
        credentials=home.credentials,
        leases=home.leases,
        cursors=home.cursors,
        limits=home.limits,
        meters=home.meters,
    )
