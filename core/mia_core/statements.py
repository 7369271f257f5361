"""Statements that SQLite and PostgreSQL write in two dialects."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from mia_core.database import Database


def insert_into(database: Database, table: type[SQLModel]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the database's own dialect."""
    return (sqlite.insert if database.is_sqlite else postgresql.insert)(table)
