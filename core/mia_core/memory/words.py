"""Words of a text in any script, as recall compares them: stems and forms; whom and what time they speak of."""

import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import regex
import Stemmer
from babel import Locale

_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}ー]+|[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*", regex.VERSION1
)
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー]+")
_CLITIC = regex.compile(r"['’](?:s|re|ve|ll|d|m|t)$")
_NOT = regex.compile(r"n['’]t\b|\bn['’]")
"""Contracted into the word beside it, where `words` leaves it out."""
_ELISION = regex.compile(r"^(?:l|d|j|m|t|s|c|n|qu|un|dell|all|nell|sull|dall)['’](?=\p{L})")
STEMMERS = {
    "en": "english",
    "es": "spanish",
    "pt": "portuguese",
    "fr": "french",
    "de": "german",
    "it": "italian",
    "hi": "hindi",
    "ar": "arabic",
    "tr": "turkish",
    "id": "indonesian",
}
"""Snowball's algorithm by language; Japanese and Korean are compared by pairs of characters."""
LANGUAGES = (*STEMMERS, "ja", "ko")


@dataclass(frozen=True)
class Lexicon:
    """What one language's words tell."""

    function: frozenset[str]
    no: frozenset[str]
    i: tuple[str, ...]
    you: frozenset[str]
    when: frozenset[str]
    time: frozenset[str]
    months: dict[str, int]
    """Name of a month -> 1 to 12."""


def language_of(tag: str | None) -> str:
    """The language of a BCP-47 tag if recall knows its words, else English."""
    language = (tag or "en").partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


def words(text: str) -> list[str]:
    """Words and numbers in lower case, without clitics and elided articles."""
    return [_ELISION.sub("", _CLITIC.sub("", word)) for word in _WORD.findall(text.casefold())]


def terms(text: str, language: str) -> list[str]:
    """What a text is searched by: of each word that carries meaning its stem, and its form with `=` before it.

    A form that is met exactly counts beside its stem; Chinese characters, kana and Hangul give pairs of them.
    `language` is one of `LANGUAGES`.
    """
    function = lexicon(language).function
    return [term for word in words(text) if word not in function for term in _terms(word, language)]


def without(text: str, names: Collection[str], instead: str = "") -> str:
    """The text with the speakers' names taken out: they stand in every greeting and say nothing of its meaning."""
    if not names:
        return text
    taken = _names(frozenset(names)).sub(instead, text)
    return regex.sub(r"\s+(?=[,.!?])|\s+(?=\s)", "", taken).strip(" ,")


def names_in(text: str, names: Collection[str]) -> bool:
    """Whether one of the names stands in the text."""
    return bool(names) and bool(_names(frozenset(names)).search(text))


def tells_time(said: Collection[str]) -> bool:
    """Whether words (as `words` gives them) say when something was, in any language."""
    known = _time_words()
    return any(word in known or (word.isdigit() and len(word) == 4) for word in said) or any(
        word in known for each in said if _UNSPACED.fullmatch(each) for word in _pieces(each)
    )


@cache
def lexicon(language: str) -> Lexicon:
    """The words of one of `LANGUAGES`."""
    listed = _listed()[language]
    return Lexicon(
        function=frozenset(listed["function"].split()),
        no=frozenset(listed["no"].split()),
        i=tuple(listed["i"].split()),
        you=frozenset(listed["you"].split()),
        when=frozenset(listed["when"].split()),
        time=frozenset(listed["time"].split()),
        months={name.casefold(): month for month, name in Locale.parse(language).months["format"]["wide"].items()},
    )


def negations(text: str) -> frozenset[str]:
    """The words that turn what is said into its opposite, in any of `LANGUAGES`."""
    known = frozenset[str]().union(*(lexicon(language).no for language in LANGUAGES))
    used = frozenset(words(text)) & known
    return used | {"not"} if _NOT.search(text.casefold()) else used


def _terms(word: str, language: str) -> Iterator[str]:
    if _UNSPACED.fullmatch(word):
        yield from (word[at : at + 2] for at in range(max(len(word) - 1, 1)))
        return
    yield f"={word}"
    yield _stemmer(language).stemWord(word) if language in STEMMERS else word


def _pieces(word: str) -> Iterator[str]:
    """Every stretch of two to four characters, for scripts without spaces."""
    return (word[at : at + size] for size in (2, 3, 4) for at in range(len(word) - size + 1))


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(STEMMERS[language])


@lru_cache(maxsize=1024)
def _names(names: frozenset[str]) -> regex.Pattern[str]:
    listed = "|".join(regex.escape(name) for name in sorted(names, key=len, reverse=True))
    return regex.compile(rf"@?\b(?:{listed})\b(?:['’]s)?", regex.IGNORECASE)


@cache
def _time_words() -> frozenset[str]:
    days = {
        day.casefold() for language in LANGUAGES for day in Locale.parse(language).days["format"]["wide"].values()
    }
    return frozenset(days).union(*(lexicon(each).time | lexicon(each).months.keys() for each in LANGUAGES))


@cache
def _listed() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("mia_core.memory.lexicon") / "words.toml").read_text(encoding="utf-8"))
