"""Sense: what a text may be about where no phrase tells, weighed by a linear model over its meaning and its form.

It sees far more than phrases do. Where it is sure, a turn ends with her answer to a crisis, or with a stop; where
it is only uneasy, it has the turn's one call to Grok look closely, as always with signs of age: its mistakes there
would silence people. Vectors are those of `mia_core.memory.embed.USE`. The weights, and what makes it uneasy or
sure, are fitted by `python -m tests.bench.care.fit` to lines that we wrote (`tests/bench/care/examples`).
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Literal, get_args
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Task = Literal["crisis", "stop", "start", "child", "parent"]
TASKS: tuple[Task, ...] = get_args(Task)
_LETTER_BITS = 17
LETTERS, WORDS = 1 << _LETTER_BITS, 1 << 16
"""Numbers that groups of letters, and words, are hashed to (Weinberger et al., "Feature hashing for large scale
multitask learning", ICML 2009)."""
MEANING = 3.0
"""Length of the sentence vector beside the letters and the words, each of which has 1."""
_GROUPS = range(2, 7)
"""Letters in a group: endings, words, and pairs of short words, in scripts with spaces and without."""
Certainty = Literal["none", "uneasy", "sure"]
_FACTOR, _MIXER = np.uint32(0x01000193), np.uint32(0x9E3779B1)
_SHIFT = np.uint32(32 - _LETTER_BITS)

Form = tuple[NDArray[np.intp], NDArray[np.float32]]
"""Places in a vector of LETTERS + WORDS numbers that are not zero, and the numbers there."""


@dataclass(frozen=True)
class Weights:
    """What one task's model has learnt."""

    form: NDArray[np.float32]
    meaning: NDArray[np.float32]
    uneasy: float
    sure: float
    """What a text's sum must pass; `sure` is no less than `uneasy`."""

    def weigh(self, form: Form, vector: NDArray[np.float32]) -> Certainty:
        """How surely a text of this form, and with this sentence vector of unit length, is about the task."""
        places, values = form
        total = float(self.form[places] @ values) + float(self.meaning @ vector) * MEANING
        if total > self.sure:
            return "sure"
        return "uneasy" if total > self.uneasy else "none"


def form_of(text: str) -> Form:
    """How a text in plain form looks: groups of letters, then words alone and in pairs, both of unit length."""
    letters, counts = np.unique(_letter_groups(text), return_counts=True)
    words, word_counts = np.unique(_words(text), return_counts=True)
    places = np.concatenate([letters.astype(np.intp), words.astype(np.intp) + LETTERS])
    return places, np.concatenate([_unit(counts), _unit(word_counts)])


def _letter_groups(text: str) -> NDArray[np.uint32]:
    codes = np.frombuffer(f" {text} ".encode("utf-32-le"), dtype=np.uint32)
    hashes = [np.zeros(0, dtype=np.uint32)]
    rolling = np.zeros(len(codes), dtype=np.uint32)
    for size in range(1, min(_GROUPS[-1], len(codes)) + 1):
        rolling = rolling[: len(codes) - size + 1] * _FACTOR + codes[size - 1 :]
        if size in _GROUPS:
            hashes.append((rolling * _MIXER) >> _SHIFT)
    return np.concatenate(hashes)


def _words(text: str) -> NDArray[np.uint32]:
    words = text.split()
    pairs = (f"{one} {other}" for one, other in pairwise(words))
    return np.array([crc32(word.encode()) % WORDS for word in (*words, *pairs)], dtype=np.uint32)


def _unit(counts: NDArray[np.intp]) -> NDArray[np.float32]:
    length = np.linalg.norm(counts)
    return (counts / length if length else counts).astype(np.float32)


@cache
def weights(task: Task) -> Weights:
    """What was learnt of a task, read at its first use."""
    with resources.as_file(resources.files("mia_core.gate") / "sense.npz") as file, np.load(file) as kept:
        learnt = kept[task].astype(np.float32)
        uneasy, sure = (float(bound) for bound in kept[f"{task}_bounds"])
    return Weights(learnt[: LETTERS + WORDS], learnt[LETTERS + WORDS :], uneasy, sure)
