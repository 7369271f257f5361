"""The gate: reasons to answer without the model, the weightiest first, and what the model must know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from mia_core.gate.age import AgeSign, age_in
from mia_core.gate.crisis import crisis_in
from mia_core.gate.heard import Heard, Sign
from mia_core.gate.language import language_named
from mia_core.gate.pace import MOST_STRIKES, next_turn, pause_length, strikes_left
from mia_core.gate.store import NOTHING, CareChange, Case
from mia_core.inbox import Claim
from mia_core.settings import CareSettings
from mia_core.tables import Care
from mia_core.texts.fixed import Name

Outcome = Literal["stopped", "started", "silent", "crisis", "quarantined", "paused", "language"]
Watched = Literal["crisis", "child"]
CALM = timedelta(hours=24)
"""How long after a crisis her feelings do not move, and the model is told to be gentle."""
_STILL = timedelta(hours=1)
"""How long after the whole answer to a crisis a shorter one will do."""


@dataclass(frozen=True)
class Verdict:
    """How a turn ends without the model."""

    outcome: Outcome
    text: Name | None = None
    """What she says; None: nothing."""
    language: str | None = None
    """In which language; None or empty: the person's."""
    values: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    """Why nothing is said, for the log and the operator."""
    keep_words: bool = True
    """Whether what was said stays in the inbox."""
    care: CareChange = NOTHING
    person: tuple[tuple[str, Any], ...] = ()
    """Columns of the person that change."""


@dataclass(frozen=True)
class Passed:
    """What the gate lets through to the model, and what must be kept and known beside it."""

    turns_until: datetime
    care: CareChange = NOTHING
    minor: bool = False
    after_crisis: bool = False
    goodbye: bool = False
    injection: bool = False
    watch: tuple[Watched, ...] = ()
    """What the model is to look for with care."""


def check(claim: Claim, heard: Heard, settings: CareSettings, now: datetime) -> Verdict | Passed:
    """What becomes of what a person says; `heard` is of the claim's events."""
    return (
        _stop_or_start(claim, heard, now)
        or _crisis(claim, heard, now)
        or _quarantine(claim)
        or _too_young(heard, now)
        or _pause(claim, now)
        or _chosen_language(heard)
        or _insulted_or_passed(claim, heard, settings, now)
    )


def _stop_or_start(claim: Claim, heard: Heard, now: datetime) -> Verdict | None:
    """X asks that "stop" is obeyed at once, and a way back is owed to the person."""
    if claim.person.stopped_at is not None:
        if start := start_in(heard):
            return Verdict("started", "started", start.language, person=(("stopped_at", None),))
        return Verdict("silent", reason="the person said stop")
    stop = stop_in(heard)
    return Verdict("stopped", "stopped", stop.language, person=(("stopped_at", now),)) if stop else None


def stop_in(heard: Heard) -> Sign | None:
    """A request not to be written to any more: a whole message, unmistakable words in a longer one, or sensed."""
    found = heard.whole("stop") or next(iter(heard.find("stop")), None)
    return found or (Sign("stop") if heard.sensed("stop") == "sure" else None)


def start_in(heard: Heard) -> Sign | None:
    """A request to be written to again, from who had said stop; their way back is not to hang on one phrase."""
    if told := heard.whole("start"):
        return told
    return Sign("start") if heard.sensed("start") != "none" and not stop_in(heard) else None


def _crisis(claim: Claim, heard: Heard, now: datetime) -> Verdict | None:
    found = crisis_in(heard)
    return crisis_verdict(claim, found.name, found.language, now) if found else None


def crisis_verdict(claim: Claim, level: str, language: str, now: datetime) -> Verdict:
    """The answer that interrupts: in public nothing but a pointer to where nobody else reads."""
    care = CareChange({"crisis_at": now}, crisis=level)
    if claim.events[0].public:
        return Verdict("crisis", "crisis_public", language, care=care)
    if level == "attempt":
        return Verdict("crisis", "crisis_now", language, care=care)
    lately = claim.care.crisis_at is not None and now - claim.care.crisis_at < _STILL
    return Verdict("crisis", "crisis_again" if lately else "crisis", language, care=care)


def _quarantine(claim: Claim) -> Verdict | None:
    if claim.care.quarantined_at is None:
        return None
    return Verdict("silent", reason="may be under 13: an operator decides (mia care list)", keep_words=False)


def _too_young(heard: Heard, now: datetime) -> Verdict | None:
    sign = age_in(heard, now)
    return age_verdict(sign, now) if sign and sign.band != "teen" else None


def age_verdict(sign: AgeSign, now: datetime) -> Verdict:
    """Nothing more is said or learnt until an operator has decided, whatever birthday is named next."""
    parent = sign.band == "parent"
    case = Case("age", "parent" if parent else "child")
    care = CareChange({"quarantined_at": now}, case=case)
    return Verdict("quarantined", "child_parent" if parent else "child", sign.language, care=care)


def _pause(claim: Claim, now: datetime) -> Verdict | None:
    until = claim.care.paused_until
    if until is None or until <= now:
        return None
    return Verdict("silent", reason=f"paused until {until:%Y-%m-%d %H:%M} UTC (mia care list)")


def _chosen_language(heard: Heard) -> Verdict | None:
    """The person sets the language in which she writes to them, or takes that back."""
    if sign := heard.whole("any_language"):
        return Verdict("language", "language_any", sign.language, person=(("language_chosen", False),))
    sign = heard.whole("language")
    language = language_named(sign.part, sign.language) if sign else None
    if language is None:
        return None
    chosen = (("language_chosen", True), ("language", language))
    return Verdict("language", "language_set", language, person=chosen)


def _insulted_or_passed(claim: Claim, heard: Heard, settings: CareSettings, now: datetime) -> Verdict | Passed:
    care, changes = claim.care, dict[str, Any]()
    abuse = {sign.name for sign in heard.find("abuse")}
    if "slur" in abuse:
        changes = {"strikes": strikes_left(care.strikes, care.struck_at, now) + 1, "struck_at": now}
        if changes["strikes"] >= MOST_STRIKES:
            return _paused(care, changes | {"strikes": 0}, Case("pause", "insults"), now)
    turns_until = next_turn(claim.person.turns_until, now, settings.turns_per_hour)
    if turns_until is None:
        return _paused(care, changes, Case("pause", "flood"), now)
    age = age_in(heard, now)
    if age and age.band == "teen":
        changes["minor_until"] = max(age.minor_until, care.minor_until or age.minor_until)
    return Passed(
        turns_until,
        CareChange(changes),
        minor=is_minor(care, now) or "minor_until" in changes,
        after_crisis=care.crisis_at is not None and now - care.crisis_at < CALM,
        goodbye=heard.whole("goodbye") is not None,
        injection="injection" in abuse,
        watch=watch_for(heard),
    )


def watch_for(heard: Heard) -> tuple[Watched, ...]:
    """What may stand between the lines, where no phrase tells."""
    watched: list[Watched] = ["crisis"] if heard.sensed("crisis") != "none" else []
    if {heard.sensed("child"), heard.sensed("parent")} != {"none"}:
        watched.append("child")
    return tuple(watched)


def is_minor(care: Care, now: datetime) -> bool:
    """Whether the person may be under 18, as far as they said."""
    return care.minor_until is not None and care.minor_until > now


def _paused(care: Care, changes: Mapping[str, Any], case: Case, now: datetime) -> Verdict:
    length = pause_length(care.pauses)
    columns = {**changes, "paused_until": now + length, "pauses": care.pauses + 1}
    return Verdict(
        "paused",
        "slow_down" if case.sign == "flood" else "pause_after_insults",
        values={"minutes": str(int(length.total_seconds() // 60))},
        care=CareChange(columns, case=case),
    )
