"""Trust towards a person: slow to win, quicker to lose, bounded per day; absence never costs anything."""

from dataclasses import dataclass
from datetime import date

from mia_core.emotion.pad import bounded
from mia_core.xai.answer import Appraisal

START = 0.3
_GAIN, _LOSS = 0.012, 0.04
_DAY_GAIN, _DAY_LOSS = 0.04, 0.15
"""Most that one message, and one UTC day, can move it. Losing is three to four times as quick as winning
(negativity bias in trust: Slovic, "Perceived risk, trust and democracy", Risk Analysis 1993)."""


@dataclass(frozen=True)
class Trust:
    """How far a relationship has come, from 0 to 1, and how far it moved on its latest day."""

    value: float = START
    day: str = ""
    moved: float = 0.0

    def after(self, appraisal: Appraisal, today: date) -> "Trust":
        """Trust after one more message, on the UTC day `today`."""
        moved = self.moved if self.day == today.isoformat() else 0.0
        step = bounded(_step(appraisal), -_DAY_LOSS - moved, _DAY_GAIN - moved)
        value = bounded(self.value + step, 0.0, 1.0)
        return Trust(value=value, day=today.isoformat(), moved=moved + step)


def _step(appraisal: Appraisal) -> float:
    good = max(appraisal.warmth, 0) * 0.6 + max(appraisal.praise, 0) * 0.2 + appraisal.apology * 0.6
    bad = appraisal.hostility + max(-appraisal.warmth, 0) * 0.3
    weight = 0.4 + 0.6 * appraisal.intensity
    return (min(good, 1) * _GAIN - min(bad, 1) * _LOSS) * weight
