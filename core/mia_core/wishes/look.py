"""Wishes to see: what she remembers, why she said what she said, and what can be wished for."""

from sqlalchemy import select
from sqlmodel import col

from mia_core.tables import Turn
from mia_core.texts.fixed import emotion_word
from mia_core.wishes.request import LISTED, Request, line
from mia_core.wishes.values import Fulfilled

_OF_TALK = 3
"""Earlier messages that "why" names."""


async def recall(request: Request) -> Fulfilled:
    """What do you remember about me?"""
    if request.claim.person.memory_paused_at:
        return Fulfilled(request.say("recall_paused"))
    if not request.standing:
        return Fulfilled(request.say("remembered_none"))
    listed = "\n".join(line(memory) for memory in request.standing[:LISTED])
    more = len(request.standing) - LISTED
    end = f"\n{request.say('remembered_more', count=str(more))}" if more > 0 else ""
    return Fulfilled(f"{request.say('remembered')}\n{listed}{end}")


async def why(request: Request) -> Fulfilled:
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
        return Fulfilled(request.say("why_none"))
    memories = [memory for memory in request.index.memories if memory.id in set(turn.recalled)]
    talk = [message for message in request.index.messages if message.id in set(turn.recalled_messages)]
    lines = [line(memory) for memory in memories[:LISTED]]
    lines += [f"- {message.at:%Y-%m-%d}: “{message.text[:200]}”" for message in talk[:_OF_TALK]]
    emotion, mood = (emotion_word(turn.feeling[name], request.phrases.language) for name in ("emotion", "mood"))
    head = request.say("why_memories" if lines else "why_no_memories")
    feeling = request.say("why_feeling", emotion=emotion, mood=mood)
    return Fulfilled("\n".join((head, *lines, feeling)))


async def explain(request: Request) -> Fulfilled:
    """What can be wished for, in words that are understood."""
    lines = "\n".join(f"- {example}" for example in request.phrases.examples.values())
    return Fulfilled(f"{request.say('help_head')}\n{lines}")
