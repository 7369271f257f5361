"""Outages of the database, and what an operator does about each: a sentence without SQL or parameters."""

import re
import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_GOES_ON = "nothing that was accepted is lost, and the work goes on by itself"
_NOT_MIGRATED = "the database lacks a table or column that the program needs: run `mia db upgrade`"
_AWAY = f"PostgreSQL is not reachable: see that it runs and that database.url leads to it; {_GOES_ON}"
_RESTARTS = f"PostgreSQL is shutting down or starting up: wait, or start it; {_GOES_ON}"
_CROWDED = (
    "PostgreSQL has no connection free: raise its max_connections, or lower database.pool_size"
    " or the number of processes"
)
_POOL = "all connections of this process are in use: raise database.pool_size, or lower bot.workers"
_NO_ENTRY = "PostgreSQL does not let this user in: check user, password and database name in database.url"
_DAMAGED = "the database is damaged: stop all processes, keep a copy of it, and restore a backup"

_SQLITE = {
    "SQLITE_BUSY": f"another program holds the database file's lock: end its transaction; {_GOES_ON}",
    "SQLITE_LOCKED": f"another program holds the database file's lock: end its transaction; {_GOES_ON}",
    "SQLITE_FULL": f"the database's disk is full: free space on it; {_GOES_ON}",
    "SQLITE_READONLY": "the database file cannot be written: let this user write it and its folder",
    "SQLITE_PERM": "the database file cannot be written: let this user write it and its folder",
    "SQLITE_IOERR": "the database file's disk fails or has no room for it: look at disk, quota and system log",
    "SQLITE_CANTOPEN": "the database file cannot be opened: its folder must exist, and this user may write it",
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
}
"""By SQLite's result codes, https://www.sqlite.org/rescode.html; an extended one begins with its primary one."""

_NOT_THERE = re.compile(r"no such (table|column)|has no column named")
"""What SQLite has no code of its own for."""

_POSTGRES = {
    "53100": f"PostgreSQL's disk is full: free space on it; {_GOES_ON}",
    "53200": f"PostgreSQL is out of memory: give its machine more, or lower its max_connections; {_GOES_ON}",
    "53300": _CROWDED,
    "57P01": _RESTARTS,
    "57P02": _RESTARTS,
    "57P03": _RESTARTS,
    "25006": "this PostgreSQL only reads (a standby?): let database.url lead to the primary",
    "42501": "PostgreSQL does not let this user write: let it own the database's tables",
    "42P01": _NOT_MIGRATED,
    "42703": _NOT_MIGRATED,
    "28": _NO_ENTRY,
    "3D": _NO_ENTRY,
    "08": _AWAY,
    "58": "PostgreSQL cannot read or write its files: look at its disk and its log",
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
"""By codes and classes of codes, https://www.postgresql.org/docs/current/errcodes-appendix.html."""

_REFUSALS = {
    "starting up": _RESTARTS,
    "shutting down": _RESTARTS,
    "recovery mode": _RESTARTS,
    "not yet accepting connections": _RESTARTS,
    "too many": _CROWDED,
    "connection slots": _CROWDED,
    "does not exist": _NO_ENTRY,
    "authentication failed": _NO_ENTRY,
    "no pg_hba.conf entry": _NO_ENTRY,
}
"""What a server says to who may not connect: libpq hands on its words alone, without the code."""


def advice(error: BaseException) -> str | None:
    """What to do about a failure of the database; None for any other error.

    Takes SQLAlchemy's errors and those of the drivers. Faults that are the program's own have no advice either.
    """
    cause = cause_of(error)
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    if isinstance(cause, psycopg.Error):
        return _of_postgres(cause)
    return _POOL if isinstance(error, PoolTimeout) else None


def cause_of(error: BaseException) -> BaseException:
    """What the driver raised, where SQLAlchemy has wrapped it: its class says more, as DeadlockDetected does."""
    return error.orig if isinstance(error, DBAPIError) and error.orig else error


def _of_sqlite(error: sqlite3.Error) -> str | None:
    if _NOT_THERE.search(str(error)):
        return _NOT_MIGRATED
    primary = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
    return _SQLITE.get(primary)


def _of_postgres(error: psycopg.Error) -> str | None:
    if code := error.sqlstate:
        return _POSTGRES.get(code) or _POSTGRES.get(code[:2])
    if not isinstance(error, psycopg.OperationalError):
        return None
    said = str(error)
    return next((what for words, what in _REFUSALS.items() if words in said), _AWAY)
