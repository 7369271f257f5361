"""Recall: which of one person's memories matter for what they just said."""

import math
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from mia_core.memory.embed import Vectors
from mia_core.memory.index import PersonIndex, Remembered
from mia_core.memory.words import words

_LEXICAL, _IMPORTANCE = 0.35, 0.1
_CHARACTERS_A_TOKEN = 3.5
"""A cautious figure: English has about four, other scripts fewer."""


def rank(index: PersonIndex, said: str, vector: Vectors, now: datetime) -> list[Remembered]:
    """The person's memories, the best for `said` first.

    A memory's score is its likeness in meaning (cosine of the vectors), plus the share of rare words in common,
    plus a little for importance. What has ceased to be true comes after what holds.

    `vector` has the shape (dimension,).
    """
    if not index.memories:
        return []
    likeness = index.vectors @ vector
    over = index.until < now.timestamp()
    score = likeness + _LEXICAL * _shared_words(index, said) + _IMPORTANCE * index.importance - over
    return [index.memories[row] for row in np.argsort(-score, kind="stable")]


def within(memories: Sequence[Remembered], tokens: int) -> list[Remembered]:
    """As many of the first memories as a prompt has tokens for, in the order in which they were learnt."""
    chosen: list[Remembered] = []
    left = tokens * _CHARACTERS_A_TOKEN
    for memory in memories:
        left -= len(memory.statement) + 30
        if left < 0:
            break
        chosen.append(memory)
    return sorted(chosen, key=lambda memory: memory.id)


def _shared_words(index: PersonIndex, said: str) -> NDArray[np.float64]:
    """For each memory the weight of the words that it shares with `said`, rare ones weighing more; 0 to 1."""
    weights = np.zeros(len(index.memories))
    whole = 0.0
    for word in words(said):
        if rows := index.postings.get(word):
            weight = math.log(1 + len(index.memories) / len(rows))
            weights[rows] += weight
            whole += weight
    return weights / (whole or 1.0)
