"""A person's conversations in their own hands: read, and deleted by message, by conversation, by time, or all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from mia_core.app import App
from mia_core.memory.forget import forget
from mia_core.memory.mind import index_of
from mia_core.memory.version import raise_version
from mia_core.tables import Message, Person, Session


@dataclass(frozen=True)
class OwnConversation:
    """Messages without a long gap: a session."""

    id: int
    channel: str
    started_at: datetime
    ended_at: datetime
    messages: int


@dataclass(frozen=True)
class OwnMessage:
    """One message, theirs or hers."""

    id: int
    author: str
    text: str
    at: datetime
    public: bool
    pictures: str | None


async def read_conversations(
    app: App, person_id: int, *, most: int, before: int | None = None
) -> list[OwnConversation]:
    """The latest first, at most so many; those without a message any more are left out."""
    chosen = [col(Session.person_id) == person_id]
    if before is not None:
        chosen.append(col(Session.id) < before)
    held = (col(Message.person_id) == col(Session.person_id)) & (col(Message.session_id) == col(Session.id))
    statement = (
        select(
            col(Session.id),
            col(Session.channel),
            col(Session.started_at),
            func.max(col(Message.at)).label("ended_at"),
            func.count().label("messages"),
        )
        .join(Message, held)
        .where(*chosen)
        .group_by(col(Session.id), col(Session.channel), col(Session.started_at))
        .order_by(col(Session.id).desc())
        .limit(most)
    )
    async with app.database.reading() as connection:
        return [OwnConversation(**row) for row in (await connection.execute(statement)).mappings()]


async def read_messages(app: App, person_id: int, session_id: int) -> list[OwnMessage]:
    """What was said in one conversation, in order."""
    statement = (
        select(
            col(Message.id),
            col(Message.author),
            col(Message.text),
            col(Message.at),
            col(Message.public),
            col(Message.pictures),
        )
        .where(col(Message.person_id) == person_id, col(Message.session_id) == session_id)
        .order_by(col(Message.seq))
    )
    async with app.database.reading() as connection:
        return [OwnMessage(**row) for row in (await connection.execute(statement)).mappings()]


async def count_messages(app: App, person_id: int) -> int:
    """How many there are."""
    statement = select(func.count()).where(col(Message.person_id) == person_id)
    async with app.database.reading() as connection:
        return int((await connection.execute(statement)).scalar_one())


async def delete_messages(
    app: App,
    person: Person,
    *,
    message_id: int | None = None,
    session_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Delete those that fit all that is named, and their words in inbox and outbox; answers how many there were.

    Nothing named means all of them. Memories stay: they are a list of their own.
    """
    chosen = [col(Message.person_id) == person.id]
    if message_id is not None:
        chosen.append(col(Message.id) == message_id)
    if session_id is not None:
        chosen.append(col(Message.session_id) == session_id)
    if since is not None:
        chosen.append(col(Message.at) >= since)
    if until is not None:
        chosen.append(col(Message.at) < until)
    index = await index_of(app, person)
    async with app.database.writing() as connection:
        await raise_version(connection, person.id)
        ids = (await connection.execute(select(col(Message.id)).where(*chosen))).scalars().all()
        await forget(connection, app, index, person.id, memory_ids=(), message_ids=ids)
    app.indexes.forget(person.id)
    return len(ids)
