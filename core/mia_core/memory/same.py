"""Whether two statements say the same: alike in meaning, and with nothing in the words that speaks against it."""

import numpy as np
from numpy.typing import NDArray

from mia_core.memory.words import language_of, negations, terms, words

NEAR = 0.95
"""Likeness of vectors from which two statements may say the same."""
_SHARED = 0.5
"""Share of their stems that they have in common then. (In languages that the embedding hardly knows, vectors of
unrelated sentences come as near as 0.98.)"""
_INFLECTED = frozenset({"tr", "ja", "ko"})
"""Negation is a syllable within the word: only the very same words count."""


def say_the_same(
    one: str, vector: NDArray[np.float32], other: str, other_vector: NDArray[np.float32], language: str | None
) -> bool:
    """Whether either statement would do for both. Vectors are of unit length; `language` is a BCP-47 tag."""
    if float(vector @ other_vector) < NEAR or figures(one) != figures(other):
        return False
    said, other_said = set(words(one)), set(words(other))
    if negations(one) != negations(other):
        return False
    if said == other_said:
        return True
    spoken = language_of(language)
    if spoken in _INFLECTED:
        return False
    stems, other_stems = (frozenset(terms(text, spoken)) for text in (one, other))
    return len(stems & other_stems) >= _SHARED * max(len(stems | other_stems), 1)


def figures(text: str) -> frozenset[str]:
    """The numbers in a text, which a vector hardly shows."""
    return frozenset(word for word in words(text) if any(letter.isdigit() for letter in word))
