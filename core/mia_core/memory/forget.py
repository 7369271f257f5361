"""Forgetting: memories go with the messages that hold them, and are not learnt again."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.app import App
from mia_core.memory.forgotten import sketch
from mia_core.memory.index import PersonIndex
from mia_core.memory.learn import NewMemories
from mia_core.memory.words import language_of, terms, without
from mia_core.tables import Forgotten, InboxRow, Memory, Message, OutboxRow, Publication

_SHARE = 0.7
"""Share of a statement's words from which a message says the same."""
_AT_ONCE = 500
"""Ids in one statement."""


def messages_that_say(index: PersonIndex, memory_ids: Collection[int]) -> tuple[int, ...]:
    """Ids of the messages, theirs and hers, that hold most of the words of one of these memories."""
    wanted = [
        frozenset(terms(without(memory.statement, index.names.all), "en"))
        for memory in index.memories
        if memory.id in memory_ids
    ]
    found = []
    for message in index.messages:
        said = frozenset(terms(without(message.text, index.names.all), "en"))
        if any(statement and len(statement & said) >= _SHARE * len(statement) for statement in wanted):
            found.append(message.id)
    return tuple(found)


def messages_about(index: PersonIndex, topic: str) -> tuple[int, ...]:
    """Ids of the messages that hold every word of a topic, in one form or another."""
    return tuple(
        message.id
        for message in index.messages
        if (wanted := _stems(topic, message.language)) and wanted <= _stems(message.text, message.language)
    )


async def forget(
    connection: AsyncConnection,
    app: App,
    index: PersonIndex,
    person_id: int,
    *,
    memory_ids: Collection[int],
    message_ids: Collection[int],
) -> None:
    """Delete memories with what was made public of them, and messages with their words in inbox and outbox.

    Reflections go too: they were made of all memories, and are made anew. The words of what is forgotten are kept
    as keyed hashes alone.
    """
    gone = [memory for memory in index.memories if memory.id in set(memory_ids)]
    reflections = [memory.id for memory in index.memories if memory.kind == "reflection"]
    sketches = [
        {
            "person_id": person_id,
            "id": app.ids(),
            "sketch": sketch(app.vault, person_id, memory.statement, index.names.all),
            "at": app.clock(),
        }
        for memory in gone
        if memory.kind != "reflection"
    ]
    if sketches:
        await connection.execute(insert(Forgotten), sketches)
    for ids in _portions([*(memory.id for memory in gone), *reflections]):
        await _delete(connection, Publication, person_id, col(Publication.memory_id).in_(ids))
        await _delete(connection, Memory, person_id, col(Memory.id).in_(ids))
    for ids in _portions(list(message_ids)):
        await _empty_boxes(connection, person_id, ids)
        await _delete(connection, Message, person_id, col(Message.id).in_(ids))


async def delete_wrong(person_id: int, learnt: NewMemories, connection: AsyncConnection, _version: int) -> None:
    """Delete what the person has just corrected: it was never true, so that there is no time to keep it for."""
    wrong = [change.id for change in learnt.changes if "closed_by" in change.values]
    await _delete(connection, Publication, person_id, col(Publication.memory_id).in_(wrong))
    made_of_it = col(Memory.kind) == "reflection"
    await _delete(connection, Memory, person_id, col(Memory.id).in_(wrong) | made_of_it)


async def _empty_boxes(connection: AsyncConnection, person_id: int, message_ids: Sequence[int]) -> None:
    """Take the messages' words out of the boxes that they came and went by."""
    rows = (
        await connection.execute(
            select(col(Message.author), col(Message.event_id), col(Message.turn_id)).where(
                col(Message.person_id) == person_id, col(Message.id).in_(message_ids)
            )
        )
    ).all()
    event_ids = [row.event_id for row in rows if row.event_id]
    turn_ids = [row.turn_id for row in rows if row.author == "mia"]
    inbox = select(col(InboxRow.id), col(InboxRow.event)).where(
        col(InboxRow.person_id) == person_id, col(InboxRow.event_id).in_(event_ids)
    )
    for row in (await connection.execute(inbox)).all():
        emptied = {name: value for name, value in row.event.items() if name not in {"text", "images", "thread"}}
        await connection.execute(
            update(InboxRow)
            .where(col(InboxRow.person_id) == person_id, col(InboxRow.id) == row.id)
            .values(event=emptied)
        )
    await connection.execute(
        update(OutboxRow)
        .where(
            col(OutboxRow.person_id) == person_id,
            col(OutboxRow.turn_id).in_(turn_ids),
            col(OutboxRow.state).in_(("sent", "dead")),
        )
        .values(text="")
    )


async def _delete(connection: AsyncConnection, table: Any, person_id: int, which: Any) -> None:
    await connection.execute(delete(table).where(col(table.person_id) == person_id, which))


def _stems(text: str, language: str | None) -> frozenset[str]:
    return frozenset(term for term in terms(text, language_of(language)) if not term.startswith("="))


def _portions(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
