"""A feeling as the table `feeling` holds it."""

from datetime import datetime
from typing import Any

from mia_core.emotion.feeling import Feeling
from mia_core.emotion.pad import Pad
from mia_core.emotion.relationship import Relationship
from mia_core.tables import FeelingRow


def read_feeling(row: FeelingRow | None, now: datetime) -> Feeling:
    """The stored state as a value; the beginning of a relationship where nothing is stored."""
    if row is None:
        return Feeling(at=now)
    return Feeling(
        at=row.at,
        emotion=Pad(row.pleasure, row.arousal, row.dominance),
        mood=Pad(row.mood_pleasure, row.mood_arousal, row.mood_dominance),
        relationship=Relationship(
            trust=row.trust,
            familiarity=row.familiarity,
            warmth=row.warmth,
            tension=row.tension,
            hurt=row.hurt,
            day=row.day,
            trust_moved=row.trust_moved,
            warmth_moved=row.warmth_moved,
            tension_moved=row.tension_moved,
        ),
    )


def feeling_values(feeling: Feeling) -> dict[str, Any]:
    """The columns of a feeling, but for whose it is."""
    emotion, mood = feeling.emotion, feeling.mood
    return {
        "at": feeling.at,
        "pleasure": emotion.pleasure,
        "arousal": emotion.arousal,
        "dominance": emotion.dominance,
        "mood_pleasure": mood.pleasure,
        "mood_arousal": mood.arousal,
        "mood_dominance": mood.dominance,
        **vars(feeling.relationship),
    }
