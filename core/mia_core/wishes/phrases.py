"""The phrase books: how wishes are worded, one file a language, read once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict

from mia_core.wishes.values import Answered, CommandName
from mia_core.wording.expression import Expression, captured, compiled, either, name_of, named
from mia_core.wording.plain import Plain, plain

LANGUAGES = ("en", "es", "pt", "fr", "de", "it", "ja", "ko", "hi", "ar", "tr", "id")
"""Those with a phrase book, which are all that are supported; in others, wishes are left to the model."""
_MOST_POLITE = 6
"""Greetings, names and pleases that may stand before a wish, and after it."""


class _Phrases(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    example: str
    shapes: tuple[str, ...]


class _Book(BaseModel):
    """A file as it is written; `mia_core.wording.shape` says how shapes are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: tuple[str, ...]
    after: tuple[str, ...]
    nothing: tuple[str, ...]
    everything: tuple[str, ...]
    says_yes: str
    says_yes_named: str
    yes: tuple[str, ...]
    yes_named: tuple[str, ...]
    no: tuple[str, ...]
    lists: dict[str, str]
    commands: dict[CommandName, _Phrases]


@dataclass(frozen=True)
class Match:
    """What a message was found to be."""

    name: CommandName | Answered
    about: str


class Phrasebook:
    """One language's wordings, ready to be compared with messages."""

    def __init__(self, language: str, book: _Book) -> None:
        self.language = language
        self.examples: Mapping[CommandName, str] = {name: book.commands[name].example for name in book.commands}
        """For each command a wording that is understood, for people to read."""
        self.says_yes = book.says_yes
        self.says_yes_named = book.says_yes_named
        self._in_latin_letters = plain(book.says_yes).text.isascii()
        self._polite = compiled(_some(either(book.before + book.after, book.lists)))
        self._everything = compiled(either(book.everything, book.lists))
        self._nothing = compiled(either(book.nothing, book.lists))
        self.around = (
            _some(either(book.before, book.lists)),
            rf"(?:[,.]?(?:{either(book.after, book.lists)})){{0,{_MOST_POLITE}}}",
        )
        """Expressions for the greetings and pleases that may stand before a wish, and after it."""
        shapes = {name: book.commands[name].shapes for name in get_args(CommandName) if name in book.commands}
        self._commands = _whole(shapes, self.around, book.lists)
        answers = {"yes_named": book.yes_named, "yes": book.yes, "no": book.no}
        self._answers = _whole({name: answers[name] for name in get_args(Answered)}, self.around, book.lists)

    def may_hold(self, message: Plain) -> bool:
        """Whether the message could be of this language, by its letters."""
        return self._in_latin_letters or not message.text.isascii()

    def command(self, message: Plain) -> Match | None:
        """The command that the whole message amounts to."""
        found = self._commands.fullmatch(message.text)
        about = _about(found, message) if found else None
        if found is None or about is None or self._nothing.fullmatch(plain(about).text):
            return None
        name = name_of(found)
        whole = name == "forget_about" and self.everything(about)
        return Match("forget_all", "") if whole else Match(name, about)

    def answer(self, message: Plain) -> Match | None:
        """Yes or no, when that is the whole message."""
        found = self._answers.fullmatch(message.text)
        return Match(name_of(found), "") if found else None

    def polite(self, message: Plain) -> bool:
        """Whether it is a greeting or a please and nothing more."""
        return not message.text or bool(self._polite.fullmatch(message.text))

    def everything(self, about: str) -> bool:
        """Whether a topic stands for all there is."""
        return bool(self._everything.fullmatch(plain(about).text))


@cache
def phrasebook(language: str) -> Phrasebook:
    """The phrase book of a supported language, built at its first use, in some thirty milliseconds."""
    file = resources.files("mia_core.wishes") / "phrasebook" / f"{language}.toml"
    return Phrasebook(language, _Book.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))))


def phrasebooks(*first: str) -> list[Phrasebook]:
    """All phrase books, those of the languages named first before the others."""
    return [phrasebook(language) for language in dict.fromkeys((*first, *LANGUAGES))]


def _some(pieces: str) -> str:
    """A few of the pieces in a row. The bound keeps the time to see that nothing fits short for any message."""
    return rf"(?:(?:{pieces})[,.]?){{0,{_MOST_POLITE}}}"


def _whole(shapes: Mapping[str, tuple[str, ...]], around: tuple[str, str], lists: Mapping[str, str]) -> Expression:
    """Any of the shapes, with greetings and pleases around it; the group that has matched says which name's."""
    before, after = around
    return compiled(rf"{before}(?:{named(shapes, lists)}){after}")


def _about(found: Any, message: Plain) -> str | None:
    """The topic as it was written: empty where the shape has none, None when it goes on into another sentence."""
    start, end = captured(found) or (0, 0)
    return None if ". " in message.text[start:end] else message.as_written(start, end)
