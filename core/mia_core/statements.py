"""Statements, built once: SQLAlchemy takes longer to put one together than SQLite to run it.

They take their values as parameters when they are executed. Upserts are written in the database's own dialect.
"""

from functools import cache

from sqlalchemy import Insert, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from mia_core.database import Database

Upsert = postgresql.Insert | sqlite.Insert


@cache
def plain_insert(table: type[SQLModel]) -> Insert:
    """INSERT, for rows given as a list."""
    return insert(table)


def insert_into(database: Database, table: type[SQLModel]) -> Upsert:
    """An INSERT that knows ON CONFLICT."""
    return _insert_into(database.is_sqlite, table)


def upsert(database: Database, table: type[SQLModel], *, key: tuple[str, ...], changed: tuple[str, ...]) -> Upsert:
    """INSERT, for rows given as a list; where the key is there already, its columns `changed` are set anew."""
    return _upsert(database.is_sqlite, table, key, changed)


def insert_once(database: Database, table: type[SQLModel], *, key: tuple[str, ...]) -> Upsert:
    """INSERT, for rows given as a list; one whose key is there already is passed over."""
    return _insert_once(database.is_sqlite, table, key)


def _insert_into(in_sqlite: bool, table: type[SQLModel]) -> Upsert:
    return (sqlite.insert if in_sqlite else postgresql.insert)(table)


@cache
def _upsert(in_sqlite: bool, table: type[SQLModel], key: tuple[str, ...], changed: tuple[str, ...]) -> Upsert:
    statement = _insert_into(in_sqlite, table)
    return statement.on_conflict_do_update(
        index_elements=key, set_={name: statement.excluded[name] for name in changed}
    )


@cache
def _insert_once(in_sqlite: bool, table: type[SQLModel], key: tuple[str, ...]) -> Upsert:
    return _insert_into(in_sqlite, table).on_conflict_do_nothing(index_elements=key)
