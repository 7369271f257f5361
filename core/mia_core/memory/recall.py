"""Recall: which of one person's memories, and which of their past messages, matter for what they just said.

A text's score is a weighted sum of what speaks for it, each on its own scale: shared words and shared meaning, of
the text with its surroundings; who said it; whether it answers something; whether it is of the day asked for.
The weights were fitted (listwise softmax) on two conversations of LoCoMo, rounded, and checked on three others;
`tests.bench.locomo` measures them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mia_core.memory.bm25 import Scores
from mia_core.memory.dates import Days, days_in
from mia_core.memory.index import Names, Past, PersonIndex, Remembered
from mia_core.memory.shelf import Shelf
from mia_core.memory.words import language_of, lexicon, names_in, terms, without, words

_NEAR, _AROUND, _SESSION, _MEANING = 2.0, 4.0, 6.5, 12.0
_SPEAKER, _ASKS, _ANSWERS, _DAY, _TELLS_TIME = 1.1, -0.8, 0.6, 3.4, 2.7
_IMPORTANCE, _RECENCY, _OVER = 1.0, 0.5, -6.0
"""Of memories alone: by how much they matter, how new they are, and that they hold no more."""
_BESIDE, _AGAIN, _FREE = 0.2, 0.3, 2
"""What a message loses for each neighbour chosen before it, and for each of its session beyond the first."""
_FIRST, _FOUND = 5, 1.5
"""A second look: what is like one of the first messages that were found, in meaning, is found by it. Chosen while
looking at all five conversations; among the first ten it brings 0.8 points more of what several messages answer
together (49.7 to 50.5), and 0.2 of all."""
_POOL = 3
"""How many more candidates than are wanted the choice is made from."""
_FADING_S = 90 * 24 * 3600
"""Age in seconds at which what speaks for a new memory has fallen to a third."""
_CHARACTERS_A_TOKEN = 3.5
"""A cautious figure: English has about four, other scripts fewer."""
_FRAME = 30
"""Characters of the tag around an entry of a prompt."""


@dataclass(frozen=True)
class Question:
    """What somebody said, read as a question to memory."""

    terms: tuple[str, ...]
    vector: NDArray[np.float32]
    """Of `to_embed`; shape (dimension,)."""
    days: Days
    asks_when: bool
    speaker: Literal["person", "mia"] | None
    """Whose words are asked for, where that can be told."""
    now: datetime


def to_embed(said: str, names: Names, language: str | None) -> str:
    """The text whose vector stands for the question: the speakers' names are no part of what is meant."""
    return without(said, names.all, lexicon(language_of(language)).i[0])


def read_question(
    said: str, vector: NDArray[np.float32], names: Names, language: str | None, now: datetime
) -> Question:
    """A question out of what was said. `language` is a BCP-47 tag, as far as known."""
    spoken = language_of(language)
    used = set(words(said))
    return Question(
        terms=tuple(terms(without(said, names.all), spoken)),
        vector=vector,
        days=days_in(said, spoken, now),
        asks_when=bool(used & lexicon(spoken).when),
        speaker=_speaker(said, used, names, spoken),
        now=now,
    )


def rank_memories(index: PersonIndex, question: Question) -> list[Remembered]:
    """The person's memories, the best first. What has ceased to be true comes after what holds."""
    if not index.memories:
        return []
    now = question.now.timestamp()
    over = (index.until < now) | index.closed
    score = _score(index.memory_shelf, question) + _IMPORTANCE * index.importance + _OVER * over
    score += _RECENCY * np.exp((index.learnt - now) / _FADING_S)
    return [index.memories[row] for row in np.argsort(-score, kind="stable")]


def rank_messages(index: PersonIndex, question: Question, most: int = 50) -> list[Past]:
    """The person's past messages and her answers, the best first, at most `most`."""
    if not index.messages:
        return []
    shelf = index.message_shelf
    score = _score(shelf, question)
    pool = min(len(score), _POOL * most)
    rows = np.argpartition(-score, pool - 1)[:pool]
    rows = rows[np.lexsort((rows, -score[rows]))]
    found = score[rows] + _FOUND * shelf.likeness(rows, rows[:_FIRST]).max(axis=1)
    return [index.messages[row] for row in _spread(rows, found, shelf.sessions[rows], most)]


def _spread(rows: NDArray[np.intp], score: Scores, session: NDArray[np.int32], most: int) -> list[int]:
    """Rows by score, but what stands beside one already chosen, or is the third of its session, comes later.

    A question that needs several messages ("which instruments do I play?") finds them in several sessions.
    """
    left = score.copy()
    chosen: list[int] = []
    times: dict[int, int] = {}
    for _ in range(min(most, len(rows))):
        place = int(np.argmax(left))
        row = int(rows[place])
        chosen.append(row)
        left[np.abs(rows - row) == 1] -= _BESIDE
        times[int(session[place])] = said = times.get(int(session[place]), 0) + 1
        if said > _FREE:
            left[session == session[place]] -= _AGAIN
        left[place] = -np.inf
    return chosen


def within(memories: Sequence[Remembered], tokens: int) -> list[Remembered]:
    """As many of the first memories as a prompt has tokens for, in the order in which they were learnt."""
    texts = [memory.statement for memory in memories]
    return sorted(memories[: _fitting(texts, tokens)], key=lambda memory: memory.id)


def messages_within(messages: Sequence[Past], tokens: int, *, before_seq: int) -> list[Past]:
    """As many of the first messages as a prompt has tokens for, in the order in which they were said.

    Those from `before_seq` on stand in the prompt already, as the conversation itself.
    """
    older = [message for message in messages if message.seq < before_seq]
    texts = [message.text for message in older]
    return sorted(older[: _fitting(texts, tokens)], key=lambda message: message.seq)


def _fitting(texts: Sequence[str], tokens: int) -> int:
    """How many of the first texts fit."""
    left = tokens * _CHARACTERS_A_TOKEN
    for count, text in enumerate(texts):
        left -= len(text) + _FRAME
        if left < 0:
            return count
    return len(texts)


def _score(shelf: Shelf, question: Question) -> Scores:
    shared = shelf.lexical(question.terms)
    score = _NEAR * shared.near + _AROUND * shared.around + _SESSION * shared.session
    score += _MEANING * shelf.meaning(question.vector)
    score += _DAY * question.days.fit(shelf.moments)
    score += _ASKS * shelf.asks + _ANSWERS * shelf.after_question()
    if question.asks_when:
        score += _TELLS_TIME * shelf.tells_time
    if question.speaker:
        score += _SPEAKER * (shelf.by_mia == (question.speaker == "mia"))
    return np.asarray(score, dtype=np.float32)


def _speaker(said: str, used: Collection[str], names: Names, language: str) -> Literal["person", "mia"] | None:
    """Who is named, or means themselves; None when it is both or nobody."""
    known = lexicon(language)
    of_person = names_in(said, names.person)
    of_mia = names_in(said, names.mia)
    if of_person != of_mia:
        return "person" if of_person else "mia"
    if of_person:
        return None
    if any(word in known.i for word in used):
        return "person"
    return "mia" if any(word in known.you for word in used) else None
