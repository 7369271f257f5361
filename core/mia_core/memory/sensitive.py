"""The sensitive-category gate's own eyes: words that tell that a statement is of a kind not to be kept unasked."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import get_args

import regex

from mia_core.xai.answer import Category

_LETTER = r"[\p{L}\p{M}\p{N}]"
_SCRIPTS_WITHOUT_WORDS = frozenset({"ja", "ko"})


def category_of(statement: str) -> Category:
    """The sensitive category that the statement's words tell of, in any supported language; `none` if they do not.

    Words are a net with meshes of some size: what it lets through, the model's own judgement may still catch.
    """
    text = statement.casefold().replace("’", "'")
    return next((category for category, words in _nets().items() if words.search(text)), "none")


@cache
def _nets() -> dict[Category, "regex.Pattern[str]"]:
    source = files("mia_core.memory.lexicon") / "sensitive.toml"
    listed: dict[str, dict[str, str]] = tomllib.loads(source.read_text(encoding="utf-8"))
    return {category: _net(listed[category]) for category in get_args(Category) if category != "none"}


def _net(listed: dict[str, str]) -> "regex.Pattern[str]":
    """One pattern for all languages: whole words, and anywhere in a text for scripts without spaces."""
    unspaced = {word for language in _SCRIPTS_WITHOUT_WORDS for word in listed[language].split()}
    anywhere = {word for word in unspaced if not word.isascii()}
    spaced = {word for words in listed.values() for word in words.split()} - anywhere
    whole, inside = ("|".join(sorted(map(_pattern, words))) for words in (spaced, anywhere))
    return regex.compile(rf"(?<!{_LETTER})(?:{whole})(?!{_LETTER})|{inside}")


def _pattern(word: str) -> str:
    return regex.escape(word.casefold()).replace(r"\*", f"{_LETTER}*").replace("_", r"\s+")
