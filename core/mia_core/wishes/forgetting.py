"""Wishes to forget: what would go is named, and asked about once."""

from functools import partial

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from mia_core.memory.forget import forget, messages_about, messages_that_say
from mia_core.memory.index import Remembered
from mia_core.memory.recall import to_embed
from mia_core.memory.words import language_of, terms, without
from mia_core.wishes.confirm import ToForget, ask, drop
from mia_core.wishes.request import LISTED, Request, line
from mia_core.wishes.values import Fulfilled

_ALIKE = 0.5
"""Likeness in meaning (centred) from which a memory is about a topic."""


async def forget_last(request: Request) -> Fulfilled:
    """Forget that: what was learnt last, or if the last turn taught nothing, what was said in it."""
    index, memories = request.index, request.standing
    last_turn = [message for message in index.messages if message.at == request.claim.person.last_message_at]
    learnt = [memory for memory in memories if memory.version == memories[0].version] if memories else []
    if learnt:
        return _ask(request, learnt, ())
    said = tuple(message.id for message in index.messages[-2:]) if last_turn else ()
    return _ask(request, [], said) if said else Fulfilled(request.say("forget_none"))


async def forget_about(request: Request) -> Fulfilled:
    """Forget everything about my job: memories near the topic in words or meaning, and messages with its words."""
    topic = request.wished.about
    about = await about_topic(request, topic)
    messages = messages_about(request.index, without(topic, ("my", "our", "the")))
    if not about and not messages:
        return Fulfilled(request.say("forget_none"))
    return _ask(request, about, messages)


async def forget_all(request: Request) -> Fulfilled:
    """Forget everything: all memories, and all that was said."""
    everything = ToForget(
        tuple(memory.id for memory in request.index.memories),
        tuple(message.id for message in request.index.messages),
    )
    if not everything.memory_ids and not everything.message_ids:
        return Fulfilled(request.say("forget_none"))
    return Fulfilled(request.say("forget_all_ask"), write=partial(_store, request, everything))


async def do_forget(request: Request, to_forget: ToForget) -> Fulfilled:
    """They said yes."""
    person_id, index = request.claim.person_id, request.index

    async def write(connection: AsyncConnection, _version: int) -> None:
        await drop(connection, person_id)
        heard = {*to_forget.message_ids, *messages_that_say(index, to_forget.memory_ids)}
        memory_ids = to_forget.memory_ids
        await forget(connection, request.app, index, person_id, memory_ids=memory_ids, message_ids=heard)

    return Fulfilled(request.say("forgotten"), write=write, changes_memories=True)


async def about_topic(request: Request, topic: str) -> list[Remembered]:
    """The memories that stand and share a word with a topic, or its meaning."""
    index, language = request.index, request.wished.language
    if not index.memories:
        return []
    (vector,) = await request.app.embedder.embed([to_embed(topic, index.names, language)])
    near = index.memory_shelf.lexical(terms(without(topic, index.names.all), language_of(language))).near > 0
    alike = index.memory_shelf.meaning(vector) >= _ALIKE
    rows = set(np.flatnonzero(near | alike).tolist())
    chosen = {index.memories[row].id for row in rows}
    return [memory for memory in request.standing if memory.id in chosen]


def _ask(request: Request, memories: list[Remembered], message_ids: tuple[int, ...]) -> Fulfilled:
    """Name what would be forgotten, and ask once for a yes."""
    to_forget = ToForget(tuple(memory.id for memory in memories), message_ids)
    lines = [line(memory) for memory in memories[:LISTED]]
    if len(memories) > LISTED:
        lines.append(request.say("remembered_more", count=str(len(memories) - LISTED)))
    if message_ids:
        lines.append(request.say("forget_messages", count=str(len(message_ids))))
    text = "\n".join((request.say("forget_ask"), *lines, request.say("say_yes")))
    return Fulfilled(text, write=partial(_store, request, to_forget))


async def _store(request: Request, to_forget: ToForget, connection: AsyncConnection, _version: int) -> None:
    claim = request.claim
    seq = claim.person.message_count + len(claim.events) + 1
    await ask(connection, claim.person_id, to_forget, seq=seq, now=request.now)
