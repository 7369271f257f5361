"""Memory as a turn calls it: what is recalled for a claim, what is learnt from its answer, what was heard."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from mia_core.app import App
from mia_core.inbox import Claim
from mia_core.memory.embed import Vectors
from mia_core.memory.forgotten import read_forgotten
from mia_core.memory.index import Names, Past, PersonIndex, Remembered, Version, searched
from mia_core.memory.learn import Known, NewMemories, learn
from mia_core.memory.names import names_of
from mia_core.memory.recall import (
    messages_within,
    rank_memories,
    rank_messages,
    read_question,
    to_embed,
    within,
)
from mia_core.memory.words import without
from mia_core.record import history_start
from mia_core.tables import Person
from mia_core.xai.answer import Answer

_BESIDE_THE_LOOP = 3_000
"""Texts from which on ranking takes a few milliseconds, and is done beside the event loop."""


@dataclass(frozen=True)
class Recalled:
    """What goes into a prompt, each in the order in which it came to be."""

    memories: tuple[Remembered, ...] = ()
    messages: tuple[Past, ...] = ()


async def index_of(app: App, person: Person) -> PersonIndex:
    """Everything that is remembered of a person, as of now."""
    version = Version(person.memory_version, person.message_count)
    return await app.indexes.of(person.id, version, _names(app, person))


async def recall(app: App, claim: Claim, now: datetime) -> Recalled:
    """The memories and older messages that matter for what the person says. Nothing while memory is paused."""
    person = claim.person
    if person.memory_paused_at:
        return Recalled()
    said = "\n".join(event.text for event in claim.events)
    names = _names(app, person)
    index, vectors = await asyncio.gather(
        index_of(app, person), app.embedder.embed([to_embed(said, names, person.language)])
    )
    question = read_question(said, vectors[0], names, person.language, now)

    def best() -> Recalled:
        settings = app.settings.persona
        start = history_start(person.message_count, settings.history_messages)
        messages = rank_messages(index, question)
        return Recalled(
            memories=tuple(within(rank_memories(index, question), settings.memory_tokens)),
            messages=tuple(messages_within(messages, settings.past_tokens, before_seq=start + 1)),
        )

    size = len(index.memories) + len(index.messages)
    return best() if size < _BESIDE_THE_LOOP else await asyncio.to_thread(best)


async def learn_from(
    app: App, claim: Claim, answer: Answer, recalled: tuple[Remembered, ...], now: datetime
) -> NewMemories | None:
    """What the answer adds to the person's memory, or changes in it; None when that is nothing."""
    if claim.person.memory_paused_at or not answer.memories:
        return None
    learnt = await learn(
        answer.memories,
        Known(
            events=claim.events,
            recalled=recalled,
            index=await index_of(app, claim.person),
            forgotten=await read_forgotten(app.database, claim.person_id),
            language=answer.language or claim.person.language,
        ),
        embedder=app.embedder,
        vault=app.vault,
        ids=app.ids,
        person_id=claim.person_id,
        now=now,
    )
    return learnt if learnt.memories or learnt.changes else None


async def embed_messages(app: App, claim: Claim, reply: str) -> Vectors:
    """Vectors of the person's messages and of her answer; shape (messages, dimension)."""
    names = _names(app, claim.person).all
    said = [searched(event.text, event.pictures) for event in claim.events]
    return await app.embedder.embed([without(text, names) for text in (*said, reply)])


def _names(app: App, person: Person) -> Names:
    return names_of(person.name, person.username, her_username=app.settings.x.username)
