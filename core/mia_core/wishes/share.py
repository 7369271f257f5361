"""Wishes to share: a memory is offered to everybody after one clear yes, and taken back without a question."""

from functools import partial

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from mia_core.memory.index import Remembered
from mia_core.memory.publication import Consent, Statement, offer, public_memory_ids, revoke
from mia_core.memory.recall import to_embed
from mia_core.memory.sensitive import category_of
from mia_core.memory.words import language_of, terms, without
from mia_core.wishes.confirm import ToOffer, ask, drop
from mia_core.wishes.request import Request
from mia_core.wishes.values import Fulfilled

_FITS = 0.45
"""Shared words and likeness, summed, from which a memory is the one that is meant."""


async def ask_to_offer(request: Request) -> Fulfilled:
    """You can tell everyone that I play chess: what that means is said, and asked about once."""
    memory = await _meant(request)
    if memory is None:
        return Fulfilled(request.say("offer_none"))
    if category_of(memory.statement) != "none":
        return Fulfilled(request.say("offer_sensitive"))
    username = request.claim.person.username or request.claim.person.name or "?"
    wording = request.say("offer_ask", statement=memory.statement, username=username)
    return Fulfilled(wording, write=partial(_store, request, ToOffer(memory.id, wording)))


async def do_offer(request: Request, to_offer: ToOffer) -> Fulfilled | None:
    """They said yes; None when the memory is gone by now."""
    rows = [row for row, memory in enumerate(request.index.memories) if memory.id == to_offer.memory_id]
    if not rows:
        return None
    index, app, person_id = request.index, request.app, request.claim.person_id
    said = Statement(index.memories[rows[0]], index.vectors[rows[0]].copy(), app.embedder.name)
    consent = Consent(
        wording=to_offer.wording,
        answer="\n".join(event.text for event in request.claim.events),
        attributed=request.wished.command == "yes_named",
    )

    async def write(connection: AsyncConnection, _version: int) -> None:
        await drop(connection, person_id)
        await offer(connection, person_id, app.ids(), said, consent, request.now)

    return Fulfilled(request.say("offered"), write=write)


async def take_back(request: Request) -> Fulfilled:
    """Don't tell anyone any more: what was meant, or everything."""
    public = await public_memory_ids(request.app.database, request.claim.person_id)
    meant = public
    if request.wished.about:
        scores = await _fitting(request)
        meant = frozenset(scores.keys() & public)
    if not meant:
        return Fulfilled(request.say("revoke_none"))

    async def write(connection: AsyncConnection, _version: int) -> None:
        await revoke(connection, request.claim.person_id, request.now, memory_ids=meant)

    return Fulfilled(request.say("revoked"), write=write)


async def _meant(request: Request) -> Remembered | None:
    """What the message itself has just taught; else the memory that is nearest to its words."""
    learnt = request.learnt
    if learnt and learnt.memories:
        return learnt.memories[0]
    standing = {memory.id: memory for memory in request.standing if memory.said_by == "person"}
    if learnt and learnt.changes and learnt.changes[0].id in standing:
        return standing[learnt.changes[0].id]
    scores = await _fitting(request)
    fitting = [memory_id for memory_id in scores if memory_id in standing]
    return standing[max(fitting, key=lambda memory_id: scores[memory_id])] if fitting else None


async def _fitting(request: Request) -> dict[int, float]:
    """How well memories fit what the wish is about, by id; those alone that do."""
    index, language, topic = request.index, request.wished.language, request.wished.about
    if not index.memories or not topic:
        return {}
    (vector,) = await request.app.embedder.embed([to_embed(topic, index.names, language)])
    shared = index.memory_shelf.lexical(terms(without(topic, index.names.all), language_of(language))).near
    fit = shared + index.memory_shelf.meaning(vector)
    return {index.memories[row].id: float(fit[row]) for row in np.flatnonzero(fit >= _FITS)}


async def _store(request: Request, to_offer: ToOffer, connection: AsyncConnection, _version: int) -> None:
    claim = request.claim
    seq = claim.person.message_count + len(claim.events) + 1
    await ask(connection, claim.person_id, to_offer, seq=seq, now=request.now)
