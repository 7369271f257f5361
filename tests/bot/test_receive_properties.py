"""Whatever X's pages leave out, repeat, disorder or refuse: every event is accepted once, and none is lost."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlmodel import col
from structlog.testing import capture_logs

from mia_bot.errors import XError
from mia_bot.receive.accept import Accept
from mia_bot.receive.dms import Dms
from mia_bot.receive.mentions import Mentions
from mia_bot.receive.pace import until_midnight
from mia_bot.x.shapes import Includes
from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.errors import LeaseLost
from mia_core.events import Event
from mia_core.leases import Held
from mia_core.settings import BotSettings, DatabaseSettings, Settings, VaultSettings
from mia_core.tables import Cursor, InboxRow, Mailbox, Meter, Person
from tests.bot.pages import ME, Odds, Pages, author_of, post

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
POLL, FEW, MANY, LATER, EXPIRE = ("poll", 0), ("arrive", 7), ("arrive", 40), ("wait", 1000), ("expire", 0)
many = hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
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

    def __init__(
        self,
        app: App,
        clock: ManualClock,
        kind: Kind,
        pages: Pages,
        inbox: Accept | None = None,
        held: Held | None = None,
    ) -> None:
        self.app, self.clock, self.kind, self.pages = app, clock, kind, pages
        self.inbox, self.held = inbox, held
        self.stored: dict[int, Event] = {}
        self.breaks: Literal["", "before", "after"] = ""
        """Whether the process dies at the next hand-over, and on which side of the commit."""
        self.receiver = self._new()

    def _new(self) -> Dms | Mentions:
        kind: Any = Dms if self.kind == "dms" else Mentions
        receiver: Dms | Mentions = kind(self.app, self.pages, ME, self.accept, self.held)
        return receiver

    async def accept(self, events: Sequence[Event]) -> int:
        """In the inbox's place, or before it."""
        breaks, self.breaks = self.breaks, ""
        if breaks == "before":
            raise OSError("the database is away")
        before = len(self.stored)
        last: dict[int, int] = {}
        for event in events:
            assert last.get(event.author.person_id, 0) < int(event.event_id), "out of a person's order"
            last[event.author.person_id] = int(event.event_id)
            self.stored.setdefault(int(event.event_id), event)
        if self.inbox:
            assert await self.inbox(events) == len(self.stored) - before
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
@example(kind="dms", odds=Odds(page_size=1), script=[POLL, MANY, POLL, MANY], seed=0)
@example(kind="dms", odds=Odds(page_size=1), script=[POLL, MANY, POLL, EXPIRE, POLL, EXPIRE, POLL], seed=0)
@example(kind="dms", odds=Odds(omits=0.4), script=[FEW, POLL, LATER, FEW, LATER, POLL, POLL, FEW, POLL], seed=0)
@example(kind="mentions", odds=Odds(omits=0.4), script=[FEW, POLL, LATER, FEW, POLL, POLL, FEW, POLL], seed=0)
async def test_every_event_is_accepted_once_whatever_the_pages_show(
    app: App, clock: ManualClock, kind: Kind, odds: Odds, script: list[tuple[str, int]], seed: int
) -> None:
    await emptied(app, clock)
    story = Story(app, clock, kind, Pages(clock, OVERLAP, Random(seed), odds))
    for what, value in script:
        await story.step(what, value)
    await story.end_well()


@hypothesis_settings(many, max_examples=25)
@given(kind=st.sampled_from(["dms", "mentions"]), odds=odds, script=st.lists(step, max_size=15))
async def test_the_inbox_holds_every_event_once(
    app: App, clock: ManualClock, kind: Kind, odds: Odds, script: list[tuple[str, int]]
) -> None:
    await emptied(app, clock)
    story = Story(app, clock, kind, Pages(clock, OVERLAP, Random(1), odds), app.inbox.accept)
    for what, value in script:
        await story.step(what, value)
    await story.end_well()
    async with app.database.reading() as connection:
        held = (await connection.execute(select(col(InboxRow.event_id)))).scalars().all()
    assert sorted(map(int, held)) == sorted(story.stored)


async def test_newest_messages_come_first_and_a_long_gap_is_caught_up_over_several_polls_and_restarts(
    app: App, clock: ManualClock
) -> None:
    await emptied(app, clock)
    pages = Pages(clock, OVERLAP, Random(0), Odds(page_size=100))
    story = Story(app, clock, "dms", pages)
    await story.poll()
    pages.arrive(4000)
    with capture_logs() as logs:
        await story.poll()
    assert 0 < len(story.stored) < 1500
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["dms_behind"]
    for _ in range(2):
        clock.move(timedelta(minutes=1))
        pages.arrive(1)
        newest = pages.ids[-1]
        await story.step("restart", 0)
        await story.poll()
        assert newest in story.stored or author_of(newest) == ME.id
    assert sorted(story.stored) == story.wanted(0, 1 << 63)


async def test_a_catch_up_leaves_half_of_x_s_reads_to_the_newest_messages(app: App, clock: ManualClock) -> None:
    await emptied(app, clock)
    pages = Pages(clock, OVERLAP, Random(0), Odds(page_size=10, reads_in_a_window=15))
    story = Story(app, clock, "dms", pages)
    await story.poll()
    pages.arrive(600)
    for _ in range(2):
        clock.move(timedelta(minutes=16))
        await story.poll()
    limit = pages.read_limit("/2/dm_events")
    assert limit
    assert limit.remaining == 7
    assert 20 <= story.receiver.pause_s(1) < 100


async def test_a_post_that_cannot_be_read_holds_up_its_author_and_the_cursor_but_nobody_else(
    app: App, clock: ManualClock
) -> None:
    await emptied(app, clock)
    pages = Pages(clock, OVERLAP, Random(0), Odds(lookup_fault=1))
    story = Story(app, clock, "mentions", pages)
    await story.poll()
    pages.arrive(20)
    held_up, free = hindered(pages.ids)
    await story.poll()
    assert story.stored.keys() == free
    for _ in range(3):
        clock.move(OVERLAP * 2)
        await story.poll()
    assert await story.cursor("newest") < min(held_up)
    pages.odds = Odds()
    await story.poll()
    assert story.stored.keys() == free | held_up


async def test_a_thread_that_x_never_shows_does_not_hold_a_mention_up_for_ever(
    app: App, clock: ManualClock
) -> None:
    await emptied(app, clock)
    pages = Pages(clock, OVERLAP, Random(0), Odds(lookup_fault=1))
    story = Story(app, clock, "mentions", pages)
    await story.poll()
    pages.arrive(20)
    for _ in range(60):
        await story.poll()
    assert sorted(story.stored) == story.wanted(0, 1 << 63)


async def test_mentions_beyond_x_s_reach_are_told_in_the_log(app: App, clock: ManualClock) -> None:
    await emptied(app, clock)
    pages = Pages(clock, OVERLAP, Random(0), Odds(page_size=100))
    pages.arrive(1)
    story = Story(app, clock, "mentions", pages)
    await story.poll()
    pages.arrive(800)
    with capture_logs() as logs:
        await story.poll()
    assert [line["since"] for line in logs if line["event"] == "mentions_beyond_reach"] == [str(pages.ids[0])]


@pytest.mark.parametrize("kind", ["dms", "mentions"])
async def test_who_does_not_lead_any_more_moves_no_cursor(app: App, clock: ManualClock, kind: Kind) -> None:
    await emptied(app, clock)
    pages = Pages(clock, OVERLAP, Random(0), Odds())
    held = Held("x:receive", "me")
    await app.leases.take(held.name, held.owner, timedelta(seconds=30))
    story = Story(app, clock, kind, pages, held=held)
    await story.poll()
    start = await story.cursor("start")
    clock.move(timedelta(minutes=1))
    await app.leases.take(held.name, "another", timedelta(seconds=30))
    pages.arrive(5)
    with pytest.raises(LeaseLost):
        await story.receiver.poll()
    assert (await story.cursor("start"), await app.cursors.get(f"x:{kind}:covered")) == (start, None)
    await app.leases.give_back(held.name, "another")


@pytest.mark.parametrize("kind", ["dms", "mentions"])
async def test_a_spent_budget_of_reads_waits_for_midnight_and_is_told_once_a_day(
    app: App, clock: ManualClock, kind: Kind
) -> None:
    await emptied(app, clock)
    pages = Pages(clock, OVERLAP, Random(0), Odds(page_size=100))
    app = replace(app, settings=app.settings.model_copy(update={"bot": BotSettings(daily_reads=50)}))
    story = Story(app, clock, kind, pages)
    await story.poll()
    pages.arrive(60)
    with capture_logs() as logs:
        for _ in range(3):
            await story.poll()
            await story.poll()
            asked = pages.asked
            await story.step("restart", 0)
    assert await app.meters.today("x:reads") == 60
    assert len([line for line in logs if line["event"] == "reads_spent"]) == 1
    await story.poll()
    assert pages.asked == asked
    assert story.receiver.pause_s(0) == until_midnight(clock())
    clock.move(timedelta(seconds=until_midnight(clock())))
    await story.poll()
    assert pages.asked > asked


async def test_what_a_stream_brings_is_handed_on_once_and_never_from_before_the_watermark(
    app: App, clock: ManualClock
) -> None:
    await emptied(app, clock)
    pages = Pages(clock, OVERLAP, Random(0), Odds())
    pages.arrive(8)
    story = Story(app, clock, "mentions", pages)
    assert isinstance(story.receiver, Mentions)
    first, *later = [post(each) for each in pages.ids if author_of(each) != ME.id]
    assert await story.receiver.take(later, Includes()) == len(later)
    assert await story.receiver.take([first, *later], Includes()) == 0
    await story.poll()
    assert sorted(story.stored) == [int(each.id) for each in later]


def hindered(ids: Sequence[int]) -> tuple[set[int], set[int]]:
    """Which posts wait while no thread can be read: those with one and their authors' later ones; and the rest."""
    stuck: set[str] = set()
    held_up, free = set[int](), set[int]()
    for each in (each for each in ids if author_of(each) != ME.id):
        if post(each).references:
            stuck.add(author_of(each))
        (held_up if author_of(each) in stuck else free).add(each)
    return held_up, free
