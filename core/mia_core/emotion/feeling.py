"""A feeling towards one person: a fast emotion over a slow mood, both decaying by half-lives when read."""

import math
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mia_core.emotion.pad import Pad, emotion_name, prototype
from mia_core.emotion.relationship import Relationship
from mia_core.xai.answer import Appraisal

BASELINE = Pad(0.25, 0.05, 0.1)
"""Her temperament, to which mood returns: friendly, awake, at ease."""
EMOTION_HALF_LIFE = timedelta(minutes=30)
MOOD_HALF_LIFE = timedelta(hours=24)
_STEP = 0.35
"""The farthest that one message moves emotion along an axis: no message can throw her."""
_MOOD_SHARE = 0.2
"""How much of an emotion sinks into mood."""


@dataclass(frozen=True)
class Feeling:
    """The emotional state as of `at`."""

    at: datetime
    emotion: Pad = BASELINE
    mood: Pad = BASELINE
    relationship: Relationship = field(default_factory=Relationship)

    @property
    def name(self) -> str:
        """The named emotion nearest to what she feels."""
        return emotion_name(self.emotion)

    @property
    def mood_name(self) -> str:
        """The named emotion nearest to her mood."""
        return emotion_name(self.mood)


def as_of(feeling: Feeling, now: datetime) -> Feeling:
    """The feeling at a later moment: mood has neared the baseline, emotion the mood, tension nothing.

    Trust, familiarity and warmth do not fade: absence costs nothing.

    A moment before `feeling.at` (a clock that was set back) changes nothing.
    """
    passed = now - feeling.at
    if passed <= timedelta():
        return feeling
    mood = feeling.mood.towards(BASELINE, _faded(passed, MOOD_HALF_LIFE))
    emotion = feeling.emotion.towards(mood, _faded(passed, EMOTION_HALF_LIFE))
    return replace(feeling, at=now, emotion=emotion, mood=mood, relationship=feeling.relationship.later(passed))


def feel(feeling: Feeling, appraisal: Appraisal, now: datetime) -> Feeling:
    """The feeling after one turn, appraised at `now`."""
    current = as_of(feeling, now)
    emotion = current.emotion.moved(_impulse(appraisal))
    return Feeling(
        at=current.at,
        emotion=emotion,
        mood=current.mood.towards(emotion, _MOOD_SHARE),
        relationship=current.relationship.after(appraisal, now.date()),
    )


def _impulse(appraisal: Appraisal) -> Pad:
    """Where a message pushes her: the OCC emotions that it elicits, weighted, each axis within one step.

    What happens to the person's own goals makes her happy or sorry for them, which lie where joy and distress do
    (Gebhard's table has "happy for" beside joy, and "pity" on distress); what happens to hers weighs more.
    """
    elicited = {
        "joy": max(appraisal.desirability, 0) + max(appraisal.fortune, 0) * 0.7,
        "distress": max(-appraisal.desirability, 0) * 0.6 + max(-appraisal.fortune, 0) * 0.4,
        "gratitude": max(appraisal.praise, 0),
        "disappointment": max(-appraisal.praise, 0) * 0.6,
        "affection": max(appraisal.warmth, 0),
        "reproach": max(-appraisal.warmth, 0) * 0.6,
        "anger": appraisal.hostility,
        "relief": appraisal.apology,
    }
    push = Pad(0, 0, 0)
    for name, weight in elicited.items():
        push = push.moved(prototype(name).scaled(weight * (0.3 + 0.7 * appraisal.intensity)))
    limit = max(abs(push.pleasure), abs(push.arousal), abs(push.dominance))
    return push.scaled(_STEP / limit) if limit > _STEP else push


def _faded(passed: timedelta, half_life: timedelta) -> float:
    """The share of a deviation that is gone after a time."""
    return 1 - math.pow(0.5, passed / half_life)
