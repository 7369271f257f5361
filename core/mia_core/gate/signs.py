"""The signs that the gate knows of a language: its phrase file, ready to be found in what somebody writes."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict

from mia_core.wishes.phrases import LANGUAGES, phrasebook
from mia_core.wording.expression import captured, compiled, name_of, named
from mia_core.wording.plain import plain

_END = r"(?:[,.]|$)"
_BOUND = "(?:[,. ]|$)"
_WORD = re.compile(r"[^ ,.]+")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Stop(_Table):
    whole: tuple[str, ...]
    anywhere: tuple[str, ...]
    cancelled: tuple[str, ...]


class _Start(_Table):
    example: str
    whole: tuple[str, ...]


class _Crisis(_Table):
    attempt: tuple[str, ...]
    plan: tuple[str, ...]
    wish: tuple[str, ...]
    cancelled: tuple[str, ...]


class _Age(_Table):
    now: tuple[str, ...]
    soon: tuple[str, ...]
    born: tuple[str, ...]
    child: tuple[str, ...]
    teen: tuple[str, ...]
    parent: tuple[str, ...]
    cancelled: tuple[str, ...]


class _Goodbye(_Table):
    whole: tuple[str, ...]
    clinging: tuple[str, ...]


class _Human(_Table):
    claimed: tuple[str, ...]
    cancelled: tuple[str, ...]


class _Abuse(_Table):
    slur: tuple[str, ...]
    injection: tuple[str, ...]


class _Language(_Table):
    wanted: tuple[str, ...]
    any: tuple[str, ...]


class _File(_Table):
    """A file as it is written; `mia_core.wording.shape` says how shapes are."""

    spaces: bool
    numbers: dict[str, int]
    lists: dict[str, str]
    stop: _Stop
    start: _Start
    crisis: _Crisis
    age: _Age
    goodbye: _Goodbye
    human: _Human
    abuse: _Abuse
    language: _Language


FinderName = Literal["stop", "crisis", "parent", "age", "clinging", "human", "abuse"]
WholeName = Literal["stop", "start", "goodbye", "any_language", "language"]


@dataclass(frozen=True)
class Found:
    """A sign that was found."""

    name: str
    """Of the kind of shapes that matched."""
    part: str = ""
    """What the shape captured, in plain form: a number, a topic."""


class Finder:
    """Looks for some kinds of phrases of one language in sentences, but for those that say that it is not so."""

    def __init__(
        self,
        kinds: Mapping[str, Sequence[str]],
        cancelled: Sequence[str],
        file: _File,
        *,
        of_numbers: bool = False,
        ends: bool = False,
    ) -> None:
        """`ends`: a phrase counts only where a clause ends after it, or goes on with a word of the list `ends`.

        `of_numbers`: number words are to be digits in what it is given.
        """
        self.of_numbers = of_numbers
        bound = _BOUND if file.spaces else ""
        after = _after_clause(file.lists.get("ends", "")) if ends else bound
        self._kinds = [
            (name, compiled(rf"(?:{named({name: shapes}, file.lists, spaced=file.spaces)}){after}"))
            for name, shapes in kinds.items()
            if shapes
        ]
        either = named({"cancelled": cancelled}, file.lists, spaced=file.spaces)
        self._cancelled = compiled(rf"(?:{either}){bound}") if cancelled else None

    def may_be_in(self, message: str) -> bool:
        """Whether any of its phrases stands in a message, whatever its sentences say; one look for each kind."""
        return any(expression.search(message) for _, expression in self._kinds)

    def find(self, sentences: Sequence[str]) -> Found | None:
        """The first kind, in the order in which they were given, that any of the sentences shows."""
        told = [text for text in sentences if self._cancelled is None or not self._cancelled.search(text)]
        for name, expression in self._kinds:
            for text in told:
                if found := expression.search(text):
                    start, end = captured(found) or (0, 0)
                    return Found(name, text[start:end])
        return None


class Whole:
    """Recognizes whole messages of one language, whatever greetings and pleases stand around them."""

    def __init__(self, language: str, kinds: Mapping[str, Sequence[str]], file: _File) -> None:
        before, after = phrasebook(language).around
        self._expression = compiled(rf"{before}(?:{named(kinds, file.lists, spaced=file.spaces)}){after}")

    def match(self, message: str) -> Found | None:
        """The kind that the whole message, in plain form, amounts to."""
        found = self._expression.fullmatch(message)
        if not found:
            return None
        start, end = captured(found) or (0, 0)
        return Found(name_of(found), message[start:end])


class Signs:
    """All that the gate listens for in one language."""

    def __init__(self, language: str, file: _File) -> None:
        self.language = language
        self.whole = Whole(
            language,
            {
                "stop": file.stop.whole,
                "start": file.start.whole,
                "goodbye": file.goodbye.whole,
                "any_language": file.language.any,
                "language": file.language.wanted,
            },
            file,
        )
        crisis = {"attempt": file.crisis.attempt, "plan": file.crisis.plan, "wish": file.crisis.wish}
        ages = {
            "soon": file.age.soon,
            "now": file.age.now,
            "born": file.age.born,
            "child": file.age.child,
            "teen": file.age.teen,
        }
        abuse = {"slur": file.abuse.slur, "injection": file.abuse.injection}
        self.finders: Mapping[FinderName, Finder] = {
            "stop": Finder({"stop": file.stop.anywhere}, file.stop.cancelled, file),
            "crisis": Finder(crisis, file.crisis.cancelled, file),
            "parent": Finder({"parent": file.age.parent}, (), file, of_numbers=True),
            "age": Finder(ages, file.age.cancelled, file, of_numbers=True, ends=True),
            "clinging": Finder({"clinging": file.goodbye.clinging}, (), file),
            "human": Finder({"human": file.human.claimed}, file.human.cancelled, file),
            "abuse": Finder(abuse, (), file),
        }
        self._spaced = file.spaces
        words = {plain(word).text: number for word, number in file.numbers.items()}
        self._numbers = words if file.spaces else {}
        self._number_signs = {} if file.spaces else words

    def may_hold(self, message: str) -> bool:
        """Whether a message in plain form could be of this language, by its letters."""
        return self._spaced or not message.isascii()

    def in_digits(self, sentence: str) -> str:
        """A text with its number words as digits."""
        if self._numbers:
            return _WORD.sub(lambda word: str(self._numbers.get(word[0], word[0])), sentence)
        for word in sorted(self._number_signs, key=len, reverse=True):
            sentence = sentence.replace(word, str(self._number_signs[word]))
        return sentence


def _after_clause(goes_on: str) -> str:
    """The end of a clause, or one of these words."""
    words = "|".join(re.escape(plain(word).text) for word in goes_on.split("|") if word)
    return rf"(?:{_END}| (?:{words}){_BOUND})" if words else _END


@cache
def signs(language: str) -> Signs:
    """The signs of a supported language, built at their first use, in two to four tenths of a second."""
    file = resources.files("mia_core.gate") / "phrases" / f"{language}.toml"
    return Signs(language, _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))))


def all_signs(*first: str) -> list[Signs]:
    """The signs of every language, those of the languages named first before the others."""
    return [signs(language) for language in dict.fromkeys((*first, *LANGUAGES))]
