"""Sets what she wrote, as X shows it, beside what people wrote and what the tables say: pure functions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Channel = Literal["dm", "post"]


_STORING = timedelta(seconds=2)
"""A moment of receipt is told before its transaction ends, and nobody can see the row until then; with four
processes that start anew on two cores it took half a second."""


@dataclass(frozen=True)
class Asked:
    """A message of a person's, as X has it. Ids of DMs and posts grow with time, in one sequence."""

    id: int
    person_id: int
    channel: Channel
    number: int


@dataclass(frozen=True)
class Shown:
    """Something that she wrote, as X has it."""

    id: int
    channel: Channel
    numbers: frozenset[int] = frozenset()
    """Of a DM: numbers of messages that its words name."""
    replied_to: int | None = None
    """Of a post: what it answers."""


@dataclass(frozen=True)
class Taken:
    """An event as the inbox has it, with the beginning of its turn."""

    event_id: int
    channel: Channel
    state: str
    reason: str | None
    received_at: datetime
    turn_id: int | None
    turn_began_at: datetime | None


@dataclass(frozen=True)
class Fixed:
    """A text as the outbox has it."""

    id: int
    turn_id: int | None
    state: str
    reason: str | None
    sent_id: int | None


@dataclass
class Count:
    """What became of the messages."""

    lost: dict[int, str] = field(default_factory=dict)
    """Messages (by X's id) that no answer covers, and why as far as the tables know."""
    duplicates: list[int] = field(default_factory=list)
    """Answers (by X's id) to what had its answer already."""
    out_of_order: list[int] = field(default_factory=list)
    """Messages that were answered after a later one of the same person on the same channel, though both were in
    the inbox when the turn of the later one began."""
    shown_late: list[int] = field(default_factory=list)
    """Messages that were answered after a later one because they came into the inbox only when its turn had begun,
    as where X left them out of its pages: nobody could have answered them in order."""
    dead: dict[int, str] = field(default_factory=dict)
    """Messages that were given up, and why. No answer covers them, so they are lost too."""
    unrecorded: list[int] = field(default_factory=list)
    """Answers that X shows, and that the outbox does not know to be sent; what they answer had no other."""
    misplaced: list[int] = field(default_factory=list)
    """Answers under another message than the one that their turn was about, or in words about another."""
    answers: dict[int, int] = field(default_factory=dict)
    """Message -> the first part of its answer."""

    @property
    def perfect(self) -> bool:
        """Each message got exactly one answer, in order and in its place."""
        return not (self.lost or self.duplicates or self.out_of_order or self.dead or self.misplaced)


def count(asked: Sequence[Asked], shown: Sequence[Shown], taken: Iterable[Taken], fixed: Iterable[Fixed]) -> Count:
    """Find for each message the answers that cover it.

    A turn's texts are one answer, and cover the events of the turn. A text is there if X shows it, and each thing
    that X shows is one text at most.
    """
    found = Count()
    by_event = {(each.channel, each.event_id): each for each in taken}
    texts = defaultdict[int, list[Fixed]](list)
    for text in sorted(fixed, key=lambda each: each.id):
        if text.turn_id is not None:
            texts[text.turn_id].append(text)
    theirs = _claimed(texts, {each.id: each for each in shown})
    turns = defaultdict[int, list[Asked]](list)
    for message in asked:
        event = by_event.get((message.channel, message.id))
        if event and event.turn_id is not None:
            turns[event.turn_id].append(message)
        why = _why_lost(event, texts, theirs)
        if why is None and event and event.turn_id is not None:
            found.answers[message.id] = min(each.id for each in theirs[event.turn_id])
        else:
            found.lost[message.id] = why or ""
        if dead := _why_dead(event, texts):
            found.dead[message.id] = dead
    _set_strays(found, asked, shown, theirs)
    _check_places(found, turns, theirs)
    _check_order(found, asked, by_event)
    return found


def _claimed(texts: dict[int, list[Fixed]], shown: dict[int, Shown]) -> dict[int, list[Shown]]:
    """By turn, what X shows of its texts."""
    free = dict(shown)
    theirs = defaultdict[int, list[Shown]](list)
    for turn_id, parts in texts.items():
        for part in parts:
            if part.state == "sent" and part.sent_id is not None and (there := free.pop(part.sent_id, None)):
                theirs[turn_id].append(there)
    return theirs


def _why_lost(event: Taken | None, texts: dict[int, list[Fixed]], theirs: dict[int, list[Shown]]) -> str | None:
    """None for an event whose answer is there as a whole."""
    if event is None:
        return "never came into the inbox"
    if event.turn_id is None:
        return f"inbox: {event.state}, {event.reason or 'no reason'}"
    parts = texts.get(event.turn_id, [])
    if not parts:
        return f"inbox: {event.state}, but the turn fixed no text"
    if waiting := next((part for part in parts if part.state != "sent"), None):
        return f"outbox {waiting.id}: {waiting.state}, {waiting.reason or 'no reason'}"
    if len(theirs.get(event.turn_id, [])) < len(parts):
        return f"outbox {parts[0].id}: sent, but X shows nothing of its own for {parts[0].sent_id}"
    return None


def _why_dead(event: Taken | None, texts: dict[int, list[Fixed]]) -> str | None:
    if event is None:
        return None
    if event.state == "dead":
        return event.reason or "no reason"
    parts = texts.get(event.turn_id, []) if event.turn_id is not None else []
    return next((part.reason or "no reason" for part in parts if part.state == "dead"), None)


def _set_strays(
    found: Count, asked: Sequence[Asked], shown: Sequence[Shown], theirs: dict[int, list[Shown]]
) -> None:
    """What no text knows of answers a message that has no other answer, or is a duplicate."""
    known = {each.id for parts in theirs.values() for each in parts}
    by_id = {message.id: message for message in asked}
    by_number = {message.number: message for message in asked if message.channel == "dm"}
    for stray in (each for each in shown if each.id not in known):
        if stray.channel == "post":
            covered = [by_id[stray.replied_to]] if stray.replied_to in by_id else []
        else:
            covered = [by_number[number] for number in stray.numbers if number in by_number]
        missing = [message for message in covered if message.id in found.lost]
        for message in missing:
            del found.lost[message.id]
            found.dead.pop(message.id, None)
            found.answers[message.id] = stray.id
        (found.unrecorded if missing else found.duplicates).append(stray.id)


def _check_places(found: Count, turns: dict[int, list[Asked]], theirs: dict[int, list[Shown]]) -> None:
    for turn_id, parts in theirs.items():
        about = turns.get(turn_id, [])
        first = min(parts, key=lambda each: each.id)
        if first.channel == "post":
            right = first.replied_to in {message.id for message in about}
        else:
            right = frozenset[int]().union(*(each.numbers for each in parts)) <= {each.number for each in about}
        if not right:
            found.misplaced.append(first.id)


def _check_order(found: Count, asked: Sequence[Asked], events: dict[tuple[Channel, int], Taken]) -> None:
    latest: dict[tuple[int, Channel], Asked] = {}
    for message in sorted(asked, key=lambda each: -each.id):
        if message.id not in found.answers:
            continue
        place = (message.person_id, message.channel)
        later = latest.get(place)
        if later is None or found.answers[message.id] <= found.answers[later.id]:
            latest[place] = message
            continue
        one, other = events.get((message.channel, message.id)), events.get((later.channel, later.id))
        known = one and other and other.turn_began_at and one.received_at + _STORING < other.turn_began_at
        (found.out_of_order if known else found.shown_late).append(message.id)
