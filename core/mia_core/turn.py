"""The turn: gate, recall, feel, ask, learn; then everything that it changes in one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from mia_core.app import App
from mia_core.emotion.feeling import Feeling, as_of, feel
from mia_core.errors import ModelBusy, ModelGarbled, ModelHalted, ModelRefused
from mia_core.events import Event
from mia_core.gate.stop import Verdict, check
from mia_core.inbox import Claim
from mia_core.memory.forget import delete_wrong
from mia_core.memory.index import Past, Remembered
from mia_core.memory.mind import embed_messages, learn_from, recall
from mia_core.prompt.compose import Item
from mia_core.prompt.scene import PrivateScene, PublicScene
from mia_core.record import TurnRecord, read_feeling, read_history, write_calls, write_turn
from mia_core.texts.fixed import Name, fixed_text
from mia_core.wishes.fulfil import fulfil
from mia_core.wishes.read import read_wish, wish_of_model
from mia_core.wishes.values import Fulfilled
from mia_core.xai.client import Prompt, Reply
from mia_core.xai.usage import CallRecord

log = structlog.get_logger(__name__)

Shape = Callable[[str, Sequence[Event]], list[str]]
"""A channel's rules for text: a reply and the events that it answers -> the texts to send, in order."""

_ROOM_FOR_NOTICE = 8_000
"""Characters of a message from which on a notice beside it is a message of its own; X takes 10,000 in a DM."""


@dataclass(frozen=True)
class Taken:
    """What became of a turn."""

    outcome: str
    """answered, refused, garbled, stopped, started, silent, postponed or dead."""
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Asked:
    """A prompt, and the memories that went into it."""

    items: Sequence[Item]
    recalled: tuple[Remembered, ...] = ()
    """In the order in which the prompt numbers them."""
    earlier: tuple[Past, ...] = ()
    felt: Feeling | None = None

    def record(self, outcome: str, started_at: datetime, calls: tuple[CallRecord, ...]) -> TurnRecord:
        """The beginning of what is recorded of the turn."""
        return TurnRecord(
            outcome,
            started_at,
            recalled=tuple(memory.id for memory in self.recalled),
            recalled_messages=tuple(message.id for message in self.earlier),
            felt=self.felt,
            calls=calls,
        )


async def take_turn(app: App, claim: Claim, shape: Shape) -> Taken:
    """Answer the claimed events, once, and remember the turn.

    Whatever the model does ends in an outcome: a reply, a fixed text, or a turn that is postponed and tried
    again. Raises LeaseLost, with nothing written, when the person is somebody else's by now.
    """
    now = app.clock()
    if claim.attempts > app.settings.bot.max_attempts:
        return await _give_up(app, claim)
    if verdict := check(claim.events, stopped=claim.person.stopped_at is not None):
        return await _follow(app, claim, verdict, now)
    if fulfilled := await _wished(app, claim, now):
        return await _fulfil(app, claim, TurnRecord("wish", now), fulfilled)
    return await _ask(app, claim, now, shape)


async def _ask(app: App, claim: Claim, now: datetime, shape: Shape) -> Taken:
    """Recall, ask the model once, and do what its answer or its failure calls for."""
    asked = await _read_public(app, claim, now) if claim.events[0].public else await _read_private(app, claim, now)
    try:
        reply = await app.xai.ask(_prompt(app, claim, asked))
    except ModelRefused as refusal:
        return await _say(app, claim, asked.record("refused", now, refusal.calls), _text(claim, "refused"), shape)
    except ModelGarbled as garbled:
        return await _say(app, claim, asked.record("garbled", now, garbled.calls), _text(claim, "garbled"), shape)
    except (ModelBusy, ModelHalted) as failure:
        return await _postpone(app, claim, failure)
    return await _answer(app, claim, asked, reply, now, shape)


async def _read_public(app: App, claim: Claim, now: datetime) -> _Asked:
    """A prompt from the mention and its public thread: of what is stored, only what everybody may know."""
    event = claim.events[0]
    others = await app.publics.recall(event.text, claim.person.language)
    scene = PublicScene(now=now, event=event, characters=app.settings.bot.post_length, others=others)
    return _Asked(app.prompts.public(scene))


async def _read_private(app: App, claim: Claim, now: datetime) -> _Asked:
    """A prompt from what this one person said, is remembered for, and is felt about."""
    said, person = "\n".join(event.text for event in claim.events), claim.person
    recalled, history, others = await asyncio.gather(
        recall(app, claim, now),
        read_history(app, person),
        app.publics.recall(said, person.language, but_of=person.id),
    )
    felt = as_of(read_feeling(claim.feeling, now), now)
    scene = PrivateScene(
        now=now,
        events=claim.events,
        history=history,
        memories=recalled.memories,
        earlier=recalled.messages,
        others=others,
        feeling=felt,
    )
    return _Asked(app.prompts.private(scene), recalled.memories, recalled.messages, felt)


def _prompt(app: App, claim: Claim, asked: _Asked) -> Prompt:
    pseudonym = app.vault.pseudonym(claim.person_id)
    return Prompt(items=asked.items, cache_key=pseudonym, safety_identifier=pseudonym)


async def _answer(app: App, claim: Claim, asked: _Asked, reply: Reply, now: datetime, shape: Shape) -> Taken:
    """Learn and feel what the model made of it, and say the reply."""
    answer = reply.answer
    if not claim.events[0].public and (wished := wish_of_model(answer)):
        learnt = await learn_from(app, claim, answer, asked.recalled, now) if wished.command == "offer" else None
        fulfilled = await fulfil(app, claim, wished, now, learnt=learnt)
        if fulfilled:
            record = replace(asked.record("wish", now, reply.calls), learnt=learnt)
            return await _fulfil(app, claim, record, fulfilled)
    learnt, heard = await asyncio.gather(
        learn_from(app, claim, answer, asked.recalled, now), embed_messages(app, claim, answer.reply)
    )
    record = replace(
        asked.record("answered", now, reply.calls),
        language=answer.language,
        feeling=feel(read_feeling(claim.feeling, now), answer.appraisal, now),
        learnt=learnt,
        heard=heard,
    )
    if answer.wish == "correct" and learnt:
        record = replace(record, write=partial(delete_wrong, claim.person_id, learnt), changes_memories=True)
    return await _say(app, claim, record, answer.reply, shape)


async def _wished(app: App, claim: Claim, now: datetime) -> Fulfilled | None:
    """What the person asks to be done with her memory of them, where their words alone tell."""
    if claim.events[0].public:
        return None
    wished = read_wish(claim.events, language=claim.person.language)
    return await fulfil(app, claim, wished, now) if wished else None


async def _fulfil(app: App, claim: Claim, record: TurnRecord, fulfilled: Fulfilled) -> Taken:
    """Say what is done about a wish, and do it."""
    record = replace(
        record,
        person=fulfilled.person,
        write=fulfilled.write,
        changes_memories=fulfilled.changes_memories,
    )
    return await _say(app, claim, record, fulfilled.text, _as_it_is)


async def _follow(app: App, claim: Claim, verdict: Verdict, now: datetime) -> Taken:
    """Obey the gate: at once, with one confirmation, or in silence."""
    if verdict.outcome == "silent":
        await app.inbox.end(claim, state="ignored", reason="the person said stop")
        return Taken("silent")
    stopped_at = now if verdict.outcome == "stopped" else None
    record = TurnRecord(verdict.outcome, now, person=(("stopped_at", stopped_at),))
    text: Name = "stopped" if stopped_at else "started"
    return await _say(app, claim, record, _text(claim, text), _as_it_is)


async def _give_up(app: App, claim: Claim) -> Taken:
    """After too many tries: dead, for the operator to see; what the person said later goes on."""
    reason = claim.reason or f"given up after {claim.attempts - 1} tries"
    log.error(
        "turn_dead",
        person=app.vault.pseudonym(claim.person_id),
        event_ids=[event.event_id for event in claim.events],
        reason=reason,
    )
    await app.inbox.end(claim, state="dead", reason=reason)
    return Taken("dead")


async def _postpone(app: App, claim: Claim, failure: ModelBusy | ModelHalted) -> Taken:
    """Not the turn's fault: nothing is counted against it, and it is tried again when that may help."""
    until = max(failure.retry_at, app.clock() + timedelta(seconds=1))
    log.warning(
        "turn_postponed",
        person=app.vault.pseudonym(claim.person_id),
        event_ids=[event.event_id for event in claim.events],
        reason=failure.reason,
        until=until.isoformat(),
    )
    await write_calls(app, failure.calls)
    await app.inbox.postpone(claim, until=until, reason=failure.reason, counted=False)
    return Taken("postponed")


async def _say(app: App, claim: Claim, record: TurnRecord, reply: str, shape: Shape) -> Taken:
    """Bring the reply into the channel's form and commit the turn."""
    texts = shape(reply, claim.events)
    record = replace(record, said="\n\n".join(texts), texts=tuple(texts))
    if claim.events[0].source == "dm" and claim.person.told_ai_at is None:
        record = _introduced(app, record, record.language or claim.person.language)
    await write_turn(app, claim, record)
    return Taken(record.outcome, record.texts)


def _text(claim: Claim, name: Name) -> str:
    """A fixed text in the language that the person was last heard in."""
    return fixed_text(name, claim.person.language)


def _introduced(app: App, record: TurnRecord, language: str | None) -> TurnRecord:
    """The first message to somebody says that she is an AI, where the privacy policy is, and how to stop."""
    notice = fixed_text("first_contact", language, origin=app.settings.site.origin)
    *before, last = record.texts
    together = (f"{last}\n\n{notice}",) if len(last) < _ROOM_FOR_NOTICE else (last, notice)
    return replace(
        record,
        texts=(*before, *together),
        person=(*record.person, ("told_ai_at", record.started_at)),
    )


def _as_it_is(reply: str, _events: Sequence[Event]) -> list[str]:
    """Fixed texts are short, and nobody else's words are in them."""
    return [reply]
