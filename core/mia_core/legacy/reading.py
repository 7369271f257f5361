"""Reads accounts from a file: JSON Lines, or CSV whose columns for memories and conversations hold JSON.

One account a line:

    {"username": "ana", "password_hash": "$2b$12$…", "language": "pt", "created": "2023-05-01T10:00:00Z",
     "memories": [{"statement": "Ana plays the piano.", "at": "2023-06-01T09:00:00Z"}],
     "conversations": [[{"by": "person", "text": "Hello", "at": "2023-06-01T09:00:00Z"}, {"by": "mia", …}]]}

`language`, `memories` and `conversations` may be left out. A time without a zone is UTC.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from mia_core.errors import OperatorError

_BCRYPT = r"^\$2[abxy]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}$"
_JSON_COLUMNS = ("memories", "conversations")
_LONGEST_FIELD = 64 * 1024 * 1024
"""Characters of one CSV field: a long conversation."""


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def fold(username: str) -> str:
    """A username as accounts are known by it: without spaces around it, in lower case."""
    return username.strip().casefold()


Moment = Annotated[datetime, AfterValidator(_utc)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class OldMemory(_Record):
    """Something that was remembered."""

    statement: str = Field(min_length=1, max_length=500)
    at: Moment


class OldMessage(_Record):
    """Something that was said."""

    by: Literal["person", "mia"]
    text: str = Field(min_length=1, max_length=20_000)
    at: Moment


class Account(_Record):
    """One account with all that it brings along."""

    username: Annotated[str, AfterValidator(fold)] = Field(min_length=1, max_length=100, pattern=r"\S")
    password_hash: str = Field(pattern=_BCRYPT)
    language: str | None = Field(None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    created: Moment
    memories: tuple[OldMemory, ...] = ()
    conversations: tuple[tuple[OldMessage, ...], ...] = ()


@dataclass(frozen=True)
class Read:
    """A line of the file: an account, or why it is none."""

    line: int
    account: Account | None
    fault: str = ""


def read_accounts(file: Path) -> Iterator[Read]:
    """Each account of the file in turn. Raises OperatorError when the file itself cannot be read."""
    read = _read_csv if file.suffix.lower() == ".csv" else _read_json_lines
    try:
        yield from read(file)
    except OSError as error:
        raise OperatorError(f"{file}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise OperatorError(f"{file}: not UTF-8 text as docs/operating.md describes it: {error}") from None


def _read_json_lines(file: Path) -> Iterator[Read]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _parsed(number, line)


def _parsed(number: int, line: str) -> Read:
    try:
        return _account(number, json.loads(line))
    except (ValueError, RecursionError) as error:
        return Read(number, None, f"is not JSON: {getattr(error, 'msg', 'nested too deeply')}")


def _read_csv(file: Path) -> Iterator[Read]:
    csv.field_size_limit(_LONGEST_FIELD)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        for row in rows:
            values: dict[str, Any] = {name: value for name, value in row.items() if name is not None and value}
            try:
                values |= {name: json.loads(values[name]) for name in _JSON_COLUMNS if name in values}
            except (ValueError, RecursionError):
                yield Read(rows.line_num, None, f"{' or '.join(_JSON_COLUMNS)}: is not JSON")
                continue
            yield _account(rows.line_num, values)


def _account(number: int, values: Any) -> Read:
    try:
        return Read(number, Account.model_validate(values))
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        return Read(number, None, f"{where or 'the line'}: {re.sub('^Value error, ', '', fault['msg'])}")
