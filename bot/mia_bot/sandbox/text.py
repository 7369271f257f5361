"""What X finds in a text: names, tags, links, language."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from mia_bot.sandbox.records import Link, Mention, Person

_MENTION = re.compile(r"(?<![A-Za-z0-9_!#$%&*@＠])[@＠]([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@＠])")
_HASHTAG = re.compile(r"(?<![\w&])[#＃](\w*[^\W\d_]\w*)")
_CASHTAG = re.compile(r"(?<!\S)\$([A-Za-z]{1,6})(?![A-Za-z0-9_])")
_LINK = re.compile(r"(?<![\w@#$])https?://[^\s<>\"]+", re.IGNORECASE)
_STATUS_LINK = re.compile(r"https?://(?:www\.)?(?:x|twitter)\.com/\w+/status/(\d{1,19})", re.IGNORECASE)

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("iw", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_COMMON_WORDS = {
    "en": "the a is are you i my what do how and to of it hello hi",
    "de": "der die das ist ich du mein und nicht wie was ein eine hallo",
    "fr": "le la les est je tu mon ma et pas que un une bonjour",
    "es": "el los es yo mi que y no una cómo qué hola perra perro",
    "pt": "o os é eu meu minha que não uma como você olá",
    "it": "il gli è io mio mia che non una come ciao",
}
_LATIN = {language: frozenset(words.split()) for language, words in _COMMON_WORDS.items()}

Lookup = Callable[[str], Person | None]


def mentions(text: str, person_named: Lookup) -> tuple[Mention, ...]:
    """The people whom a text names; names that nobody has are plain text, as on X."""
    return tuple(_mentions(text, person_named))


def _mentions(text: str, person_named: Lookup) -> Iterator[Mention]:
    for match in _MENTION.finditer(text):
        if person := person_named(match[1]):
            yield Mention(start=match.start(), end=match.end(), person_id=person.id, username=person.username)


def posts_linked(text: str) -> tuple[int, ...]:
    """Ids of the posts whose addresses stand in a text."""
    return tuple(int(match[1]) for match in _STATUS_LINK.finditer(text))


def entities(text: str, named: tuple[Mention, ...] = (), links: tuple[Link, ...] = ()) -> dict[str, Any]:
    """X's `entities` object: empty lists are left out."""
    found: dict[str, list[dict[str, Any]]] = {
        "mentions": [
            {"start": m.start, "end": m.end, "username": m.username, "id": str(m.person_id)} for m in named
        ],
        "urls": _urls(text, links),
        "hashtags": _tags(_HASHTAG, text),
        "cashtags": _tags(_CASHTAG, text),
    }
    return {kind: items for kind, items in found.items() if items}


def language(text: str) -> str:
    """A guess at the language as X's `lang` gives it: by script, then by common words; "und" when unsure."""
    for code, script in _SCRIPTS:
        if script.search(text):
            return code
    words = set(re.findall(r"\w+", text.lower()))
    scores = {code: len(words & common) for code, common in _LATIN.items()}
    best = max(scores, key=lambda code: scores[code])
    return best if scores[best] else "und"


def _tags(pattern: re.Pattern[str], text: str) -> list[dict[str, Any]]:
    return [{"start": m.start(), "end": m.end(), "tag": m[1]} for m in pattern.finditer(text)]


def _urls(text: str, links: tuple[Link, ...]) -> list[dict[str, Any]]:
    short = {link.url: link for link in links}
    urls = []
    for match in _LINK.finditer(text):
        url = match[0].rstrip(".,;:!?)]}'\"…")
        link = short.get(url) or Link(url=url, expanded_url=url, display_url=_display(url))
        found = {"start": match.start(), "end": match.start() + len(url), **link.model_dump(exclude_none=True)}
        urls.append(found)
    return urls


def _display(url: str) -> str:
    bare = re.sub(r"^https?://(www\.)?", "", url, flags=re.IGNORECASE)
    return bare if len(bare) <= 27 else bare[:26] + "…"
