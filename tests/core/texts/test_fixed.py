"""Her fixed texts: whole in every language, English where a language is not supported."""

from typing import get_args

import pytest

from mia_core.emotion.pad import EMOTIONS
from mia_core.texts.fixed import SUPPORTED, Name, emotion_word, fixed_text

NAMES = get_args(Name)
VALUES = {
    "origin": "https://mia.example",
    "count": "7777",
    "resume": "«resume»",
    "revoke": "«revoke»",
    "yes": "«yes»",
    "yes_named": "«yes named»",
    "emotion": "joy",
    "mood": "calm",
    "statement": "«statement»",
    "username": "«username»",
    "hours": "3333",
    "minutes": "4444",
    "lines": "«lines»",
    "emergency": "«emergency»",
    "name": "«name»",
    "contact": "«contact»",
    "languages": "«languages»",
    "trust": "5551",
    "familiarity": "5552",
    "warmth": "5553",
    "tension": "5554",
    "reset": "«reset»",
}


def values_in(text: str) -> list[str]:
    """Which values were filled in, in order of their names."""
    return sorted(name for name, value in VALUES.items() if value in text)


@pytest.mark.parametrize("language", SUPPORTED)
def test_every_text_is_there_with_all_that_the_english_one_says_in_figures_and_phrases(language: str) -> None:
    for name in NAMES:
        text = fixed_text(name, language, **VALUES)
        assert text.strip(), name
        assert "$" not in text, name
        if name not in {"why_feeling", "feelings"}:
            assert values_in(text) == values_in(fixed_text(name, "en", **VALUES)), name
    assert all(emotion_word(emotion, language) for emotion in EMOTIONS)


@pytest.mark.parametrize("language", sorted(set(SUPPORTED) - {"en"}))
def test_no_language_is_left_in_english(language: str) -> None:
    for name in NAMES:
        if name != "crisis_line":  # a name and a number alone
            assert fixed_text(name, language, **VALUES) != fixed_text(name, "en", **VALUES), name


def test_regions_and_unknown_languages_find_a_text() -> None:
    assert fixed_text("forgotten", "pt-BR") == fixed_text("forgotten", "pt")
    assert fixed_text("forgotten", "sw") == fixed_text("forgotten", None) == fixed_text("forgotten", "en")
