"""The database: one SQLite file, or PostgreSQL; reads hold no transaction, writes are one short one."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from mia_core.errors import DatabaseError
from mia_core.settings import DatabaseSettings
from mia_core.sqlite import Connections

_BUSY_TIMEOUT_MS = 30_000
_SQLITE_READERS = 5
"""One of them watches for what other processes write, in those that listen."""
_SYNCHRONOUS = "NORMAL"
_AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}
_DURABLE = {"mia_durable": True}
SERVER: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A network that falls silent is noticed in twenty seconds; the kernel's own patience is a quarter of an hour."""
_NO_BEGIN = {"mia_reading": True}
"""On SQLite a connection that was not told to begin commits by itself, without switching modes back and forth."""


class Database:
    """Gives out connections. On SQLite one writer at a time waits here, in order, instead of spinning there."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(**(_NO_BEGIN if self.is_sqlite else _AUTOCOMMIT))
        self._durable = engine.execution_options(**(_DURABLE if self.is_sqlite else {}))
        self._one_writer = asyncio.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database, which serves one machine."""
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reads; each statement sees what was committed before it."""
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self, *, durable: bool = False) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end of the block, rolled back on any exception.

        It outlives this process in any case. `durable` has it, and all before it, outlive a power cut too; that
        is for what must be known before something happens outside, as a reply must be marked before it is sent.
        (PostgreSQL makes every commit durable. SQLite would wait for the disk, at every commit.)
        """
        engine = self._durable if durable else self.engine
        async with self._one_writer or nullcontext(), engine.begin() as connection:
            yield connection


@asynccontextmanager
async def open_database(settings: DatabaseSettings) -> AsyncIterator[Database]:
    """Connect, and close at the end. Raises DatabaseError when the database cannot be reached."""
    connections = Connections()
    engine = _engine(settings, connections)
    try:
        try:
            async with engine.connect():
                pass
        except (SQLAlchemyError, OSError) as error:
            raise DatabaseError(f"database.url: cannot connect to {named(settings.url)}: {why(error)}") from None
        yield Database(engine)
    finally:
        await engine.dispose()
        await connections.close()


def named(url: str) -> str:
    """The address without its password, for people to read."""
    return make_url(url).render_as_string(hide_password=True)


def why(error: BaseException) -> str:
    """The first line of what the driver said, without SQL and parameters."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]


def async_url(url: str) -> URL:
    """The address with the driver that we use."""
    parsed = make_url(url)
    driver = "sqlite+aiosqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return parsed.set(drivername=driver)


def _engine(settings: DatabaseSettings, connections: Connections) -> AsyncEngine:
    url = async_url(settings.url)
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args=dict(SERVER),
            hide_parameters=True,  # they are people's words, and errors go to the log
        )
    if not url.database or url.database == ":memory:":
        raise DatabaseError("database.url: should name a file (sqlite:///FILE); memory is lost at every restart")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        pool_size=1 + _SQLITE_READERS,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"async_creator_fn": connections.open},
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """WAL lets readers go on beside the writer, and commits in order: a power cut loses the latest at most."""
    adapted: Any = connection
    adapted.isolation_level = None  # we say BEGIN ourselves: the driver would begin too late, and deferred
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        f"synchronous={_SYNCHRONOUS}",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-32768",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    """Take the write lock at once: a read that turns into a write later could fail half-way."""
    options = connection.get_execution_options()
    if options.get("mia_reading"):
        return
    synchronous = "FULL" if options.get("mia_durable") else _SYNCHRONOUS
    if connection.info.get("synchronous", _SYNCHRONOUS) != synchronous:
        connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
        connection.info["synchronous"] = synchronous
    connection.exec_driver_sql("BEGIN IMMEDIATE")
