"""Wishes about feelings: what she feels towards the person and why, and to begin anew."""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from mia_core.emotion.feeling import as_of
from mia_core.emotion.store import read_feeling
from mia_core.emotion.timeline import Point, read_timeline
from mia_core.own.feelings import reset_feelings
from mia_core.texts.fixed import cause_words, emotion_word
from mia_core.wishes.confirm import ToReset, ask, drop
from mia_core.wishes.request import Request
from mia_core.wishes.values import Fulfilled

_NAMED = 5
"""Of what moved her, the latest."""


async def feelings(request: Request) -> Fulfilled:
    """How do you feel about me, and why?"""
    claim, language = request.claim, request.phrases.language
    moved = [point for point in await read_timeline(request.app.database, claim.person_id) if point.causes]
    if claim.feeling is None:
        return Fulfilled(request.say("feelings_none"))
    feeling = as_of(read_feeling(claim.feeling, request.now), request.now)
    towards = feeling.relationship
    figures = {
        name: f"{100 * getattr(towards, name):.0f}" for name in ("trust", "familiarity", "warmth", "tension")
    }
    emotion, mood = emotion_word(feeling.name, language), emotion_word(feeling.mood_name, language)
    lines = [request.say("feelings", emotion=emotion, mood=mood, **figures)]
    if moved:
        lines += [request.say("feelings_why"), *(_line(point, language) for point in moved[-_NAMED:])]
    return Fulfilled("\n".join((*lines, request.say("feelings_reset_hint"))))


async def ask_to_reset(request: Request) -> Fulfilled:
    """Reset your feelings: asked about once."""
    claim = request.claim
    seq = claim.person.message_count + len(claim.events) + 1

    async def store(connection: AsyncConnection, _version: int) -> None:
        await ask(connection, claim.person_id, ToReset(), seq=seq, now=request.now)

    return Fulfilled(request.say("feelings_reset_ask"), write=store)


async def do_reset(request: Request) -> Fulfilled:
    """They said yes: what she feels, and how it came to be, is gone."""
    return Fulfilled(request.say("feelings_reset"), write=partial(_reset, request.claim.person_id))


async def _reset(person_id: int, connection: AsyncConnection, _version: int) -> None:
    await drop(connection, person_id)
    await reset_feelings(connection, person_id)


def _line(point: Point, language: str) -> str:
    causes = ", ".join(cause_words(cause, language) for cause in point.causes)
    return f"- {point.at:%Y-%m-%d}: {causes}"
