"""Her fixed texts by name, from the catalogue: one file a language, English where a language has none."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Template
from typing import Literal

from babel.messages.pofile import read_po

Name = Literal[
    "refused",
    "garbled",
    "stopped",
    "started",
    "first_contact",
    "remembered",
    "remembered_none",
    "remembered_more",
    "recall_paused",
    "forget_ask",
    "forget_all_ask",
    "forget_messages",
    "forget_none",
    "say_yes",
    "forgotten",
    "left_as_it_is",
    "paused",
    "resumed",
    "why_memories",
    "why_no_memories",
    "why_feeling",
    "why_none",
    "help_head",
    "offer_ask",
    "offer_none",
    "offer_sensitive",
    "offered",
    "revoked",
    "revoke_none",
    "ai_again",
    "ai_break",
    "ai_public",
    "honest",
    "farewell_1",
    "farewell_2",
    "farewell_3",
    "crisis",
    "crisis_now",
    "crisis_again",
    "crisis_line",
    "crisis_elsewhere",
    "crisis_public",
    "child",
    "child_parent",
    "slow_down",
    "pause_after_insults",
    "language_set",
    "language_any",
    "language_unknown",
    "feelings",
    "feelings_why",
    "feelings_none",
    "feelings_reset_hint",
    "feelings_reset_ask",
    "feelings_reset",
]
SUPPORTED = ("en", "es", "pt", "fr", "de", "it", "ja", "ko", "hi", "ar", "tr", "id")
"""Languages that have a catalogue."""


def fixed_text(name: Name, language: str | None = None, /, **values: str) -> str:
    """A text with its values filled in, in a language (BCP-47; its region is passed over) or else in English."""
    return Template(_catalogue(_nearest(language))[name]).substitute(values)


def emotion_word(emotion: str, language: str | None = None) -> str:
    """What a named emotion is called."""
    return _catalogue(_nearest(language))[f"emotion_{emotion}"]


def cause_words(cause: str, language: str | None = None) -> str:
    """What moved a feeling, in a few words."""
    return _catalogue(_nearest(language))[f"cause_{cause}"]


def _nearest(language: str | None) -> str:
    primary = (language or "en").partition("-")[0].lower()
    return primary if primary in SUPPORTED else "en"


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    file = resources.files("mia_core.texts") / "catalogue" / f"{language}.po"
    with file.open("rb") as opened:
        return {str(message.id): str(message.string) for message in read_po(opened) if message.id}
