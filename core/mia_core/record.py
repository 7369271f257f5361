"""What a turn reads and writes: history and feeling before, then one transaction with all that it changed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.app import App
from mia_core.emotion.cause import Moved
from mia_core.emotion.feeling import Feeling
from mia_core.emotion.store import feeling_values
from mia_core.gate.store import NOTHING, CareChange, write_care
from mia_core.inbox import Claim
from mia_core.memory.embed import Vectors
from mia_core.memory.index import Past, Version
from mia_core.memory.learn import Change, NewMemories
from mia_core.memory.publication import revoke
from mia_core.outbox import Channel
from mia_core.prompt.scene import Said
from mia_core.sessions import goes_on
from mia_core.statements import plain_insert, upsert
from mia_core.tables import FeelingRow, Memory, Message, Person, Session, Turn
from mia_core.xai.usage import CallRecord

_CHANNELS: dict[str, Channel] = {"dm": "dm", "mention": "post"}
"""Sources whose answers are sent by the outbox; the others' are handed back to who asked."""
_HISTORY = (
    select(col(Message.author), col(Message.text), col(Message.at))
    .where(
        col(Message.person_id) == bindparam("the_person"),
        col(Message.seq) > bindparam("the_start"),
        col(Message.public).is_(False),
    )
    .order_by(col(Message.seq))
)
_PERSON = (
    update(Person)
    .where(col(Person.id) == bindparam("the_person"))
    .values(
        message_count=bindparam("the_count"),
        memory_version=col(Person.memory_version) + bindparam("the_learnt"),
        session_id=bindparam("the_session"),
        session_started_at=bindparam("the_start"),
        turns_until=bindparam("the_pace"),
        last_message_at=bindparam("the_moment"),
        language=bindparam("the_language"),
    )
)


@dataclass(frozen=True)
class TurnRecord:
    """All that one turn changes."""

    outcome: str
    started_at: datetime
    texts: tuple[str, ...] = ()
    """What is sent, in order; already within the channel's rules."""
    said: str = ""
    """Her words as history keeps them; the fixed notices beside them are left out."""
    language: str | None = None
    feeling: Feeling | None = None
    moved: Moved | None = None
    """Why the feeling moved, and how far."""
    care: CareChange = NOTHING
    turns_until: datetime | None = None
    """The person's pace after this turn; None: it does not count."""
    learnt: NewMemories | None = None
    recalled: tuple[int, ...] = ()
    recalled_messages: tuple[int, ...] = ()
    felt: Feeling | None = None
    """What she felt as she answered."""
    heard: Vectors | None = None
    """Vectors of the messages, theirs and then hers; shape (messages, dimension). None: made by a job later."""
    calls: tuple[CallRecord, ...] = ()
    person: tuple[tuple[str, Any], ...] = ()
    """Further columns of the person that change."""
    write: Callable[[AsyncConnection, int], Awaitable[None]] | None = None
    """Further writes; the number is the person's `memory_version` from here on."""
    changes_memories: bool = False
    """Memories change by `write`."""

    @property
    def versions(self) -> int:
        """By how much the person's `memory_version` rises.

        Rows tell other processes what was learnt. What `write` deletes no row tells of, so that it takes a version
        of its own, for which they find nothing and read everything anew.
        """
        return (self.learnt is not None) + self.changes_memories


def history_start(message_count: int, most: int) -> int:
    """The `seq` after which messages stand in the prompt as the conversation itself.

    The window starts at a multiple of half its size and so moves in steps: in between, prompts grow at their end
    alone, and xAI's cache of prefixes serves what came before.
    """
    half = most // 2
    return max(message_count // half - 1, 0) * half


async def read_history(app: App, person: Person) -> list[Said]:
    """The latest private messages, at most `persona.history_messages`, oldest first."""
    start = history_start(person.message_count, app.settings.persona.history_messages)
    async with app.database.reading() as connection:
        rows = (await connection.execute(_HISTORY, {"the_person": person.id, "the_start": start})).all()
    return [Said(by_mia=row.author == "mia", text=row.text, at=row.at) for row in rows]


async def write_turn(app: App, claim: Claim, record: TurnRecord) -> None:
    """Commit the turn. Raises LeaseLost, having written nothing, if another worker holds the person by now."""
    now, turn_id = app.clock(), app.ids()
    version = claim.person.memory_version + 1
    new_session = not goes_on(claim.person, app.settings.persona, now)
    session_id = app.ids() if new_session or not claim.person.session_id else claim.person.session_id
    messages = _messages(app, claim, record, turn_id=turn_id, session_id=session_id, now=now)
    async with app.database.writing() as connection:
        # The person before the mailbox, as receivers lock them; the other way round they would meet in a deadlock.
        began = now if new_session else claim.person.session_started_at
        await _write_person(connection, claim, record, (session_id, began), len(messages), now)
        await app.inbox.finish(connection, claim, state="done", turn_id=turn_id)
        if new_session:
            await connection.execute(plain_insert(Session), [_session_row(claim, session_id, now)])
        await connection.execute(plain_insert(Turn), [_turn_row(app, claim, record, turn_id, session_id, now)])
        await connection.execute(plain_insert(Message), messages)
        if record.feeling:
            await _write_feeling(app, connection, claim.person_id, record.feeling)
        if record.learnt and record.learnt.memories:
            rows = record.learnt.rows(
                claim.person_id,
                source=claim.events[0].source,
                message_id=messages[0]["id"],
                embedding_model=app.embedder.name,
                version=version,
            )
            await connection.execute(plain_insert(Memory), rows)
        if record.learnt:
            await change_memories(connection, claim.person_id, record.learnt.changes, version)
        await write_care(connection, app, claim, record.care, now)
        if record.write:
            await record.write(connection, version)
        await app.spending.record(connection, record.calls, purpose="turn")
        await _fix(app, connection, claim, record, turn_id)
    app.outbox.announce()
    _grow_index(app, claim, record, messages)


async def write_calls(app: App, calls: Sequence[CallRecord], *, purpose: str = "turn") -> None:
    """Record what came to nothing, and has cost all the same."""
    if calls:
        async with app.database.writing() as connection:
            await app.spending.record(connection, calls, purpose=purpose)


def _grow_index(app: App, claim: Claim, record: TurnRecord, messages: Sequence[Mapping[str, Any]]) -> None:
    """Bring the kept index up to what was just committed, so that the next turn need not read it again."""
    person = claim.person
    if record.changes_memories:
        app.indexes.forget(person.id)
        return
    kept = app.indexes.kept(person.id, Version(person.memory_version, person.message_count))
    if kept is None or record.heard is None:
        return
    learnt = record.learnt
    if learnt:
        version = person.memory_version + 1
        kept.add([replace(memory, version=version) for memory in learnt.memories], learnt.vectors)
        kept.change({change.id: change.values for change in learnt.changes})
    kept.hear([_past(message) for message in messages], record.heard[: len(messages)])
    risen = 1 if learnt else 0
    app.indexes.grown(person.id, Version(person.memory_version + risen, person.message_count + len(messages)))


def _past(message: Mapping[str, Any]) -> Past:
    return Past(
        id=message["id"],
        seq=message["seq"],
        by_mia=message["author"] == "mia",
        text=message["text"],
        at=message["at"],
        session=message["session_id"],
        pictures=message["pictures"],
        language=message["language"],
    )


def _session_row(claim: Claim, session_id: int, now: datetime) -> dict[str, Any]:
    return {
        "person_id": claim.person_id,
        "id": session_id,
        "channel": claim.events[0].source,
        "started_at": now,
    }


def _turn_row(
    app: App, claim: Claim, record: TurnRecord, turn_id: int, session_id: int, now: datetime
) -> dict[str, Any]:
    return {
        "person_id": claim.person_id,
        "id": turn_id,
        "session_id": session_id,
        "channel": claim.events[0].source,
        "outcome": record.outcome,
        "persona": app.prompts.version,
        "model": record.calls[-1].model if record.calls else None,
        "recalled": list(record.recalled),
        "recalled_messages": list(record.recalled_messages),
        "feeling": _felt(record.felt),
        "moved": record.moved.as_json() if record.moved and record.moved.causes else None,
        "started_at": record.started_at,
        "finished_at": now,
    }


def _messages(
    app: App, claim: Claim, record: TurnRecord, *, turn_id: int, session_id: int, now: datetime
) -> list[dict[str, Any]]:
    """The person's messages, then her answer if there is one, numbered on from the last."""
    first = claim.events[0]
    shared = {
        "person_id": claim.person_id,
        "session_id": session_id,
        "turn_id": turn_id,
        "channel": first.source,
        "public": first.public,
        "language": record.language,
    }
    theirs: list[dict[str, Any]] = [
        {
            "author": "person",
            "text": event.text,
            "event_id": event.event_id,
            "conversation": event.conversation,
            "at": event.at,
            "pictures": event.pictures,
        }
        for event in claim.events
    ]
    hers: dict[str, Any] = {
        "author": "mia",
        "text": record.said,
        "event_id": None,
        "conversation": first.conversation,
        "at": now,
        "pictures": None,
    }
    spoken = [*theirs, hers] if record.said else theirs
    start = claim.person.message_count + 1
    return [
        {**shared, "id": app.ids(), "seq": seq, **message, **_embedding(app, record, seq - start)}
        for seq, message in enumerate(spoken, start=start)
    ]


def _embedding(app: App, record: TurnRecord, place: int) -> dict[str, Any]:
    """Half precision: it halves the bytes, and changes no rank that matters."""
    if record.heard is None or place >= len(record.heard):
        return {"embedding": None, "embedding_model": None}
    return {"embedding": record.heard[place].astype("<f2").tobytes(), "embedding_model": app.embedder.name}


def _felt(feeling: Feeling | None) -> dict[str, Any] | None:
    if feeling is None:
        return None
    towards = feeling.relationship
    return {
        "emotion": feeling.name,
        "mood": feeling.mood_name,
        "pleasure": round(feeling.mood.pleasure, 3),
        **{name: round(getattr(towards, name), 3) for name in ("trust", "familiarity", "warmth", "tension")},
    }


async def change_memories(
    connection: AsyncConnection, person_id: int, changes: Sequence[Change], version: int
) -> None:
    """Change memories, as of a version; what is closed thereby is told to nobody else any more."""
    for change in changes:
        await connection.execute(
            update(Memory)
            .where(col(Memory.person_id) == person_id, col(Memory.id) == change.id)
            .values(**change.values, version=version)
        )
        if closed_at := change.values.get("closed_at"):
            await revoke(connection, person_id, closed_at, memory_ids=(change.id,))


async def _write_person(
    connection: AsyncConnection,
    claim: Claim,
    record: TurnRecord,
    session: tuple[int, datetime | None],
    messages: int,
    now: datetime,
) -> None:
    person = claim.person
    parameters = {
        "the_person": claim.person_id,
        "the_count": claim.person.message_count + messages,
        "the_learnt": record.versions,
        "the_session": session[0],
        "the_start": session[1],
        "the_pace": record.turns_until or person.turns_until,
        "the_moment": now,
        "the_language": person.language if person.language_chosen else record.language or person.language,
    }
    statement = _PERSON.values(**dict(record.person)) if record.person else _PERSON
    await connection.execute(statement, parameters)


async def _write_feeling(app: App, connection: AsyncConnection, person_id: int, feeling: Feeling) -> None:
    row = {"person_id": person_id, **feeling_values(feeling)}
    changed = tuple(name for name in row if name != "person_id")
    await connection.execute(upsert(app.database, FeelingRow, key=("person_id",), changed=changed), [row])


async def _fix(app: App, connection: AsyncConnection, claim: Claim, record: TurnRecord, turn_id: int) -> None:
    """Put what she says into the outbox, where the channel is one that the outbox sends."""
    last = claim.events[-1]
    channel = _CHANNELS.get(last.source)
    if channel and record.texts:
        await app.outbox.fix(
            connection,
            person_id=claim.person_id,
            key=f"turn:{turn_id}",
            channel=channel,
            address=last.address,
            texts=record.texts,
            turn_id=turn_id,
        )
