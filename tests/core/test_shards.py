"""Shards: two databases share the people among them, and each person lives in one, whole."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.database import open_database
from mia_core.errors import DatabaseError
from mia_core.memory.embed import UseEmbedder
from mia_core.schema import upgrade
from mia_core.settings import DatabaseSettings, Settings
from mia_core.shards import open_shards, shard_of
from mia_core.tables import InboxRow, Message, Person
from mia_core.turn import take_turn
from tests.core.events import ANA, dm
from tests.core.xai.standin import StandinXai
from tests.forking import mia
from tests.postgres import Postgres


@pytest.fixture
async def settings(settings: Settings, postgres: Postgres) -> Settings:
    """Two databases: the test's own, and a second PostgreSQL one."""
    second = postgres.new_database()
    async with open_database(DatabaseSettings(url=second)) as database:
        await upgrade(database)
    return settings.model_copy(update={"database": DatabaseSettings(url=settings.database.url, shards=(second,))})


@given(st.lists(st.integers(1, 2**63 - 1), min_size=1, unique=True), st.integers(1, 16))
def test_everybody_has_one_place_and_it_stays(people: list[int], count: int) -> None:
    places = [shard_of(person, count) for person in people]
    assert all(0 <= place < count for place in places)
    assert places == [shard_of(person, count) for person in people]


def test_people_with_neighbouring_ids_are_spread_evenly() -> None:
    places = Counter(shard_of(person, 4) for person in range(1_000_000, 1_010_000))
    assert all(2_300 < places[shard] < 2_700 for shard in range(4))


async def test_a_person_and_all_of_theirs_live_in_one_of_two_databases(
    settings: Settings, clock: ManualClock, embedder: UseEmbedder, model: StandinXai
) -> None:
    people = [ANA.model_copy(update={"person_id": 7000 + number}) for number in range(12)]
    async with open_shards(settings, clock=clock, embedder=embedder) as shards:
        assert await shards.accept([dm("hello", author=author) for author in people]) == len(people)
        assert await shards.accept([dm("hello", author=author) for author in people]) == 0
        for app in shards.apps:
            while claim := await app.inbox.claim("worker"):
                assert shards.of(claim.person_id) is app
                await take_turn(app, claim, lambda reply, _: [reply])
        found: list[int] = []
        for number, app in enumerate(shards.apps):
            async with app.database.reading() as connection:
                ids = (await connection.execute(select(Person.id))).scalars().all()  # type: ignore[call-overload]  # a column
                assert {shard_of(person, 2) for person in ids} == {number}
                found += ids
                for table in (InboxRow, Message):
                    rows = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
                    assert rows >= len(ids)
        assert sorted(found) == [author.person_id for author in people]
        spent = [await app.spending.today() for app in shards.apps]
        assert all(spent)


async def test_what_concerns_no_person_is_in_the_first_alone(
    settings: Settings, clock: ManualClock, embedder: UseEmbedder
) -> None:
    async with open_shards(settings, clock=clock, embedder=embedder) as shards:
        first, second = shards.apps
        await second.cursors.move("x:dms", "5")
        assert await first.cursors.get("x:dms") == "5"
        assert second.limits is first.limits


async def test_databases_in_the_wrong_order_are_refused(
    settings: Settings, clock: ManualClock, embedder: UseEmbedder
) -> None:
    async with open_shards(settings, clock=clock, embedder=embedder):
        pass
    (second,) = settings.database.shards
    swapped = DatabaseSettings(url=second, shards=(settings.database.url,))
    with pytest.raises(DatabaseError, match="holds shard 2 of 2 and is configured as 1 of 2"):
        async with open_shards(settings.model_copy(update={"database": swapped}), clock=clock, embedder=embedder):
            pass


async def test_a_database_with_people_in_it_does_not_become_a_shard_by_itself(
    settings: Settings, clock: ManualClock, embedder: UseEmbedder, tmp_path: Path
) -> None:
    alone = settings.model_copy(update={"database": DatabaseSettings(url=settings.database.url)})
    async with open_shards(alone, clock=clock, embedder=embedder) as shards:
        await shards.accept([dm("hello")])
    async with open_shards(alone, clock=clock, embedder=embedder):
        pass
    with pytest.raises(DatabaseError, match="mia db copy --shard"):
        async with open_shards(settings, clock=clock, embedder=embedder):
            pass


async def test_one_database_becomes_two_and_everybody_is_known_where_they_belong(
    app: App, postgres: Postgres, clock: ManualClock, embedder: UseEmbedder, tmp_path: Path
) -> None:
    people = [ANA.model_copy(update={"person_id": 7000 + number}) for number in range(12)]
    await app.inbox.accept([dm("hello", author=author) for author in people])
    await app.cursors.move("x:dms", "5")
    urls = [postgres.new_database(), postgres.new_database()]
    for number, url in enumerate(urls, start=1):
        whole, shard = app.settings.database.url, f"{number}/2"
        copied = mia("db", "copy", "--from", whole, "--to", url, "--shard", shard, folder=tmp_path)
        assert copied.returncode == 0, copied.stderr
        assert f"is shard {number} of 2" in " ".join(copied.stdout.split())
    database = DatabaseSettings(url=urls[0], shards=(urls[1],))
    both = app.settings.model_copy(update={"database": database})
    async with open_shards(both, clock=clock, embedder=embedder) as shards:
        assert await shards.accept([dm("hello", author=author) for author in people]) == 0
        assert await shards.home.cursors.get("x:dms") == "5"
        for each in shards.apps:
            while claim := await each.inbox.claim("worker"):
                assert shards.of(claim.person_id) is each
                people = [author for author in people if author.person_id != claim.person_id]
    assert people == []


@pytest.mark.parametrize("written", ["2", "0/2", "3/2", "a/b", "1/0"])
def test_a_shard_that_is_none_is_refused(written: str, tmp_path: Path) -> None:
    refused = mia("db", "copy", "--to", "sqlite:///other.sqlite3", "--shard", written, folder=tmp_path)
    assert refused.returncode == 2
    assert "--shard: should be NUMBER/COUNT" in refused.stderr
