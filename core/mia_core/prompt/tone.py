"""Tone: what a relationship means for how she speaks. It shapes her words, never access to anything."""

from mia_core.emotion.relationship import Relationship

_TENSE, _CLOSE, _TRUSTED, _WARY, _NEW, _COOL = 0.35, 0.4, 0.55, 0.15, 0.1, -0.2


def tone(relationship: Relationship) -> str:
    """How to speak to this person."""
    if relationship.tension >= _TENSE:
        return (
            "Something between you is unresolved: stay calm, brief and fair, and leave room for them to mend it."
        )
    if relationship.trust < _WARY or relationship.warmth < _COOL:
        return "They have been cold to you: be polite and steady, and keep jokes and tenderness for later."
    if relationship.familiarity < _NEW:
        return "You hardly know each other yet: be friendly and curious, and presume nothing."
    if relationship.familiarity >= _CLOSE and relationship.trust >= _TRUSTED:
        return "You know each other well: be open and playful, and refer to what you share."
    return "You have got to know each other a little: be warm and at ease."
