"""Whatever X's pages leave out, repeat, disorder or refuse: every event is accepted once, and none is lost."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete

from mia_bot.errors import XError
from mia_bot.receive.dms import Dms
from mia_bot.receive.mentions import Mentions
from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.events import Event
from mia_core.settings import BotSettings, DatabaseSettings, Settings, VaultSettings
from mia_core.tables import Cursor, InboxRow, Mailbox, Meter, Person
from tests.bot.pages import ME, Odds, Pages, author_of

Kind = Literal["dms", "mentions"]
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OVERLAP = timedelta(seconds=120)
TABLES = (Cursor, Meter, InboxRow, Mailbox, Person)

some = st.sampled_from([0.0, 0.1, 0.4])
odds = st.builds(
    Odds,
    page_size=st.sampled_from([1, 2, 5, 20]),
    fault=some,
    omits=some,
    repeats=some,
    disorders=some,
    arrives=some,
    lookup_fault=st.sampled_from([0.0, 0.4, 1.0]),
    reads_in_a_window=st.sampled_from([None, None, 3, 15]),
)
step = st.one_of(
    st.tuples(st.just("arrive"), st.sampled_from([1, 2, 7, 40])),
    st.tuples(st.just("wait"), st.sampled_from([1, 20, 100, 121, 1000])),
    st.tuples(st.sampled_from(["poll", "poll", "poll", "restart", "crash", "refuse", "expire"]), st.just(0)),
)
POLL, FEW, MANY = ("poll", 0), ("arrive", 7), ("arrive", 40)
many = hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that each example sets back."""
    return ManualClock(START)


@pytest.fixture
def settings(migrated_sqlite: Path, tmp_path: Path) -> Settings:
    """A database, kept open for all examples; nothing else is needed."""
    file = tmp_path / "mia.sqlite3"
    shutil.copy(migrated_sqlite, file)
    return Settings(
        database=DatabaseSettings(url=f"sqlite:///{file}"),
        bot=BotSettings(overlap_s=OVERLAP.total_seconds()),
        vault=VaultSettings(key_file=tmp_path / "mia.key"),
    )


class Story:
    """A receiver's life over bad pages, with what must hold checked after every poll."""

    def __init__(self, app: App, clock: ManualClock, kind: Kind, pages: Pages) -> None:
        self.app, self.clock, self.kind, self.pages = app, clock, kind, pages
        self.stored: dict[int, Event] = {}
        self.breaks: Literal["", "before", "after"] = ""
        """Whether the process dies at the next hand-over, and on which side of the commit."""
        self.receiver = self._new()

    def _new(self) -> Dms | Mentions:
        kind: Any = Dms if self.kind == "dms" else Mentions
        receiver: Dms | Mentions = kind(self.app, self.pages, ME, self.accept, None)
        return receiver

    async def accept(self, events: Sequence[Event]) -> int:
        """In the inbox's place."""
        breaks, self.breaks = self.breaks, ""
        if breaks == "before":
            raise OSError("the database is away")
        before = len(self.stored)
        last: dict[int, int] = {}
        for event in events:
            assert last.get(event.author.person_id, 0) < int(event.event_id), "out of a person's order"
            last[event.author.person_id] = int(event.event_id)
            self.stored.setdefault(int(event.event_id), event)
        if breaks == "after":
            raise OSError("the process was killed")
        return len(self.stored) - before

    async def cursor(self, part: str) -> int:
        """Where a cursor stands."""
        return int(await self.app.cursors.get(f"x:{self.kind}:{part}") or 0)

    async def step(self, what: str, value: int) -> None:
        """One thing that happens."""
        if what == "arrive":
            self.pages.arrive(value)
        elif what == "wait":
            self.clock.move(timedelta(seconds=value))
        elif what == "expire":
            self.pages.expire_tokens()
        elif what == "restart":
            self.receiver = self._new()
        elif what in ("crash", "refuse"):
            self.breaks = "after" if what == "crash" else "before"
        else:
            await self.poll()

    async def poll(self) -> None:
        """One poll, and what must hold after it."""
        before = len(self.stored)
        try:
            assert await self.receiver.poll() == len(self.stored) - before
        except XError:
            pass
        except OSError:
            self.receiver = self._new()
        start, settled = await self.cursor("start"), await self.cursor("newest")
        assert set(self.wanted(start, settled)) <= self.stored.keys(), "the cursor passed what is not stored"
        assert all(each > start for each in self.stored), "from before the watermark"

    def wanted(self, start: int, end: int) -> list[int]:
        """What came in from other people above one id, up to another."""
        return [each for each in self.pages.ids if start < each <= end and author_of(each) != ME.id]

    async def end_well(self) -> None:
        """X gets well, and the receiver looks often enough: everything is stored, and the cursor arrives."""
        self.pages.odds, self.breaks = Odds(page_size=self.pages.odds.page_size), ""
        for _ in range(40):
            self.clock.move(timedelta(minutes=16))
            await self.poll()
        start = await self.cursor("start")
        assert sorted(self.stored) == self.wanted(start, 1 << 63)
        newest = max(self.pages.ids, default=0)
        assert newest == start or await self.cursor("newest") == newest


async def emptied(app: App, clock: ManualClock) -> None:
    """As if nothing had happened yet."""
    clock.now = START
    async with app.database.writing() as connection:
        for table in TABLES:
            await connection.execute(delete(table))


@many
@given(
    kind=st.sampled_from(["dms", "mentions"]),
    odds=odds,
    script=st.lists(step, max_size=30),
    seed=st.integers(0, 999),
)
@example(
    kind="dms", odds=Odds(page_size=1), script=[("poll", 0), ("arrive", 40), ("poll", 0), ("arrive", 40)], seed=0
)
async def test_every_event_is_accepted_once_whatever_the_pages_show(
    app: App, clock: ManualClock, kind: Kind, odds: Odds, script: list[tuple[str, int]], seed: int
) -> None:
    await emptied(app, clock)
    story = Story(app, clock, kind, Pages(clock, OVERLAP, Random(seed), odds))
    for what, value in script:
        await story.step(what, value)
    await story.end_well()
