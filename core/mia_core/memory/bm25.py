"""BM25's parts (Robertson and Zaragoza, "The probabilistic relevance framework", 2009), over arrays of counts."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
"""One number a text."""

_K1 = 1.2
"""How soon one more time that a term is there says little more."""


def rarity(holding: int, of: int) -> float:
    """The weight of a term that so many of so many texts hold."""
    return math.log(1 + (of - holding + 0.5) / (holding + 0.5))


def hold_back(lengths: NDArray[Any], share: float) -> Scores:
    """What holds texts of these lengths (in terms) back; `share`, 0 to 1: how far length counts."""
    average = max(float(lengths.mean()), 1.0)
    return np.asarray(_K1 * (1 - share + share / average * lengths), dtype=np.float32)


def saturated(counts: NDArray[Any], held_back: Scores) -> Scores:
    """The part for how often a term is there: each further time says less."""
    return np.asarray(counts * np.float32(_K1 + 1) / (counts + held_back), dtype=np.float32)
