"""The turn: gate, recall, feel, ask, learn; then everything that it changes in one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from mia_core.app import App
from mia_core.emotion.cause import moved
from mia_core.emotion.feeling import Feeling, as_of, feel
from mia_core.emotion.store import read_feeling
from mia_core.errors import ModelBusy, ModelGarbled, ModelHalted, ModelRefused
from mia_core.events import Event
from mia_core.gate.age import AgeSign
from mia_core.gate.check import Passed, Verdict, age_verdict, check, crisis_verdict
from mia_core.gate.crisis import crisis_text
from mia_core.gate.heard import listen
from mia_core.gate.language import language_of
from mia_core.gate.reply import mended
from mia_core.inbox import Claim
from mia_core.memory.forget import delete_wrong
from mia_core.memory.index import Past, Remembered
from mia_core.memory.mind import embed_messages, learn_from, recall
from mia_core.notices import beside, notice_for
from mia_core.prompt.compose import Item
from mia_core.prompt.scene import PrivateScene, PublicScene
from mia_core.record import TurnRecord, read_history, write_calls, write_turn
from mia_core.texts.fixed import Name, fixed_text
from mia_core.wishes.fulfil import fulfil
from mia_core.wishes.read import read_wish, wish_of_model
from mia_core.wishes.values import Fulfilled
from mia_core.xai.answer import Answer
from mia_core.xai.client import Prompt, Reply
from mia_core.xai.usage import CallRecord

log = structlog.get_logger(__name__)

Shape = Callable[[str, Sequence[Event]], list[str]]
"""A channel's rules for text: a reply and the events that it answers -> the texts to send, in order."""

_FOR_MINORS = tuple(
    {"type": "policy", "category": category, "behavior": "decline"}
    for category in ("nsfw", "violence", "profanity")
)
"""xAI's own filters, for who may be under 18."""


@dataclass(frozen=True)
class Taken:
    """What became of a turn."""

    outcome: str
    """answered, refused, garbled, wish, postponed or dead; or the gate's: `mia_core.gate.check.Outcome`."""
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Asked:
    """A prompt, and the memories that went into it."""

    items: Sequence[Item]
    passed: Passed
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
            care=self.passed.care,
            turns_until=self.passed.turns_until,
        )


async def take_turn(app: App, claim: Claim, shape: Shape) -> Taken:
    """Answer the claimed events, once, and remember the turn.

    Whatever the model does ends in an outcome: a reply, a fixed text, or a turn that is postponed and tried
    again. Raises LeaseLost, with nothing written, when the person is somebody else's by now.
    """
    now = app.clock()
    if claim.attempts > app.settings.bot.max_attempts:
        return await _give_up(app, claim)
    heard = await listen([event.text for event in claim.events], claim.person.language, app.meaning)
    passed = check(claim, heard, app.settings.care, now)
    if isinstance(passed, Verdict):
        return await _follow(app, claim, TurnRecord(passed.outcome, now), passed, shape)
    if fulfilled := await _wished(app, claim, now):
        return await _fulfil(app, claim, TurnRecord("wish", now), fulfilled, shape)
    return await _ask(app, claim, passed, now, shape)


async def _ask(app: App, claim: Claim, passed: Passed, now: datetime, shape: Shape) -> Taken:
    """Recall, ask the model once, and do what its answer or its failure calls for."""
    if passed.injection:
        log.warning(
            "injection_suspected", person=app.vault.pseudonym(claim.person_id), source=claim.events[0].source
        )
    if (free_at := await app.pace.take()) is not None:
        return await _postpone(app, claim, ModelBusy("care.turns_per_minute is reached", free_at))
    read = _read_public if claim.events[0].public else _read_private
    asked = await read(app, claim, passed, now)
    try:
        reply = await app.xai.ask(_prompt(app, claim, passed, asked))
    except ModelRefused as refusal:
        return await _say(app, claim, asked.record("refused", now, refusal.calls), _text(claim, "refused"), shape)
    except ModelGarbled as garbled:
        return await _say(app, claim, asked.record("garbled", now, garbled.calls), _text(claim, "garbled"), shape)
    except (ModelBusy, ModelHalted) as failure:
        return await _postpone(app, claim, failure)
    return await _answer(app, claim, asked, reply, now, shape)


async def _read_public(app: App, claim: Claim, passed: Passed, now: datetime) -> _Asked:
    """A prompt from the mention and its public thread: of what is stored, only what everybody may know."""
    event = claim.events[0]
    others = await app.publics.recall(event.text, claim.person.language)
    scene = PublicScene(
        now=now,
        event=event,
        characters=app.settings.bot.post_length,
        mood=_feeling(claim, now).mood_name,
        others=others,
        minor=passed.minor,
        watch=passed.watch,
        language=_chosen(claim),
    )
    return _Asked(app.prompts.public(scene), passed)


async def _read_private(app: App, claim: Claim, passed: Passed, now: datetime) -> _Asked:
    """A prompt from what this one person said, is remembered for, and is felt about."""
    said, person = "\n".join(event.text for event in claim.events), claim.person
    recalled, history, others = await asyncio.gather(
        recall(app, claim, now),
        read_history(app, person),
        app.publics.recall(said, person.language, but_of=person.id),
    )
    felt = _feeling(claim, now)
    scene = PrivateScene(
        now=now,
        events=claim.events,
        history=history,
        memories=recalled.memories,
        earlier=recalled.messages,
        others=others,
        feeling=felt,
        minor=passed.minor,
        watch=passed.watch,
        after_crisis=passed.after_crisis,
        goodbye=passed.goodbye,
        language=_chosen(claim),
    )
    kept = None if person.feelings_paused_at else felt
    return _Asked(app.prompts.private(scene), passed, recalled.memories, recalled.messages, kept)


def _prompt(app: App, claim: Claim, passed: Passed, asked: _Asked) -> Prompt:
    pseudonym = app.vault.pseudonym(claim.person_id)
    guidelines = _FOR_MINORS if passed.minor else ()
    return Prompt(items=asked.items, cache_key=pseudonym, safety_identifier=pseudonym, guidelines=guidelines)


def _chosen(claim: Claim) -> str | None:
    """The language that the person chose, if they did."""
    return claim.person.language if claim.person.language_chosen else None


async def _answer(app: App, claim: Claim, asked: _Asked, reply: Reply, now: datetime, shape: Shape) -> Taken:
    """Learn and feel what the model made of it, and say the reply; unless it saw what interrupts a turn."""
    answer = reply.answer
    await app.notes.see("model", reply.calls[-1].model)
    if verdict := _seen_by_model(claim, answer, now):
        return await _follow(app, claim, asked.record(verdict.outcome, now, reply.calls), verdict, shape)
    if not claim.events[0].public and (wished := wish_of_model(answer)):
        learnt = await learn_from(app, claim, answer, asked.recalled, now) if wished.command == "offer" else None
        fulfilled = await fulfil(app, claim, wished, now, learnt=learnt)
        if fulfilled:
            record = replace(asked.record("wish", now, reply.calls), learnt=learnt)
            return await _fulfil(app, claim, record, fulfilled, shape)
    said = _mended(app, claim, answer, asked.passed)
    learnt, heard = await asyncio.gather(
        learn_from(app, claim, answer, asked.recalled, now), embed_messages(app, claim, said)
    )
    record = replace(
        asked.record("answered", now, reply.calls), language=answer.language, learnt=learnt, heard=heard
    )
    if not asked.passed.after_crisis and claim.person.feelings_paused_at is None:
        record = _felt(claim, record, answer, now)
    if answer.wish == "correct" and learnt:
        record = replace(record, write=partial(delete_wrong, claim.person_id, learnt), changes_memories=True)
    return await _say(app, claim, record, said, shape)


def _seen_by_model(claim: Claim, answer: Answer, now: datetime) -> Verdict | None:
    """What the model saw that no phrase told."""
    if answer.concern == "crisis":
        return crisis_verdict(claim, "wish", answer.language, now)
    if answer.concern == "child":
        return age_verdict(AgeSign("child", answer.language, now), now)
    return None


def _mended(app: App, claim: Claim, answer: Answer, passed: Passed) -> str:
    """The reply as it may be said."""
    checked = mended(answer.reply, answer.language, goodbye=passed.goodbye, event_id=claim.events[-1].event_id)
    if checked.faults:
        log.warning("reply_mended", person=app.vault.pseudonym(claim.person_id), faults=checked.faults)
    return checked.text


def _feeling(claim: Claim, now: datetime) -> Feeling:
    """What she feels by now; the beginning of a relationship while the person has feelings paused."""
    row = None if claim.person.feelings_paused_at else claim.feeling
    return as_of(read_feeling(row, now), now)


def _felt(claim: Claim, record: TurnRecord, answer: Answer, now: datetime) -> TurnRecord:
    """The record with what she feels from here on, and why."""
    before = as_of(read_feeling(claim.feeling, now), now)
    after = feel(before, answer.appraisal, now)
    reason = moved(before, after, answer.appraisal, claim.events[-1].event_id)
    return replace(record, feeling=after, moved=reason)


async def _wished(app: App, claim: Claim, now: datetime) -> Fulfilled | None:
    """What the person asks to be done with her memory of them, where their words alone tell."""
    if claim.events[0].public:
        return None
    wished = read_wish(claim.events, language=claim.person.language)
    return await fulfil(app, claim, wished, now) if wished else None


async def _fulfil(app: App, claim: Claim, record: TurnRecord, fulfilled: Fulfilled, shape: Shape) -> Taken:
    """Say what is done about a wish, and do it."""
    record = replace(
        record,
        person=fulfilled.person,
        write=fulfilled.write,
        changes_memories=fulfilled.changes_memories,
    )
    return await _say(app, claim, record, fulfilled.text, shape)


async def _follow(app: App, claim: Claim, record: TurnRecord, verdict: Verdict, shape: Shape) -> Taken:
    """Obey the gate: with a text of its own, or in silence."""
    if verdict.text is None:
        await app.inbox.end(claim, state="ignored", reason=verdict.reason, keep_words=verdict.keep_words)
        return Taken(verdict.outcome)
    log.info("gate_closed", person=app.vault.pseudonym(claim.person_id), outcome=verdict.outcome)
    language = verdict.language or language_of(claim) or "en"
    if verdict.outcome == "crisis":
        text = crisis_text(verdict.text, language, claim.person.language)
    else:
        text = fixed_text(verdict.text, language, origin=app.settings.site.origin, **verdict.values)
    record = replace(record, person=verdict.person, care=verdict.care)
    return await _say(app, claim, record, text, shape)


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
    """Bring the reply into the channel's form, say beside it what people are owed, and commit the turn."""
    event = claim.events[0]
    record = replace(record, said="\n\n".join(shape(reply, claim.events)))
    notice = notice_for(app.settings, claim, record)
    if notice:
        record = replace(record, care=replace(record.care, told_ai=True))
    texts = shape(f"{reply} {notice}" if notice and event.public else reply, claim.events)
    record = replace(record, texts=tuple(beside(texts, notice) if notice and not event.public else texts))
    await write_turn(app, claim, record)
    return Taken(record.outcome, record.texts)


def _text(claim: Claim, name: Name) -> str:
    """A fixed text in the language of what was said, or that the person was last heard in."""
    return fixed_text(name, language_of(claim))
