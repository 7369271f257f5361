"""Old accounts from files: what is stored, what is passed over with its reason, and nothing is stored twice."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlmodel import col

from mia_core.app import App
from mia_core.errors import OperatorError
from mia_core.legacy.importing import Imported, import_accounts
from mia_core.legacy.reading import read_accounts
from mia_core.tables import LegacyAccount, Memory, Message, Person, Session

HASH = "$2b$12$" + "a" * 53
ANA: dict[str, Any] = {
    "username": " Ana ",
    "password_hash": HASH,
    "language": "pt-BR",
    "created": "2023-05-01T10:00:00",
    "memories": [{"statement": "Ana plays the piano.", "at": "2023-06-01T09:00:00+02:00"}],
    "conversations": [
        [
            {"by": "mia", "text": "Second", "at": "2023-06-02T09:01:00Z"},
            {"by": "person", "text": "First", "at": "2023-06-02T09:00:00Z"},
        ],
        [{"by": "person", "text": "Before all", "at": "2023-06-01T09:00:00Z"}],
        [],
    ],
}


def written(folder: Path, *lines: Any) -> Path:
    """A file of JSON Lines; text is written as it is."""
    file = folder / "accounts.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return file


async def brought(app: App, file: Path, **options: bool) -> Imported:
    """Import a file."""
    return await import_accounts(app.database, app.ids, app.clock, read_accounts(file), **options)


async def count(app: App, table: Any) -> int:
    """Rows of a table."""
    async with app.database.reading() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def test_an_account_comes_in_with_its_memories_and_its_conversations_by_time(
    app: App, tmp_path: Path
) -> None:
    done = await brought(app, written(tmp_path, ANA))
    assert (done.accounts, done.memories, done.messages) == (1, 1, 3)
    async with app.database.reading() as connection:
        (known,) = (await connection.execute(select(LegacyAccount))).mappings().all()
        (person,) = (await connection.execute(select(Person))).mappings().all()
        said = await connection.execute(select(col(Message.text)).order_by(col(Message.seq)))
        (memory,) = (await connection.execute(select(Memory))).mappings().all()
        assert said.scalars().all() == ["Before all", "First", "Second"]
    assert (known["username"], known["person_id"]) == ("ana", person["id"])
    assert person["id"] < 0
    assert (person["language"], person["message_count"]) == ("pt-BR", 3)
    assert memory["learnt_at"].isoformat() == "2023-06-01T07:00:00+00:00"
    assert await count(app, Session) == 2


async def test_the_same_file_twice_stores_nothing_twice(app: App, tmp_path: Path) -> None:
    file = written(tmp_path, ANA, {**ANA, "username": "ANA"}, {**ANA, "username": "bruno"})
    first = await brought(app, file)
    second = await brought(app, file)
    assert (first.accounts, first.there_already) == (2, 1)
    assert (second.accounts, second.there_already) == (0, 3)
    assert await count(app, Person) == 2


async def test_a_dry_run_counts_and_writes_nothing(app: App, tmp_path: Path) -> None:
    done = await brought(app, written(tmp_path, ANA, "{"), dry_run=True)
    assert (done.accounts, done.memories, done.messages, len(done.faults)) == (1, 1, 3, 1)
    assert await count(app, Person) == 0


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "the line"),
        ({**ANA, "password_hash": "plain"}, "password_hash"),
        ({**ANA, "password_hash": HASH + "a"}, "password_hash"),
        ({**ANA, "username": "   "}, "username"),
        ({**ANA, "created": "yesterday"}, "created"),
        ({**ANA, "language": "Portuguese, of Brazil"}, "language"),
        ({**ANA, "memories": [{"statement": "", "at": "2023-06-01T09:00:00Z"}]}, "memories.0.statement"),
        (
            {**ANA, "conversations": [[{"by": "me", "text": "x", "at": "2023-06-01T09:00:00Z"}]]},
            "conversations.0.0.by",
        ),
        ({**ANA, "email": "ana@example.org"}, "email"),
    ],
)
async def test_a_bad_line_is_named_with_its_fault_and_the_others_come_in(
    app: App, tmp_path: Path, line: Any, fault: str
) -> None:
    done = await brought(app, written(tmp_path, line, {**ANA, "username": "bruno"}))
    assert [(read.line, fault in read.fault) for read in done.faults] == [(1, True)]
    assert "secret" not in done.faults[0].fault
    assert done.accounts == 1


async def test_a_table_with_json_in_its_columns_says_the_same(app: App, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        table = csv.DictWriter(opened, list(ANA))
        table.writeheader()
        lists = {name: json.dumps(ANA[name]) for name in ("memories", "conversations")}
        table.writerow({**ANA, **lists})
        table.writerow({**ANA, "username": "bruno", "memories": "", "conversations": ""})
        table.writerow({**ANA, "username": "chen", "memories": "[", "conversations": ""})
    done = await brought(app, file)
    assert (done.accounts, done.memories, done.messages) == (2, 1, 3)
    assert [read.fault for read in done.faults] == ["memories or conversations: is not JSON"]


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read"):
        list(read_accounts(tmp_path / "nowhere.jsonl"))
    file = tmp_path / "latin.jsonl"
    file.write_bytes(b'{"username": "\xff"}')
    with pytest.raises(OperatorError, match="UTF-8"):
        list(read_accounts(file))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=5))
def test_whatever_stands_in_a_file_each_line_is_an_account_or_has_a_fault(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    file = tmp_path_factory.mktemp("odd") / "accounts.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    assert all((read.account is None) == bool(read.fault) for read in read_accounts(file))
