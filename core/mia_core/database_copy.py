"""A database copied into an empty one, SQLite or PostgreSQL: every row, and then every row compared."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, RowMapping, Table, func, insert, inspect, literal, select, table, tuple_
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import AutoString, col

from mia_core.database import Database, named, why
from mia_core.errors import DatabaseError
from mia_core.plain_values import difference, encoded
from mia_core.schema import current_revision, newest_revision, upgrade
from mia_core.tables import Lease, Mailbox, OutboxRow, metadata

_BATCH = 500
"""Rows in memory at once."""
_FAULTS = (SQLAlchemyError, ValueError)
"""What reading or writing a row that the other database has no room for raises."""

Belongs = Callable[[Table, RowMapping], bool]
"""Whether a row is to be copied."""
Progress = Callable[[int], None]
"""Is told of rows that were copied, and once more when they were compared."""


@dataclass(frozen=True)
class CopiedTable:
    """A table that is the same in both databases."""

    name: str
    rows: int
    digest: str
    """SHA-256 of its rows in order of their keys, shortened; the same wherever the same rows are stored."""


async def prepare(target: Database) -> None:
    """See that the target is empty, and has the newest schema. Raises DatabaseError when it holds anything."""
    revision = await current_revision(target)
    if revision not in (None, newest_revision()):
        raise DatabaseError(f"{_address(target)} is at migration {revision}: name an empty database")
    async with target.reading() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        for name in sorted({*names} - {"alembic_version"}):
            first = select(literal(1)).select_from(table(name)).limit(1)
            if revision is None or (await connection.execute(first)).first():
                raise DatabaseError(f"{_address(target)} holds data (table {name}): name an empty database")
    await upgrade(target)


async def who_works(database: Database, now: datetime) -> tuple[str, ...]:
    """The processes that hold a lease, a person or a text at this moment."""
    statements = (
        select(col(Lease.owner)).where(col(Lease.until) > now),
        select(col(Mailbox.owner)).where(col(Mailbox.owner).is_not(None), col(Mailbox.due_at) > now),
        select(col(OutboxRow.owner)).where(col(OutboxRow.owner).is_not(None), col(OutboxRow.due_at) > now),
    )
    async with database.reading() as connection:
        owners = [owner for each in statements for owner in (await connection.execute(each.distinct())).scalars()]
    return tuple(sorted({str(owner).partition("/")[0] for owner in owners}))


async def count_rows(database: Database) -> int:
    """How many rows a copy takes."""
    async with database.reading() as connection:
        counts = [select(func.count()).select_from(each) for each in metadata.sorted_tables]
        return sum([(await connection.execute(each)).scalar_one() for each in counts])


def everything(_table: Table, _row: RowMapping) -> bool:
    """For `copy_rows`: all rows are copied."""
    return True


async def copy_rows(
    source: Database, target: Database, progress: Progress, belongs: Belongs = everything
) -> list[CopiedTable]:
    """Copy the rows that belong there, as they stand at one moment; then compare each that arrived, by value.

    Goes through each table in order of its key, which begins with the person, a batch at a time. Raises
    DatabaseError that names the row when one does not fit or differs; the target is to be emptied then.
    """
    async with _moment(source) as reading:
        for each in metadata.sorted_tables:
            await _copy_table(reading, target, each, progress, belongs)
        async with _moment(target) as arrived:
            return [await _compare(reading, arrived, each, progress, belongs) for each in metadata.sorted_tables]


@asynccontextmanager
async def _moment(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection that sees the database as it is now, whatever is written meanwhile."""
    begin = "BEGIN" if database.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    async with database.reading() as connection:
        await connection.exec_driver_sql(begin)
        try:
            yield connection
        finally:
            await connection.exec_driver_sql("ROLLBACK")


async def _copy_table(
    reading: AsyncConnection, target: Database, each: Table, progress: Progress, belongs: Belongs
) -> None:
    async with aclosing(_pages(reading, each)) as pages:
        async for rows in pages:
            chosen = [row for row in rows if belongs(each, row)]
            try:
                await _insert(target, each, chosen)
            except _FAULTS:
                await _insert_singly(target, each, chosen)
                raise
            progress(len(rows))


async def _insert(target: Database, each: Table, rows: Sequence[RowMapping]) -> None:
    if not rows:
        return
    async with target.writing() as connection:
        await connection.execute(insert(each), [dict(row) for row in rows])


async def _insert_singly(target: Database, each: Table, rows: Sequence[RowMapping]) -> None:
    """Find the row that does not fit."""
    for row in rows:
        try:
            await _insert(target, each, [row])
        except _FAULTS as error:
            raise DatabaseError(f"{_place(each, row)} does not fit into the target: {why(error)}") from None


async def _pages(connection: AsyncConnection, each: Table) -> AsyncGenerator[Sequence[RowMapping]]:
    """The rows in order of their key, batch by batch; the same order in every database."""
    keys = [_sortable(connection, column) for column in each.primary_key.columns]
    statement = select(each).order_by(*keys).limit(_BATCH)
    page, last = statement, None
    while True:
        try:
            rows = (await connection.execute(page)).mappings().all()
        except _FAULTS as error:
            place = _place(each, last) if last else f"the beginning of {each.name}"
            raise DatabaseError(f"a row after {place} cannot be read: {why(error)}") from None
        if not rows:
            return
        yield rows
        last = rows[-1]
        values = (literal(last[column.name], column.type) for column in each.primary_key.columns)
        page = statement.where(tuple_(*keys) > tuple_(*values))


def _sortable(connection: AsyncConnection, column: Column[Any]) -> Any:
    """PostgreSQL sorts text by language, unless it is told to sort by code points, as SQLite does."""
    by_language = connection.dialect.name == "postgresql" and isinstance(column.type, AutoString)
    return column.collate("C") if by_language else column


async def _compare(
    reading: AsyncConnection, arrived: AsyncConnection, each: Table, progress: Progress, belongs: Belongs
) -> CopiedTable:
    digest, count = hashlib.sha256(), 0
    async with aclosing(_pages(reading, each)) as ours, aclosing(_rows(arrived, each)) as theirs:
        async for rows in ours:
            for row in rows:
                if belongs(each, row):
                    _require_same(each, row, await anext(theirs, None))
                    digest.update(encoded(each, row))
                    count += 1
            progress(len(rows))
        if extra := await anext(theirs, None):
            _require_same(each, None, extra)
    return CopiedTable(each.name, count, digest.hexdigest()[:16])


async def _rows(connection: AsyncConnection, each: Table) -> AsyncGenerator[RowMapping]:
    """All rows, one by one."""
    async with aclosing(_pages(connection, each)) as pages:
        async for rows in pages:
            for row in rows:
                yield row


def _require_same(each: Table, row: RowMapping | None, copied: RowMapping | None) -> None:
    """Raise DatabaseError unless both are there, and say the same."""
    found = None
    if row is None or copied is None:
        found = "is not in the copy" if row else "is in the copy alone"
    elif columns := difference(each, row, copied):
        found = f"differs in {', '.join(columns)}"
    if found and (either := row or copied):
        raise DatabaseError(f"{_place(each, either)} {found}: empty the target and copy again")


def _place(each: Table, row: RowMapping) -> str:
    """A row's table and key, for people to find it by."""
    key = ", ".join(f"{column.name} {row[column.name]!r}" for column in each.primary_key.columns)
    return f"{each.name} ({key})"


def _address(database: Database) -> str:
    return named(database.engine.url.render_as_string(hide_password=False))
