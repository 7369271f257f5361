"""Fulfils wishes: each command is a small function from what is known to what she says and what is written."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.app import App
from mia_core.inbox import Claim
from mia_core.memory.forget import forget, messages_about, messages_that_say
from mia_core.memory.index import PersonIndex, Remembered
from mia_core.memory.mind import index_of
from mia_core.memory.recall import to_embed
from mia_core.memory.words import language_of, terms, without
from mia_core.tables import Turn
from mia_core.texts.fixed import fixed_text
from mia_core.wishes.confirm import ToForget, ask, drop, waiting
from mia_core.wishes.phrases import LANGUAGES, phrasebook
from mia_core.wishes.values import Answered, CommandName, Fulfilled, Wished

_LISTED = 12
"""Memories that one answer names."""
_ALIKE = 0.5
"""Likeness in meaning (centred) from which a memory is about a topic."""
_OF_TALK = 3
"""Earlier messages that "why" names."""


@dataclass(frozen=True)
class Request:
    """A wish with all that it is held against: of this person alone."""

    app: App
    claim: Claim
    wished: Wished
    index: PersonIndex
    now: datetime

    @property
    def standing(self) -> list[Remembered]:
        """The memories that hold, the newest first; reflections are hers, made of these."""
        kept = [memory for memory in self.index.memories if not memory.closed_at and memory.kind != "reflection"]
        return sorted(kept, key=lambda memory: -memory.id)


Command = Callable[[Request], Awaitable[Fulfilled]]


async def fulfil(app: App, claim: Claim, wished: Wished, now: datetime) -> Fulfilled | None:
    """Prepare what is wished for; nothing is written before `Fulfilled.write` is called.

    None for a yes or no that nobody waits for, and for what has no command: the turn goes on as usual.
    """
    if wished.command in ("yes", "yes_named", "no"):
        return await _answered(app, claim, wished)
    command = _COMMANDS.get(wished.command)
    if command is None:
        return None
    return await command(Request(app, claim, wished, await index_of(app, claim.person), now))


async def _answered(app: App, claim: Claim, wished: Wished) -> Fulfilled | None:
    request = await waiting(app.database, claim.person, app.clock())
    if request is None:
        return None
    if wished.command == "no":
        return Fulfilled(fixed_text("left_as_it_is"), write=partial(_drop, claim.person_id))
    index = await index_of(app, claim.person)

    async def write(connection: AsyncConnection, _version: int) -> None:
        await drop(connection, claim.person_id)
        heard = {*request.message_ids, *messages_that_say(index, request.memory_ids)}
        await forget(connection, app, index, claim.person_id, memory_ids=request.memory_ids, message_ids=heard)

    return Fulfilled(fixed_text("forgotten"), write=write, changes_memories=True)


async def _drop(person_id: int, connection: AsyncConnection, _version: int) -> None:
    await drop(connection, person_id)


async def _recall(request: Request) -> Fulfilled:
    """What do you remember about me?"""
    if request.claim.person.memory_paused_at:
        return Fulfilled(fixed_text("recall_paused"))
    if not request.standing:
        return Fulfilled(fixed_text("remembered_none"))
    listed = "\n".join(_line(memory) for memory in request.standing[:_LISTED])
    more = len(request.standing) - _LISTED
    end = f"\n{fixed_text('remembered_more', count=str(more))}" if more > 0 else ""
    return Fulfilled(f"{fixed_text('remembered')}\n{listed}{end}")


async def _forget_last(request: Request) -> Fulfilled:
    """Forget that: what was learnt last, or if the last turn taught nothing, what was said in it."""
    index, memories = request.index, request.standing
    last_turn = [message for message in index.messages if message.at == request.claim.person.last_message_at]
    learnt = [memory for memory in memories if memory.version == memories[0].version] if memories else []
    if learnt:
        return _ask(request, learnt, ())
    said = tuple(message.id for message in index.messages[-2:]) if last_turn else ()
    return _ask(request, [], said) if said else Fulfilled(fixed_text("forget_none"))


async def _forget_about(request: Request) -> Fulfilled:
    """Forget everything about my job: memories near the topic in words or meaning, and messages with its words."""
    topic = request.wished.about
    about = await _about(request, topic)
    messages = messages_about(request.index, without(topic, ("my", "our", "the")))
    if not about and not messages:
        return Fulfilled(fixed_text("forget_none"))
    return _ask(request, about, messages)


async def _forget_all(request: Request) -> Fulfilled:
    """Forget everything: all memories, and all that was said."""
    everything = ToForget(
        tuple(memory.id for memory in request.index.memories),
        tuple(message.id for message in request.index.messages),
    )
    if not everything.memory_ids and not everything.message_ids:
        return Fulfilled(fixed_text("forget_none"))
    return Fulfilled(fixed_text("forget_all_ask"), write=partial(_store, request, everything))


async def _pause(request: Request) -> Fulfilled:
    """Pause memory."""
    paused_at = request.claim.person.memory_paused_at or request.now
    return Fulfilled(fixed_text("paused"), person=(("memory_paused_at", paused_at),))


async def _resume(_request: Request) -> Fulfilled:
    """Resume memory."""
    return Fulfilled(fixed_text("resumed"), person=(("memory_paused_at", None),))


async def _why(request: Request) -> Fulfilled:
    """Why did you say that? The memories, the talk and the feelings behind her last reply."""
    last = (
        select(col(Turn.recalled), col(Turn.recalled_messages), col(Turn.feeling))
        .where(col(Turn.person_id) == request.claim.person_id, col(Turn.outcome) == "answered")
        .order_by(col(Turn.id).desc())
        .limit(1)
    )
    async with request.app.database.reading() as connection:
        turn = (await connection.execute(last)).first()
    if turn is None or turn.feeling is None:
        return Fulfilled(fixed_text("why_none"))
    memories = [memory for memory in request.index.memories if memory.id in set(turn.recalled)]
    talk = [message for message in request.index.messages if message.id in set(turn.recalled_messages)]
    lines = [_line(memory) for memory in memories[:_LISTED]]
    lines += [f"- {message.at:%Y-%m-%d}: “{message.text[:200]}”" for message in talk[:_OF_TALK]]
    head = fixed_text("why_memories" if lines else "why_no_memories")
    feeling = fixed_text("why_feeling", emotion=turn.feeling["emotion"], mood=turn.feeling["mood"])
    return Fulfilled("\n".join((head, *lines, feeling)))


async def _help(request: Request) -> Fulfilled:
    """What can be wished for, in words that are understood."""
    language = request.wished.language if request.wished.language in LANGUAGES else "en"
    examples = phrasebook(language).examples
    lines = "\n".join(f"- {example}" for name, example in examples.items() if name in _COMMANDS)
    return Fulfilled(f"{fixed_text('help_head')}\n{lines}")


async def _about(request: Request, topic: str) -> list[Remembered]:
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
    lines = [_line(memory) for memory in memories[:_LISTED]]
    if len(memories) > _LISTED:
        lines.append(fixed_text("remembered_more", count=str(len(memories) - _LISTED)))
    if message_ids:
        lines.append(fixed_text("forget_messages", count=str(len(message_ids))))
    text = "\n".join((fixed_text("forget_ask"), *lines, fixed_text("say_yes")))
    return Fulfilled(text, write=partial(_store, request, to_forget))


async def _store(request: Request, to_forget: ToForget, connection: AsyncConnection, _version: int) -> None:
    claim = request.claim
    seq = claim.person.message_count + len(claim.events) + 1
    await ask(connection, claim.person_id, to_forget, seq=seq, now=request.now)


def _line(memory: Remembered) -> str:
    return f"- {memory.statement} ({memory.learnt_at:%Y-%m-%d})"


_COMMANDS: Mapping[CommandName | Answered, Command] = {
    "recall": _recall,
    "forget_last": _forget_last,
    "forget_about": _forget_about,
    "forget_all": _forget_all,
    "pause": _pause,
    "resume": _resume,
    "why": _why,
    "help": _help,
}
