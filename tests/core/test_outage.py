"""Advice for the operator, from errors that really happen."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from mia_core.app import App
from mia_core.database import Database, async_url, open_database
from mia_core.errors import DatabaseError
from mia_core.outage import advice
from mia_core.settings import DatabaseSettings
from tests.core.events import dm
from tests.postgres import Postgres

SECRET = "my secret is the colour teal"


async def advice_on(app: App) -> str:
    """What is said when an event cannot be accepted now; never with its words."""
    with pytest.raises(SQLAlchemyError) as failure:
        await app.inbox.accept([dm(SECRET, event_id="unheard")])
    told = advice(failure.value)
    assert told is not None, failure.value
    assert SECRET not in told
    assert "INSERT" not in told
    return told


async def advice_on_statement(database: Database, statement: str) -> str | None:
    """What is said when a statement fails."""
    with pytest.raises(SQLAlchemyError) as failure:
        async with database.writing() as connection:
            await connection.execute(text(statement))
    return advice(failure.value)


async def advice_on_connecting(url: str) -> str | None:
    """What is said when the first connection fails."""
    with pytest.raises(DatabaseError) as failure:
        async with open_database(DatabaseSettings(url=url)):
            pass
    cause = failure.value.__context__
    assert isinstance(cause, SQLAlchemyError)
    return advice(cause)


def set_on_every_connection(database: Database, pragma: str) -> None:
    """Let connections that are made from now on begin with a pragma; those that are idle are thrown away."""

    @event.listens_for(database.engine.sync_engine, "connect")
    def _(connection: object, _record: object) -> None:
        connection.cursor().execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]  # the driver's adapter


class TestSqlite:
    """The embedded database."""

    @pytest.fixture
    def migrated_url(self, migrated_sqlite: Path, tmp_path: Path) -> str:
        """A file of its own."""
        file = tmp_path / "mia.sqlite3"
        file.write_bytes(migrated_sqlite.read_bytes())
        return f"sqlite:///{file}"

    @pytest.fixture
    def file(self, migrated_url: str) -> Path:
        """Where it lies."""
        return Path(migrated_url.removeprefix("sqlite:///"))

    async def test_a_lock_of_another_program_is_named(self, app: App, file: Path) -> None:
        await app.database.engine.dispose()
        set_on_every_connection(app.database, "busy_timeout=50")
        with locked(file):
            assert "lock: end its transaction" in await advice_on(app)
        assert await app.inbox.accept([dm("heard")]) == 1

    async def test_a_full_disk_is_named(self, app: App) -> None:
        await app.database.engine.dispose()
        set_on_every_connection(app.database, "max_page_count=1")  # SQLite takes the present size then
        assert "disk is full: free space" in await advice_on_statement_that_grows(app.database)

    async def test_a_file_that_may_not_be_written_is_named(self, app: App) -> None:
        await app.database.engine.dispose()
        set_on_every_connection(app.database, "query_only=ON")
        assert "let this user write it" in await advice_on(app)

    async def test_a_file_that_cannot_be_opened_is_named(self, tmp_path: Path) -> None:
        told = await advice_on_connecting(f"sqlite:///{tmp_path}")
        assert told is not None
        assert "cannot be opened" in told

    async def test_a_file_that_is_no_database_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "letter.txt"
        file.write_text("Dear MIA, " * 1000)
        assert "damaged" in str(await advice_on_connecting(f"sqlite:///{file}"))

    @pytest.mark.parametrize(
        "statement",
        ["SELECT 1 FROM nowhere", "SELECT unheard FROM person", "INSERT INTO lease (unheard) VALUES (1)"],
    )
    async def test_a_migration_that_is_missing_is_named(self, app: App, statement: str) -> None:
        assert "mia db upgrade" in str(await advice_on_statement(app.database, statement))

    async def test_a_fault_of_the_program_has_no_advice(self, app: App) -> None:
        assert await advice_on_statement(app.database, "SELEC 1") is None


async def advice_on_statement_that_grows(database: Database) -> str:
    """What is said when the file cannot grow."""
    told = await advice_on_statement(database, "CREATE TABLE more AS SELECT zeroblob(1000000) AS room")
    assert told is not None
    return told


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another connection writes for as long as the block lasts."""
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


class TestPostgres:
    """The server."""

    @pytest.fixture
    def migrated_url(self, postgres: Postgres, migrated_postgres: str) -> str:
        """A database of its own."""
        return postgres.new_database(template=migrated_postgres)

    async def test_a_connection_that_was_ended_by_the_server_is_named(self, app: App, postgres: Postgres) -> None:
        async with app.database.reading() as connection:
            pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            with psycopg.connect(postgres.url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (pid,))
            with pytest.raises(SQLAlchemyError) as failure:
                await connection.execute(text("SELECT 1"))
        assert "shutting down or starting up" in str(advice(failure.value))
        assert await app.inbox.accept([dm("heard")]) == 1

    @pytest.mark.parametrize(
        "address", ["postgresql://mia@127.0.0.1:1/mia", "postgresql://mia@nowhere.invalid/mia"]
    )
    async def test_a_server_that_is_not_there_is_named(self, address: str) -> None:
        assert "not reachable" in str(await advice_on_connecting(address))

    async def test_a_database_that_is_not_there_is_named(self, migrated_url: str) -> None:
        assert "database name" in str(await advice_on_connecting(migrated_url.replace("test_", "nobodys_")))

    async def test_too_many_connections_are_named(self, postgres: Postgres, migrated_url: str) -> None:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("DROP ROLE IF EXISTS crowded")
            connection.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        url = async_url(migrated_url).set(username="crowded").render_as_string(hide_password=False)
        assert "max_connections" in str(await advice_on_connecting(url))

    async def test_a_pool_that_is_used_up_is_named(self, migrated_url: str) -> None:
        engine = create_async_engine(async_url(migrated_url), pool_size=1, max_overflow=0, pool_timeout=0.05)
        async with engine.connect():
            with pytest.raises(SQLAlchemyError) as failure:
                async with engine.connect():
                    pass
        await engine.dispose()
        assert "database.pool_size" in str(advice(failure.value))

    @pytest.mark.parametrize("statement", ["SELECT 1 FROM nowhere", "SELECT unheard FROM person"])
    async def test_a_migration_that_is_missing_is_named(self, app: App, statement: str) -> None:
        assert "mia db upgrade" in str(await advice_on_statement(app.database, statement))

    @pytest.mark.parametrize(
        ("code", "told"),
        [
            ("53100", "disk is full"),
            ("53200", "out of memory"),
            ("53300", "max_connections"),
            ("57P01", "shutting down"),
            ("57P02", "shutting down"),
            ("57P03", "starting up"),
            ("25006", "primary"),
            ("42501", "does not let this user write"),
            ("58030", "its disk and its log"),
            ("08006", "not reachable"),
            ("XX001", "restore a backup"),
        ],
    )
    async def test_what_a_server_says_by_its_codes_is_named(self, app: App, code: str, told: str) -> None:
        raised = f"DO $$ BEGIN RAISE EXCEPTION '{SECRET}' USING ERRCODE = '{code}'; END $$"
        assert told in str(await advice_on_statement(app.database, raised))

    async def test_a_fault_of_the_program_has_no_advice(self, app: App) -> None:
        assert await advice_on_statement(app.database, "SELECT 1 / 0") is None


def test_what_is_no_matter_of_the_database_has_no_advice() -> None:
    assert advice(RuntimeError("x")) is advice(OSError(28, "No space left on device")) is None
    assert advice(asyncio.CancelledError()) is None
