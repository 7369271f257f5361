"""A copied database is the same, whatever is in it; or there is none, and the row that is in the way is named."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    RowMapping,
    Table,
    UniqueConstraint,
    insert,
    select,
    text,
    update,
)

from mia_core.app import App
from mia_core.clock import ManualClock, system_clock
from mia_core.database import open_database
from mia_core.database_copy import CopiedTable, copy_rows, count_rows, prepare, who_works
from mia_core.errors import DatabaseError
from mia_core.schema import upgrade
from mia_core.settings import DatabaseSettings
from mia_core.tables import Person, metadata
from mia_core.tables.types import Moment
from tests.core.events import ANA, BRUNO, NOON, dm
from tests.forking import mia
from tests.postgres import Postgres

Rows = dict[str, list[dict[str, Any]]]
CHOICES = {
    ("inbox", "state"): ("open", "done", "ignored", "dead"),
    ("outbox", "state"): ("ready", "sending", "unknown", "sent", "dead"),
    ("memory", "visibility"): ("private", "offered", "approved", "declined"),
    ("message", "author"): ("person", "mia"),
    ("publication", "state"): ("offered", "approved", "declined", "revoked"),
    ("care_case", "state"): ("open", "closed"),
}
"""What the tables allow."""

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
integers = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
documents = st.lists(anything, max_size=3) | st.dictionaries(texts, anything, max_size=3)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=zones)  # noqa: DTZ001 - zones are added
OF_TYPE: dict[type, st.SearchStrategy[Any]] = {
    JSON: documents,
    Moment: moments,
    LargeBinary: st.binary(max_size=30),
    Boolean: st.booleans(),
    Float: floats,
    BigInteger: integers,
    Integer: st.integers(-(2**31), 2**31 - 1),
}


def values_of(table: Table, column: Column[Any]) -> st.SearchStrategy[Any]:
    """Whatever a column can hold."""
    if choices := CHOICES.get((table.name, column.name)):
        return st.sampled_from(choices)
    of_type = next((found for kind, found in OF_TYPE.items() if isinstance(column.type, kind)), texts)
    return st.none() | of_type if column.nullable else of_type


def rows_of(table: Table, people: list[int]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows that do not break the table's own rules."""
    columns = {column.name: values_of(table, column) for column in table.columns}
    if "person_id" in columns:
        columns["person_id"] = st.sampled_from(people)
    if "joined_to" in columns:
        columns["joined_to"] = st.none() | st.sampled_from(people)

    def unique(names: list[str]) -> Callable[[dict[str, Any]], Any]:
        return lambda row: tuple(row[name] for name in names)

    constraints = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    keys = [table.primary_key, *constraints]
    unique_by = tuple(unique([column.name for column in key.columns]) for key in keys)
    return st.lists(st.fixed_dictionaries(columns), max_size=3, unique_by=unique_by)


@st.composite
def databases(draw: st.DrawFn) -> Rows:
    """A few rows of every table."""
    person = metadata.tables["person"]
    people = draw(rows_of(person, []).filter(bool))
    ids = [row["id"] for row in people]
    others = {table.name: draw(rows_of(table, ids)) for table in metadata.sorted_tables if table is not person}
    return {"person": people, **others}


async def fill(url: str, rows: Rows) -> None:
    async with open_database(DatabaseSettings(url=url)) as database, database.writing() as connection:
        for table in metadata.sorted_tables:
            if rows.get(table.name):
                await connection.execute(insert(table), rows[table.name])


async def content(url: str) -> Rows:
    """Everything that is stored, in order of keys."""
    async with open_database(DatabaseSettings(url=url)) as database, database.reading() as connection:
        found = {
            table.name: await connection.execute(select(table).order_by(*table.primary_key.columns))
            for table in metadata.sorted_tables
        }
        return {name: [exact(row) for row in rows.mappings()] for name, rows in found.items()}


def exact(row: RowMapping) -> dict[str, Any]:
    """A row, the numbers in its documents by value: 1e300 and 1 with 300 zeros are one number."""

    def by_value(value: Any) -> Any:
        written = json.dumps(value) if isinstance(value, dict | list) else None
        return json.loads(written, parse_int=Decimal, parse_float=Decimal) if written else value

    return {name: by_value(value) for name, value in row.items()}


async def copied(source: str, target: str, told: Callable[[int], None] = lambda _: None) -> list[CopiedTable]:
    async with (
        open_database(DatabaseSettings(url=source)) as original,
        open_database(DatabaseSettings(url=target)) as copy,
    ):
        await prepare(copy)
        return await copy_rows(original, copy, told)


@given(rows=databases())
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
async def test_whatever_is_stored_survives_the_way_to_postgresql_and_back(
    rows: Rows,
    postgres: Postgres,
    migrated_postgres: str,
    migrated_sqlite: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("copy")
    for name in ("one", "three"):
        shutil.copy(migrated_sqlite, folder / name)
    one, three = f"sqlite:///{folder}/one", f"sqlite:///{folder}/three"
    two = postgres.new_database(template=migrated_postgres)
    await fill(one, rows)
    there = await copied(one, two)
    back = await copied(two, three)
    assert there == back
    assert {table.name: table.rows for table in there} == {name: len(found) for name, found in rows.items()}
    stored, arrived = await content(one), await content(three)
    assert stored == arrived


async def test_tables_larger_than_a_batch_arrive_whole_whatever_the_order_of_their_keys(
    app: App, postgres: Postgres, tmp_path: Path
) -> None:
    names = [f"{first}{number}" for first in ("a", "B", "ä", "_", "-", "Z", "z", "日") for number in range(160)]
    cursors = [{"name": name, "value": name, "moved_at": NOON} for name in names]
    people = [ANA.model_copy(update={"person_id": number}) for number in range(-600, 600)]
    await app.inbox.accept([dm(f"hello {author.person_id}", author=author) for author in people])
    await fill(app.settings.database.url, {"cursor": cursors})
    there = await copied(app.settings.database.url, postgres.new_database())
    back = await copied(app.settings.database.url, f"sqlite:///{tmp_path}/another.sqlite3")
    assert there == back
    counts = {table.name: table.rows for table in there}
    assert (counts["cursor"], counts["inbox"], counts["person"]) == (1280, 1200, 1200)
    assert await count_rows(app.database) == sum(counts.values())


async def test_the_digest_changes_with_the_least_change(app: App, tmp_path: Path) -> None:
    await app.inbox.accept([dm("hello")])
    before = await copied(app.settings.database.url, f"sqlite:///{tmp_path}/one.sqlite3")
    async with app.database.writing() as connection:
        await connection.execute(update(Person).values(name="Ana "))
    after = await copied(app.settings.database.url, f"sqlite:///{tmp_path}/two.sqlite3")
    assert [one.name for one, two in zip(before, after, strict=True) if one != two] == ["person"]


async def test_a_target_that_holds_anything_is_refused_and_left_alone(app: App) -> None:
    await app.inbox.accept([dm("hello")])
    with pytest.raises(DatabaseError, match=r"holds data \(table inbox\)"):
        await prepare(app.database)


@pytest.mark.parametrize("statement", ["CREATE TABLE theirs (x int)", "CREATE TABLE person (x int)"])
async def test_a_target_with_tables_of_another_program_is_refused(statement: str, database_url: str) -> None:
    async with open_database(DatabaseSettings(url=database_url)) as database:
        async with database.writing() as connection:
            await connection.execute(text(statement))
        with pytest.raises(DatabaseError, match="holds data"):
            await prepare(database)


async def test_a_target_at_another_migration_is_refused(database_url: str) -> None:
    async with open_database(DatabaseSettings(url=database_url)) as database:
        await upgrade(database, "0001")
        with pytest.raises(DatabaseError, match="is at migration 0001"):
            await prepare(database)


async def test_a_row_that_does_not_fit_is_named_without_its_words(
    migrated_sqlite: Path, tmp_path: Path, postgres: Postgres
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "mia.sqlite3")
    source = f"sqlite:///{tmp_path}/mia.sqlite3"
    cursors = [{"name": name, "value": f"words{name}", "moved_at": NOON} for name in ("a", "b\0", "c")]
    await fill(source, {"cursor": cursors})
    named = r"^cursor \(name 'b\\x00'\) does not fit into the target: .*NUL"
    with pytest.raises(DatabaseError, match=named) as error:
        await copied(source, postgres.new_database())
    assert "words" not in str(error.value)


async def test_a_row_that_cannot_be_read_is_told_by_the_one_before_it(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "mia.sqlite3")
    with closing(sqlite3.connect(tmp_path / "mia.sqlite3")) as connection:
        connection.execute("INSERT INTO cursor VALUES ('a', 'x', 'yesterday')")
        connection.commit()
    with pytest.raises(DatabaseError, match="after the beginning of cursor cannot be read"):
        await copied(f"sqlite:///{tmp_path}/mia.sqlite3", f"sqlite:///{tmp_path}/two.sqlite3")


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE person SET name = 'Anna', is_bot = 1", r"person \(id 1001\) differs in name, is_bot"),
        ("DELETE FROM person WHERE id = 1001", r"person \(id 1001\) is not in the copy"),
        ("INSERT INTO cursor VALUES ('a', 'b', '2026-11-23')", r"cursor \(name 'a'\) is in the copy alone"),
    ],
)
async def test_a_copy_that_differs_in_anything_is_noticed(
    app: App, tmp_path: Path, statement: str, found: str
) -> None:
    await app.inbox.accept([dm("hello")])
    total, done = await count_rows(app.database), 0

    def meddle(rows: int) -> None:
        nonlocal done
        done += rows
        if done == total:
            with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as connection:
                connection.execute(statement)
                connection.commit()

    with pytest.raises(DatabaseError, match=found):
        await copied(app.settings.database.url, f"sqlite:///{tmp_path}/copy.sqlite3", meddle)


async def test_what_is_written_during_the_copy_is_in_it_whole_or_not_at_all(app: App, tmp_path: Path) -> None:
    await app.inbox.accept([dm("hello")])
    url = app.settings.database.url
    writing: list[asyncio.Task[int]] = []

    def go_on(rows: int) -> None:
        if not writing:
            writing.append(asyncio.create_task(app.inbox.accept([dm("later", author=BRUNO)])))

    await copied(url, f"sqlite:///{tmp_path}/copy.sqlite3", go_on)
    assert await writing[0] == 1
    assert [row["id"] for row in (await content(f"sqlite:///{tmp_path}/copy.sqlite3"))["person"]] == [
        ANA.person_id
    ]


async def test_who_works_on_a_database_is_known_until_its_leases_lapse(app: App, clock: ManualClock) -> None:
    assert await who_works(app.database, clock()) == ()
    await app.leases.take("x:receive", "receiver", timedelta(seconds=30))
    await app.inbox.accept([dm("hello")])
    await app.inbox.claim("worker")
    async with app.database.writing() as connection:
        await app.outbox.fix(
            connection, person_id=ANA.person_id, key="turn:1", channel="dm", address="1", texts=["hi"]
        )
    await app.outbox.claim("sender", "dm")
    assert await who_works(app.database, clock()) == ("receiver", "sender", "worker")
    clock.move(timedelta(seconds=30))
    assert await who_works(app.database, clock()) == ()


def copying(to: str, folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return mia("db", "copy", "--to", to, *options, folder=folder, **variables)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_the_command_copies_both_ways_and_says_what_to_do_next(
    app: App, tmp_path: Path, postgres: Postgres
) -> None:
    await app.inbox.accept([dm("hello"), dm("hello", author=BRUNO)])
    here, there = app.settings.database.url, postgres.new_database()
    gone = copying(there, tmp_path, MIA_DATABASE__URL=here)
    assert gone.returncode == 0, gone.stderr
    assert "6 rows copied, read back and found the same.\nNext: set database.url" in gone.stdout
    back = copying(f"sqlite:///{tmp_path}/back.sqlite3", tmp_path, "--from", there)
    assert back.returncode == 0, back.stderr
    assert back.stdout.partition("Next:")[0] == gone.stdout.partition("Next:")[0]
    again = copying(there, tmp_path, MIA_DATABASE__URL=here)
    assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)
    assert "holds data" in again.stderr


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_the_command_refuses_a_database_at_work_unless_told_otherwise(
    app: App, clock: ManualClock, tmp_path: Path
) -> None:
    clock.now = system_clock() + timedelta(hours=1)
    await app.leases.take("jobs", "machine:1:abc", timedelta(seconds=30))
    here, there = app.settings.database.url, f"sqlite:///{tmp_path}/copy.sqlite3"
    refused = copying(there, tmp_path, MIA_DATABASE__URL=here)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("mia: machine:1:abc works on the database: stop every process")
    assert copying(there, tmp_path, "--even-if-running", MIA_DATABASE__URL=here).returncode == 0


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("sqlite:///mia.sqlite3", "mia: --to: this is the database that would be copied"),
        ("mysql://x", "mia: --to: should be sqlite:///FILE or postgresql://"),
        ("postgresql://mia:secret@127.0.0.1:9/mia", "mia: --to: cannot connect to postgresql"),
    ],
)
def test_an_address_that_is_no_target_is_one_sentence_without_its_password(
    to: str, sentence: str, migrated_sqlite: Path, tmp_path: Path
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "mia.sqlite3")
    refused = copying(to, tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith(sentence)
    assert len(refused.stderr.splitlines()) == 1
    assert "secret" not in refused.stderr
