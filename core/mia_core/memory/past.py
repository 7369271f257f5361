"""Keeping a conversation that was held elsewhere, or before: its messages become the person's past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.app import App
from mia_core.memory.index import searched
from mia_core.memory.names import names_of
from mia_core.memory.words import without
from mia_core.statements import plain_insert
from mia_core.tables import Message, Person, Session

_BATCH = 500


@dataclass(frozen=True)
class Spoken:
    """One message of the past."""

    by_mia: bool
    text: str
    at: datetime
    pictures: str | None = None
    language: str | None = None


async def keep_past(app: App, person: Person, spoken: Sequence[Spoken], *, source: str) -> list[int]:
    """Store messages, in the order in which they were said, behind those that are there; answers their ids.

    A gap longer than `persona.session_idle_min` begins a session. They are found by recall from the next turn on.
    """
    ids: list[int] = []
    for start in range(0, len(spoken), _BATCH):
        ids += await _keep(app, person, spoken[start : start + _BATCH], source)
    app.indexes.forget(person.id)
    return ids


async def _keep(app: App, person: Person, spoken: Sequence[Spoken], source: str) -> list[int]:
    names = names_of(person.name, person.username, her_username=app.settings.x.username).all
    vectors = await app.embedder.embed([without(searched(each.text, each.pictures), names) for each in spoken])
    async with app.database.writing() as connection:
        count, session_id, last_at = await _so_far(connection, person.id)
        sessions: list[dict[str, Any]] = []
        rows: list[dict[str, Any]] = []
        for seq, (each, vector) in enumerate(zip(spoken, vectors, strict=True), start=count + 1):
            if session_id is None or last_at is None or each.at - last_at > _idle(app):
                session_id = app.ids()
                sessions.append(
                    {"person_id": person.id, "id": session_id, "channel": source, "started_at": each.at}
                )
            last_at = each.at
            rows.append(
                {
                    "person_id": person.id,
                    "id": app.ids(),
                    "seq": seq,
                    "session_id": session_id,
                    "turn_id": session_id,
                    "channel": source,
                    "conversation": source,
                    "public": False,
                    "author": "mia" if each.by_mia else "person",
                    "text": each.text,
                    "language": each.language,
                    "event_id": None,
                    "at": each.at,
                    "pictures": each.pictures,
                    "embedding": vector.astype("<f2").tobytes(),
                    "embedding_model": app.embedder.name,
                }
            )
        if sessions:
            await connection.execute(plain_insert(Session), sessions)
        await connection.execute(plain_insert(Message), rows)
        values = {"message_count": count + len(rows), "session_id": session_id, "last_message_at": last_at}
        await connection.execute(update(Person).where(col(Person.id) == person.id).values(**values))
    return [row["id"] for row in rows]


def _idle(app: App) -> timedelta:
    return timedelta(minutes=app.settings.persona.session_idle_min)


async def _so_far(connection: AsyncConnection, person_id: int) -> tuple[int, int | None, datetime | None]:
    """How many messages there are, the latest session, and when the last was said."""
    columns = (col(Person.message_count), col(Person.session_id), col(Person.last_message_at))
    row = (await connection.execute(select(*columns).where(col(Person.id) == person_id).with_for_update())).one()
    return row.message_count, row.session_id, row.last_message_at
