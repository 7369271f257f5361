"""What somebody wrote, taken apart once for all that the gate looks for, in every supported language."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import get_args
from unicodedata import name

from mia_core.gate.sense import Certainty, Form, Task, form_of, weights
from mia_core.gate.signs import FinderName, Found, Signs, WholeName, all_signs
from mia_core.memory.embed import Embedder, Vectors
from mia_core.wishes.phrases import LANGUAGES
from mia_core.wording.plain import plain

SENTENCE = re.compile(r"(?<![0-9])\. ")
"""Between sentences of a plain text; a number's stop ("the 3. grade", "3.5.2015") ends none."""
_BREAK = re.compile(r"(?<=[.!?…\n])\s+|(?<=[。！？।])")
"""Between sentences as they are written."""
_SCRIPTS = {"LATIN": 1, "ARABIC": 1, "DEVANAGARI": 1, "CJK": 2, "HIRAGANA": 2, "KATAKANA": 2, "HANGUL": 2}
_CERTAIN: tuple[Certainty, ...] = get_args(Certainty)
_LEAST = 12
"""Letters from which on a text has a meaning of its own that can be weighed; in shorter ones, phrases tell."""
_HANDLE = re.compile(r"(?<!\w)@\w{1,30}")
"""Whom a post mentions: no part of what it says."""
_LONGEST_WHOLE = 400
"""Characters of a message that can be a phrase as a whole; a longer one is a story."""
_PIECE, _LONGEST_PIECE, _MOST_PIECES = 240, 1_000, 16
"""Characters of sentences that are weighed together (a few words weigh nothing in a long story), of one without an
end, and pieces of a turn that are weighed at all."""


@dataclass(frozen=True)
class Sign:
    """Something that was found."""

    name: str
    part: str = ""
    language: str = ""
    """In whose phrases it was found; empty where the sense alone tells."""


class Heard:
    """The texts of one turn."""

    def __init__(self, texts: Sequence[str], language: str | None, vectors: Vectors | None = None) -> None:
        """`language`: the one that is tried first (BCP-47), for words that mean something in two of them.

        `vectors`: one row for each of `pieces(texts)`.
        """
        self._messages = [_plain(text) for text in texts]
        self._texts = texts
        self._vectors = vectors
        first = (language or "en").partition("-")[0].lower()
        self._signs = all_signs(*([first] if first in LANGUAGES else []))
        self._found: dict[FinderName, list[Sign]] = {}

    def find(self, name: FinderName) -> list[Sign]:
        """What each language's finder of that name sees first, in the order of the languages."""
        if name not in self._found:
            self._found[name] = [sign for signs in self._signs if (sign := self._find(name, signs))]
        return self._found[name]

    def _find(self, name: FinderName, signs: Signs) -> Sign | None:
        finder = signs.finders[name]
        for message in self._messages:
            if not signs.may_hold(message):
                continue
            said = signs.in_digits(message) if finder.of_numbers else message
            # the whole first, which is one look for most messages
            if finder.may_be_in(said) and (found := finder.find(SENTENCE.split(said))):
                return _sign(found, signs)
        return None

    def whole(self, name: WholeName) -> Sign | None:
        """The first message that is, as a whole, a phrase of that name."""
        return next((sign for sign in self._wholes if sign.name == name), None)

    @cached_property
    def _wholes(self) -> list[Sign]:
        return [
            _sign(found, signs)
            for message in self._messages
            if len(message) <= _LONGEST_WHOLE
            for signs in self._signs
            if (found := signs.whole.match(message))
        ]

    def sensed(self, task: Task) -> Certainty:
        """How surely the texts are about that, by what they mean; without vectors nothing is sensed."""
        if self._vectors is None:
            return "none"
        known = weights(task)
        weighed = zip(self._forms, self._vectors, strict=True)
        return max(
            (known.weigh(form, vector) for form, vector in weighed if form), key=_CERTAIN.index, default="none"
        )

    @cached_property
    def _forms(self) -> list[Form | None]:
        plain_pieces = (_plain(piece) for piece in pieces(self._texts))
        return [form_of(piece) if _room(piece) >= _LEAST else None for piece in plain_pieces]


async def listen(texts: Sequence[str], language: str | None, embedder: Embedder) -> Heard:
    """Take texts apart, with what they mean."""
    return Heard(texts, language, await embedder.embed(pieces(texts)))


def pieces(texts: Sequence[str]) -> list[str]:
    """What is weighed of texts, each by itself: whole sentences, as many as have room together."""
    return list(islice(_all_pieces(texts), _MOST_PIECES))


def _all_pieces(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        piece = ""
        for sentence in _BREAK.split(text):
            if piece and len(piece) + len(sentence) >= _PIECE:
                yield piece[:_LONGEST_PIECE]
                piece = ""
            piece = f"{piece} {sentence}".strip()
        if piece:
            yield piece[:_LONGEST_PIECE]


def _room(text: str) -> int:
    """Letters, those that stand for a syllable or a word twice, less those of a script that was not learnt."""
    return sum(_weight(letter) for letter in text if letter.isalpha())


@lru_cache(maxsize=8192)
def _weight(letter: str) -> int:
    script = name(letter, "").partition(" ")[0]
    return _SCRIPTS.get(script, -1)


def _plain(text: str) -> str:
    return plain(_HANDLE.sub(" ", text)).text


def _sign(found: Found, signs: Signs) -> Sign:
    return Sign(found.name, found.part, signs.language)
