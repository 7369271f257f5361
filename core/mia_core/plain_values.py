"""Rows as bytes that are the same for the same values, whichever database they were read from."""

from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import JSON, Column, RowMapping, Table


def encoded(table: Table, row: RowMapping) -> bytes:
    """A row as one line of bytes, type and value of each column."""
    return f"{tuple(_plain(column, row) for column in table.columns)!a}\n".encode("ascii")


def difference(table: Table, one: RowMapping, other: RowMapping) -> list[str]:
    """The columns in which two rows are not the same, in type or value."""
    return [column.name for column in table.columns if repr(_plain(column, one)) != repr(_plain(column, other))]


def _plain(column: Column[Any], row: RowMapping) -> Any:
    value = row[column.name]
    return _of_document(value) if isinstance(column.type, JSON) else _of_column(value)


def _of_column(value: Any) -> Any:
    if isinstance(value, float):
        return value + 0.0  # SQLite keeps no sign of zero
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return bytes(value) if isinstance(value, memoryview) else value


def _of_document(value: Any) -> Any:
    """JSON without what JSON leaves open: the order of names, and how a number is written."""
    if isinstance(value, dict):
        return "object", sorted((name, _of_document(each)) for name, each in value.items())
    if isinstance(value, list):
        return [_of_document(each) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number", _written(value)
    return value


def _written(number: float) -> str:
    """PostgreSQL writes 1e22 as an integer: the same number, which Python reads as another type."""
    exact = Decimal(repr(number))
    return str(exact.normalize(Context(prec=len(exact.as_tuple().digits) or 1))) if exact else "0"
