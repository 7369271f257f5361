"""The relationship with one person: trust, familiarity, warmth and tension, each moved in small, bounded steps.

Slow to win, quicker to lose; apology repairs; absence costs nothing; more messages in a day win no familiarity.
"""

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta

from mia_core.emotion.pad import bounded
from mia_core.xai.answer import Appraisal

TENSION_HALF_LIFE = timedelta(days=3)
"""In which tension halves by itself."""
_TRUST_GAIN, _TRUST_LOSS = 0.012, 0.04
_TRUST_DAY_GAIN, _TRUST_DAY_LOSS = 0.04, 0.15
"""Most that one message, and one UTC day, can move trust. Losing is three to four times as quick as winning
(negativity bias in trust: Slovic, "Perceived risk, trust and democracy", Risk Analysis 1993)."""
_REPAIR = 0.5
"""Share of the trust that was lost and not yet won back that a whole, sincere apology gives back: repair lessens
a loss without undoing it (Schilke et al., "Trust in social relations", Annual Review of Sociology 2021)."""
_CLOSER = 0.03
"""Share of the way to full familiarity that one more day of talk goes: half of it after some 23 days (the more
one knows already, the less is new: a saturating learning curve)."""
_WARMTH, _WARMTH_DAY = 0.05, 0.2
_TENSION, _TENSION_DAY = 0.15, 0.45


@dataclass(frozen=True)
class Relationship:
    """How far it has come. What is moved on a day is counted for its bounds, and begins anew on the next."""

    trust: float = 0.3
    """0 to 1: how much she relies on the person's good will."""
    familiarity: float = 0.0
    """0 to 1: how well they know each other, by the days on which they talked."""
    warmth: float = 0.0
    """-1 to 1: how warm or cold the tone between them has been."""
    tension: float = 0.0
    """0 to 1: what is unresolved between them; fades by itself."""
    hurt: float = 0.0
    """0 to 1: trust that was lost and that an apology can partly bring back."""
    day: str = ""
    """The latest UTC day (ISO) on which they talked."""
    trust_moved: float = 0.0
    warmth_moved: float = 0.0
    tension_moved: float = 0.0

    def later(self, passed: timedelta) -> "Relationship":
        """After a time without a word: only tension is less."""
        left = math.pow(0.5, max(passed, timedelta()) / TENSION_HALF_LIFE)
        return replace(self, tension=self.tension * left)

    def after(self, appraisal: Appraisal, today: date) -> "Relationship":
        """After one more turn, on the UTC day `today`."""
        return _moved(_repaired(_on(self, today), appraisal), appraisal)


def _on(was: Relationship, today: date) -> Relationship:
    """With the bounds of that day; the first talk of a day brings them closer, and only it."""
    day = today.isoformat()
    if day <= was.day:
        return was
    closer = was.familiarity + (1 - was.familiarity) * _CLOSER
    return replace(was, familiarity=closer, day=day, trust_moved=0.0, warmth_moved=0.0, tension_moved=0.0)


def _repaired(was: Relationship, appraisal: Appraisal) -> Relationship:
    """An apology takes tension away, and gives back some of the trust that was lost."""
    weight = appraisal.apology * _weight(appraisal)
    back = max(min(was.hurt * _REPAIR * weight, _TRUST_DAY_GAIN - was.trust_moved), 0.0)
    return replace(
        was,
        trust=bounded(was.trust + back, 0, 1),
        trust_moved=was.trust_moved + back,
        hurt=was.hurt - back,
        tension=was.tension * (1 - _REPAIR * weight),
    )


def _moved(was: Relationship, appraisal: Appraisal) -> Relationship:
    """Kind words win a little, unkind ones cost more."""
    weight = _weight(appraisal)
    good = min(max(appraisal.warmth, 0) * 0.6 + max(appraisal.praise, 0) * 0.2 + appraisal.apology * 0.4, 1)
    bad = min(appraisal.hostility + max(-appraisal.warmth, 0) * 0.3, 1)
    tone = bounded(appraisal.warmth - appraisal.hostility)
    trust = _within(
        (good * _TRUST_GAIN - bad * _TRUST_LOSS) * weight, was.trust_moved, _TRUST_DAY_LOSS, _TRUST_DAY_GAIN
    )
    warmth = _within((tone - was.warmth) * abs(tone) * _WARMTH, was.warmth_moved, _WARMTH_DAY, _WARMTH_DAY)
    tension = _within(bad * _TENSION * weight, was.tension_moved, _TENSION_DAY, _TENSION_DAY)
    return replace(
        was,
        trust=bounded(was.trust + trust, 0, 1),
        trust_moved=was.trust_moved + trust,
        hurt=bounded(was.hurt - min(trust, 0.0), 0, 1),
        warmth=bounded(was.warmth + warmth),
        warmth_moved=was.warmth_moved + warmth,
        tension=bounded(was.tension + tension, 0, 1),
        tension_moved=was.tension_moved + tension,
    )


def _weight(appraisal: Appraisal) -> float:
    """How much a message counts by how strongly it was said: from 0.4 to 1."""
    return 0.4 + 0.6 * appraisal.intensity


def _within(step: float, moved: float, most_down: float, most_up: float) -> float:
    """The step, or as much of it as the day has room for."""
    return bounded(step, min(-most_down - moved, 0.0), max(most_up - moved, 0.0))
