"""Why a feeling moved: the causes in an appraisal, and how far each part of the feeling went."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from mia_core.emotion.feeling import Feeling
from mia_core.xai.answer import Appraisal

Cause = Literal[
    "warmth",
    "coldness",
    "praise",
    "blame",
    "hostility",
    "apology",
    "good_news",
    "bad_news",
    "another_day",
]
CAUSES: tuple[Cause, ...] = get_args(Cause)
_WORTH_NAMING = 0.15
"""Weight in an appraisal from which a cause is one."""
_NAMED = 2


@dataclass(frozen=True)
class Moved:
    """What one turn did to a feeling: differences, new minus old, in the units of the values that they are of."""

    event_id: str
    """The last of the events that were answered."""
    causes: tuple[Cause, ...]
    """The strongest first; empty when nothing stood out."""
    pleasure: float
    trust: float
    familiarity: float
    warmth: float
    tension: float

    def as_json(self) -> dict[str, Any]:
        """For the table `turn`."""
        steps = {name: round(getattr(self, name), 4) for name in STEPS}
        return {"event_id": self.event_id, "causes": list(self.causes), **steps}


STEPS = ("pleasure", "trust", "familiarity", "warmth", "tension")
"""The parts whose movement is kept."""


def moved(before: Feeling, after: Feeling, appraisal: Appraisal, event_id: str) -> Moved:
    """What a turn did, from the feeling as it was right before it to the one right after."""
    was, now = before.relationship, after.relationship
    found = causes(appraisal)
    if now.day != was.day and was.day:
        found = (*found, "another_day")
    return Moved(
        event_id=event_id,
        causes=found[: _NAMED + 1],
        pleasure=after.emotion.pleasure - before.emotion.pleasure,
        trust=now.trust - was.trust,
        familiarity=now.familiarity - was.familiarity,
        warmth=now.warmth - was.warmth,
        tension=now.tension - was.tension,
    )


def causes(appraisal: Appraisal) -> tuple[Cause, ...]:
    """What stands out in an appraisal, the strongest first; two at most."""
    weights: dict[Cause, float] = {
        "warmth": appraisal.warmth,
        "coldness": -appraisal.warmth,
        "praise": appraisal.praise,
        "blame": -appraisal.praise,
        "hostility": appraisal.hostility,
        "apology": appraisal.apology,
        "good_news": appraisal.fortune,
        "bad_news": -appraisal.fortune,
    }
    standing_out = [cause for cause, weight in weights.items() if weight >= _WORTH_NAMING]
    return tuple(sorted(standing_out, key=lambda cause: -weights[cause])[:_NAMED])
