"""Stores accounts, each whole or not at all; one that is there already is passed over."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.ids import IdMaker
from mia_core.legacy.reading import Account, Read
from mia_core.statements import plain_insert
from mia_core.tables import LegacyAccount, Memory, Message, Person, Session

_AT_ONCE = 1_000


def source_of(username: str) -> str:
    """The channel of what was said, and the source of what was remembered, under an old account."""
    return f"legacy:{username}"


@dataclass
class Imported:
    """What became of a file."""

    accounts: int = 0
    memories: int = 0
    messages: int = 0
    there_already: int = 0
    faults: list[Read] = field(default_factory=list)
    """Lines that are no account."""


async def import_accounts(
    database: Database, ids: IdMaker, clock: Clock, lines: Iterable[Read], *, dry_run: bool = False
) -> Imported:
    """Store what is new. With `dry_run` nothing is written, and the counts are those that it would come to."""
    done, seen = Imported(), set[str]()
    for read in lines:
        account = read.account
        if account is None:
            done.faults.append(read)
        elif account.username in seen or await _is_there(database, account.username):
            done.there_already += 1
        else:
            seen.add(account.username)
            if not dry_run:
                await _store(database, ids, clock, account)
            done.accounts += 1
            done.memories += len(account.memories)
            done.messages += sum(len(talk) for talk in account.conversations)
    return done


async def _is_there(database: Database, username: str) -> bool:
    statement = select(col(LegacyAccount.person_id)).where(col(LegacyAccount.username) == username)
    async with database.reading() as connection:
        return (await connection.execute(statement)).first() is not None


async def _store(database: Database, ids: IdMaker, clock: Clock, account: Account) -> None:
    """In one transaction. Vectors are made by the job `re_embed`; until then words alone are searched."""
    now, person_id, source = clock(), -ids(), source_of(account.username)
    rows: dict[Any, list[dict[str, Any]]] = {Memory: _memories(account, person_id, ids), Session: [], Message: []}
    talks = [sorted(talk, key=lambda each: each.at) for talk in account.conversations if talk]
    for said in sorted(talks, key=lambda talk: talk[0].at):
        session_id = ids()
        rows[Session].append(
            {"person_id": person_id, "id": session_id, "channel": source, "started_at": said[0].at}
        )
        rows[Message] += [
            {
                "person_id": person_id,
                "id": ids(),
                "seq": seq,
                "session_id": session_id,
                "turn_id": session_id,
                "channel": source,
                "conversation": source,
                "public": False,
                "author": each.by,
                "text": each.text,
                "at": each.at,
            }
            for seq, each in enumerate(said, start=len(rows[Message]) + 1)
        ]
    person = {
        "id": person_id,
        "name": account.username,
        "language": account.language,
        "created_at": account.created,
        "last_seen_at": max((row["at"] for row in rows[Message]), default=account.created),
        "memory_version": 1,
        "message_count": len(rows[Message]),
    }
    known = {
        "username": account.username,
        "person_id": person_id,
        "password_hash": account.password_hash,
        "created_at": account.created,
        "imported_at": now,
    }
    async with database.writing() as connection:
        await connection.execute(plain_insert(Person), [person])
        await connection.execute(plain_insert(LegacyAccount), [known])
        for table, values in rows.items():
            for start in range(0, len(values), _AT_ONCE):
                await connection.execute(plain_insert(table), values[start : start + _AT_ONCE])


def _memories(account: Account, person_id: int, ids: IdMaker) -> list[dict[str, Any]]:
    return [
        {
            "person_id": person_id,
            "id": ids(),
            "kind": "fact",
            "statement": memory.statement,
            "said_by": "person",
            "confidence": 0.8,
            "importance": 0.5,
            "visibility": "private",
            "source": source_of(account.username),
            "learnt_at": memory.at,
            "version": 1,
        }
        for memory in account.memories
    ]
