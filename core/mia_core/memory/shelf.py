"""A shelf: texts of one person in order, in the form in which recall scores all of them at once."""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mia_core.memory.dates import Moments
from mia_core.memory.embed import Vectors

Scores = NDArray[np.float32]
"""One number a text."""

REACH = 3
"""Texts before and after one that are looked at with it."""
_NEAR = (0.2, 0.5, 1.0, 0.2)
"""What the text two before, the one before, the text itself and the one after bring to its meaning: a message is
understood by the question that it answers."""
_K1 = 1.2
_LENGTH = {0: 0.5, 1: 0.5, 3: 0.5}
_SESSION_LENGTH = 0.75
"""Constants of BM25 (Robertson and Zaragoza 2009): saturation, and how far long texts are held back."""
_BYTES_BESIDE = 400
"""Of one text beside its words, postings and vector: an estimate, for the bound alone."""
_BYTES_OF_A_POSTING = 7


class Text(NamedTuple):
    """What is put on a shelf."""

    terms: Sequence[str]
    vector: NDArray[np.float32]
    session: int
    at: datetime
    by_mia: bool
    asks: bool
    """Ends in a question mark."""
    tells_time: bool


class Lexical(NamedTuple):
    """How far texts share a question's words: with their neighbours, with three on each side, with the session."""

    near: Scores
    around: Scores
    session: Scores


@dataclass(frozen=True)
class Centre:
    """What all statements, and all questions, have in common; taken away, the differences show."""

    statements: NDArray[np.float32]
    questions: NDArray[np.float32]


class Shelf:
    """Texts in the order in which they were said. A new one costs the same however many there are.

    In the arrays that are scored, sessions lie `REACH` places apart, so that a sum over neighbours is a sum over
    places and never mixes two sessions.
    """

    def __init__(self, centre: Centre) -> None:
        self.size = 0
        """Bytes, about."""
        self._centre = centre
        self._count = 0
        self._rows: dict[str, tuple[array[int], array[int]]] = {}
        """Term -> rows of the texts that hold it, and how often they do."""
        self._sessions = 0
        self._last_session: int | None = None
        dimension = len(centre.statements)
        self._columns = _Columns(dimension)

    def __len__(self) -> int:
        return self._count

    @property
    def vectors(self) -> Vectors:
        """Row i belongs to text i; zeros where a vector of the current model is missing."""
        return self._columns.vectors[: self._count]

    @property
    def by_mia(self) -> NDArray[np.bool_]:
        """Whether she said it."""
        return self._columns.by_mia[: self._count]

    @property
    def asks(self) -> NDArray[np.bool_]:
        """Whether it is a question."""
        return self._columns.asks[: self._count]

    @property
    def tells_time(self) -> NDArray[np.bool_]:
        """Whether it says when something is."""
        return self._columns.tells_time[: self._count]

    @property
    def moments(self) -> Moments:
        """When it was said."""
        held = self._columns
        return Moments(held.years[: self._count], held.months[: self._count], held.days[: self._count])

    @property
    def sessions(self) -> NDArray[np.int32]:
        """Ordinal of its session on the shelf."""
        return self._columns.sessions[: self._count]

    def after_question(self) -> NDArray[np.bool_]:
        """Whether the text before it, in the same session, is a question."""
        held = self._columns
        places = held.places[: self._count]
        before = np.zeros(self._count, dtype=bool)
        before[1:] = self.asks[:-1] & (np.diff(places) == 1)
        return before

    def add(self, texts: Sequence[Text]) -> None:
        """Append texts, in the order in which they were said."""
        if not texts:
            return
        start = self._count
        self._columns.make_room(start + len(texts))
        for row, text in enumerate(texts, start=start):
            self._place(row, text)
        self._count += len(texts)
        self._measure(max(start - 2, 0))

    def _place(self, row: int, text: Text) -> None:
        held = self._columns
        if text.session != self._last_session:
            self._sessions += 1
            self._last_session = text.session
        held.places[row] = row + REACH * self._sessions + 1
        held.sessions[row] = self._sessions - 1
        held.vectors[row] = text.vector
        held.lengths[row] = len(text.terms)
        held.by_mia[row], held.asks[row], held.tells_time[row] = text.by_mia, text.asks, text.tells_time
        held.years[row], held.months[row], held.days[row] = text.at.year, text.at.month, text.at.day
        for term, times in Counter(text.terms).items():
            rows, counts = self._rows.setdefault(term, (array("I"), array("H")))
            rows.append(row)
            counts.append(min(times, 65_535))
        self.size += _BYTES_BESIDE + held.vectors.itemsize * held.vectors.shape[1]
        self.size += _BYTES_OF_A_POSTING * len(text.terms)

    def _measure(self, start: int) -> None:
        """Norms of the centred vectors and of their neighbourhoods, for new texts and those just before them."""
        held, end = self._columns, self._count
        first = max(start - 2, 0)
        centred = held.vectors[first:end] - self._centre.statements
        present = held.vectors[first:end].any(axis=1)
        held.norms[first:end] = np.where(present, np.maximum(np.linalg.norm(centred, axis=1), 1e-6), np.inf)
        centred /= held.norms[first:end, None]
        places = held.places[first:end] - held.places[first]
        spread = np.zeros((int(places[-1]) + 1 + 2 * REACH, centred.shape[1]), dtype=np.float32)
        spread[places + REACH] = centred
        around = _with_neighbours(spread)
        norms = np.maximum(np.linalg.norm(around, axis=1), 1e-6)[places + REACH]
        held.near_norms[start:end] = norms[start - first :]

    def meaning(self, question: NDArray[np.float32]) -> Scores:
        """How near each text, heard with its neighbours, comes to a question (a unit vector); -1 to 1."""
        if not self._count:
            return np.zeros(0, dtype=np.float32)
        held, places = self._columns, self._columns.places[: self._count]
        asked = question - self._centre.questions
        asked /= max(float(np.linalg.norm(asked)), 1e-6)
        likeness = (self.vectors @ asked - float(self._centre.statements @ asked)) / held.norms[: self._count]
        spread = np.zeros(self._width, dtype=np.float32)
        spread[places] = likeness
        return np.asarray(_with_neighbours(spread)[places] / held.near_norms[: self._count])

    @property
    def _width(self) -> int:
        return int(self._columns.places[self._count - 1]) + 1 + REACH

    def lexical(self, terms: Sequence[str]) -> Lexical:
        """How much of the weight of a question's terms each text's surroundings share; about 0 to 2.

        BM25 over the text with its neighbours, over three on each side, and over its session, each divided by the
        weight of all the terms.
        """
        zeros = np.zeros(self._count, dtype=np.float32)
        known = [term for term in set(terms) if term in self._rows]
        if not known:
            return Lexical(zeros, zeros, zeros)
        known = sorted(known, key=lambda term: len(self._rows[term][0]))[:_MOST_TERMS]
        unknown = len({term for term in terms if term not in self._rows})
        whole = sum(_rarity(len(self._rows[term][0]), self._count) for term in known)
        whole += min(unknown, _MOST_TERMS) * math.log(1 + self._count)
        places = self._columns.places[: self._count]
        counts = self._counts(known)
        sums = np.cumsum(counts, axis=1)
        length = np.zeros((1, self._width), dtype=np.float32)
        length[0, places] = self._columns.lengths[: self._count]
        lengths = np.cumsum(length, axis=1)
        near, around = (self._bm25(_windows(sums, reach), _windows(lengths, reach), reach) for reach in (1, REACH))
        return Lexical(
            near=near / np.float32(whole),
            around=around / np.float32(whole),
            session=self._session_bm25(counts, length) / np.float32(whole),
        )

    def _counts(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """How often each term stands in each text; shape (terms, places)."""
        counts = np.zeros((len(terms), self._width), dtype=np.float32)
        places = self._columns.places
        for line, term in zip(counts, terms, strict=True):
            rows, times = self._rows[term]
            line[places[np.frombuffer(rows, dtype=np.uint32)]] = np.frombuffer(times, dtype=np.uint16)
        return counts

    def _bm25(self, counts: NDArray[np.float32], lengths: NDArray[np.float32], reach: int) -> Scores:
        places = self._columns.places[: self._count]
        counts, lengths = counts[:, places], lengths[0, places]
        held_back = _held_back(lengths, _LENGTH[reach])
        rarity = _rarities((counts > 0).sum(axis=1), self._count)
        return np.asarray(rarity @ (counts * np.float32(_K1 + 1) / (counts + held_back)))

    def _session_bm25(self, counts: NDArray[np.float32], length: NDArray[np.float32]) -> Scores:
        sessions = self._columns.sessions[: self._count]
        starts = self._columns.places[: self._count][np.flatnonzero(np.diff(sessions, prepend=-1))]
        in_session = np.add.reduceat(counts, starts, axis=1)
        lengths = np.add.reduceat(length[0], starts)
        held_back = _held_back(lengths, _SESSION_LENGTH)
        rarity = _rarities((in_session > 0).sum(axis=1), len(starts))
        scores = rarity @ (in_session * np.float32(_K1 + 1) / (in_session + held_back))
        return np.asarray(scores[sessions])


_MOST_TERMS = 24
"""Of a long message, the rarest terms are looked for."""


class _Columns:
    """The arrays of a shelf, with room to grow."""

    def __init__(self, dimension: int) -> None:
        self.vectors: Vectors = np.zeros((0, dimension), dtype=np.float32)
        self.norms = np.zeros(0, dtype=np.float32)
        self.near_norms = np.zeros(0, dtype=np.float32)
        self.lengths = np.zeros(0, dtype=np.float32)
        self.places = np.zeros(0, dtype=np.int64)
        self.sessions = np.zeros(0, dtype=np.int32)
        self.by_mia = np.zeros(0, dtype=bool)
        self.asks = np.zeros(0, dtype=bool)
        self.tells_time = np.zeros(0, dtype=bool)
        self.years = np.zeros(0, dtype=np.int16)
        self.months = np.zeros(0, dtype=np.int8)
        self.days = np.zeros(0, dtype=np.int8)

    def make_room(self, rows: int) -> None:
        """Let every column hold so many rows; grown by an eighth, so that adding one at a time stays cheap."""
        if rows <= len(self.vectors):
            return
        room = max(rows, len(self.vectors) * 9 // 8 + 16)
        for name, column in vars(self).items():
            more = ((0, room - len(column)),) + ((0, 0),) * (column.ndim - 1)
            setattr(self, name, np.pad(column, more))


def _with_neighbours(spread: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each place with its neighbours, weighted by `_NEAR`; the first and last `REACH` places stay outside."""
    second, first, own, after = (np.float32(weight) for weight in _NEAR)
    heard = own * spread
    heard[2:] += second * spread[:-2]
    heard[1:] += first * spread[:-1]
    heard[:-1] += after * spread[1:]
    return heard


def _windows(sums: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Sums over `reach` places on each side, from running sums along the last axis."""
    windows = np.zeros_like(sums)
    windows[:, reach + 1 : -reach] = sums[:, 2 * reach + 1 :] - sums[:, : -2 * reach - 1]
    return windows


def _held_back(lengths: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    average = max(float(lengths.mean()), 1.0)
    return np.asarray(np.float32(_K1) * (np.float32(1 - share) + np.float32(share / average) * lengths))


def _rarity(holding: int, of: int) -> float:
    """BM25's weight of a term that so many of so many texts hold."""
    return math.log(1 + (of - holding + 0.5) / (holding + 0.5))


def _rarities(holding: NDArray[np.int64], of: int) -> NDArray[np.float32]:
    weight: Callable[[int], float] = partial(_rarity, of=of)
    return np.array([weight(int(count)) for count in holding], dtype=np.float32)
