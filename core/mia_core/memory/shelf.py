"""A shelf: texts of one person in order, in the form in which recall scores all of them at once."""

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mia_core.memory.bm25 import Scores, hold_back, rarity, saturated
from mia_core.memory.dates import Moments
from mia_core.memory.embed import Vectors

REACH = 3
"""Texts before and after one that are looked at with it."""
_NEAR = (0.2, 0.5, 1.0, 0.2)
"""What the text two before, the one before, the text itself and the one after bring to its meaning: a message is
understood by the question that it answers."""
_LENGTH, _SESSION_LENGTH = 0.5, 0.75
"""How far long texts, and long sessions, are held back; 0 to 1."""
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

    def __init__(self, centre: Centre, *, alone: bool = False) -> None:
        self.size = 0
        """Bytes, about."""
        self._alone = alone
        """Each text stands for itself: it has no neighbours and no session."""
        self._held_back: _HeldBack | None = None
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
        self._held_back = None
        self._measure(max(start - 2, 0))

    def _place(self, row: int, text: Text) -> None:
        held = self._columns
        if text.session != self._last_session:
            self._sessions += 1
            self._last_session = text.session
        held.places[row] = row if self._alone else row + REACH * self._sessions + 1
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
        if self._alone:
            return
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
        if self._alone:
            return np.asarray(likeness)
        spread = np.zeros(self._width, dtype=np.float32)
        spread[places] = likeness
        return np.asarray(_with_neighbours(spread)[places] / held.near_norms[: self._count])

    def likeness(self, rows: NDArray[np.intp], others: NDArray[np.intp]) -> Scores:
        """How like in meaning texts are to others, -1 to 1; 0 to themselves. Shape (rows, others)."""
        held = self._columns
        one, other = (
            (held.vectors[each] - self._centre.statements) / held.norms[each][:, None] for each in (rows, others)
        )
        return np.where(rows[:, None] == others[None, :], np.float32(0), one @ other.T)

    @property
    def _width(self) -> int:
        return int(self._columns.places[self._count - 1]) + 1 + REACH

    def lexical(self, terms: Sequence[str]) -> Lexical:
        """How much of the weight of a question's terms each text's surroundings share; about 0 to 2.

        BM25 over the text with its neighbours, over three on each side, and over its session, each divided by the
        weight of all the terms.
        """
        wanted = set(terms)
        known = sorted((term for term in wanted if term in self._rows), key=self._holding)[:_MOST_TERMS]
        if not known:
            nothing = np.zeros(self._count, dtype=np.float32)
            return Lexical(nothing, nothing, nothing)
        unknown = min(len(wanted) - sum(term in self._rows for term in wanted), _MOST_TERMS)
        weight = sum(rarity(self._holding(term), self._count) for term in known)
        weight += unknown * math.log(1 + self._count)
        if self._alone:
            alone = self._own(known) / np.float32(weight)
            return Lexical(alone, alone, alone)
        return Lexical(*(scores / np.float32(weight) for scores in self._surroundings(known)))

    def _holding(self, term: str) -> int:
        """How many texts hold a term."""
        return len(self._rows[term][0])

    def _postings(self, term: str) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
        rows, times = self._rows[term]
        return np.frombuffer(rows, dtype=np.uint32), np.frombuffer(times, dtype=np.uint16)

    def _own(self, terms: Sequence[str]) -> Scores:
        """BM25 over the texts themselves."""
        scores = np.zeros(self._count, dtype=np.float32)
        held_back = self._lengths().own
        for term in terms:
            rows, times = self._postings(term)
            scores[rows] += rarity(len(rows), self._count) * saturated(times, held_back[rows])
        return scores

    def _surroundings(self, terms: Sequence[str]) -> tuple[Scores, Scores, Scores]:
        """BM25 over each text with its neighbours, with three on each side, and over its session."""
        places, sessions = self._columns.places[: self._count], self.sessions
        lengths = self._lengths()
        near, around = np.zeros(self._width, dtype=np.float32), np.zeros(self._width, dtype=np.float32)
        session = np.zeros(self._sessions, dtype=np.float32)
        for term in terms:
            rows, times = self._postings(term)
            counts = np.zeros(self._width, dtype=np.float32)
            counts[places[rows]] = times
            sums = np.cumsum(counts)
            for scores, reach, held_back in ((near, 1, lengths.near), (around, REACH, lengths.around)):
                window = _windows(sums, reach)
                (touched,) = np.nonzero(window)
                touched = touched[held_back[touched] > 0]
                scores[touched] += rarity(len(touched), self._count) * saturated(
                    window[touched], held_back[touched]
                )
            in_session = np.bincount(sessions[rows], weights=times, minlength=self._sessions)
            holding = int(np.count_nonzero(in_session))
            session += rarity(holding, self._sessions) * saturated(in_session, lengths.session)
        return near[places], around[places], session[sessions]

    def _lengths(self) -> "_HeldBack":
        """What holds long texts back; reckoned anew after texts were added."""
        if self._held_back is None:
            places, lengths = self._columns.places[: self._count], self._columns.lengths[: self._count]
            spread = np.zeros(self._width, dtype=np.float32)
            spread[places] = lengths
            sums = np.cumsum(spread)
            in_session = np.bincount(self.sessions, weights=lengths, minlength=self._sessions)
            self._held_back = _HeldBack(
                own=hold_back(lengths, _LENGTH),
                near=_at(places, hold_back(_windows(sums, 1)[places], _LENGTH), self._width),
                around=_at(places, hold_back(_windows(sums, REACH)[places], _LENGTH), self._width),
                session=hold_back(in_session, _SESSION_LENGTH),
            )
        return self._held_back


class _HeldBack(NamedTuple):
    """BM25's part for length: of texts, of places (0 where there is no text), and of sessions."""

    own: Scores
    near: Scores
    around: Scores
    session: Scores


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
    """Sums over `reach` places on each side, from running sums."""
    windows = np.zeros_like(sums)
    windows[reach + 1 : -reach] = sums[2 * reach + 1 :] - sums[: -2 * reach - 1]
    return windows


def _at(places: NDArray[np.int64], values: Scores, width: int) -> Scores:
    """Values spread out to their places."""
    spread = np.zeros(width, dtype=np.float32)
    spread[places] = values
    return spread
