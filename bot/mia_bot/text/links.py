"""Where a text holds links, as X sees them: with a protocol, or as a bare domain like `example.org`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import regex
from publicsuffixlist import PublicSuffixList

_LONGEST_LABEL = 63
_LONGEST_LINK = 4096

_HOST = r"[^\s!-,/:-@\[-^`{-~\uFEFF\uFFFE\uFFFF]++"
_BARE_LABEL = r"[\p{Latin}0-9\-]++"
_PATH = r"(?::[0-9]++)?(?:/[\p{Latin}\p{Cyrillic}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&()]*+)?"
_QUERY = r"(?:\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*+)?"
_CANDIDATE = regex.compile(
    rf"(?<![A-Za-z0-9])[a-z][a-z0-9+]*+://(?<host>{_HOST})?"
    rf"|(?<![\p{{Latin}}0-9\-])(?<bare>{_BARE_LABEL}(?:\.(?!{_BARE_LABEL}://){_BARE_LABEL})++)",
    regex.IGNORECASE,
)
_SHORTENED = regex.compile(r"https?://", regex.IGNORECASE)
_NOT_SHORTENED_AFTER = regex.compile(r"[@＠$#＃]")
_TAIL = regex.compile(_PATH + _QUERY, regex.IGNORECASE)
_UNKNOWN_TAIL = regex.compile(r"[\p{Latin}\p{Cyrillic}0-9!*';:=+,.$/%#\[\]\-_~@|&()?]*+")
_ASCII_WORD = regex.compile(r"[A-Za-z0-9\-]+")
_LOOSE_END = "!*';:,.%[]~|&$@?("


@dataclass(frozen=True)
class Link:
    """A link and where it stands: `text[start:end]`."""

    start: int
    end: int
    address: str
    shortened: bool
    """Whether X makes it a link of its own, which it counts as 23 characters whatever its length."""


def find_links(text: str) -> Iterator[Link]:
    """Every address in the text, in order.

    Those that X makes clickable are found by twitter-text's rules: a known top-level domain with nothing that
    continues the word behind it, labels of at most 63 characters, bare domains in Latin letters only. Others
    that name a protocol (`http://localhost`, `ftp://...`) are found as well, and are not `shortened`.
    """
    at = 0
    while candidate := _CANDIDATE.search(text, at):
        link = _bare(text, candidate) if candidate["bare"] else _with_protocol(text, candidate)
        if link:
            yield link
        at = link.end if link else candidate.end()


def _with_protocol(text: str, candidate: regex.Match[str]) -> Link:
    start = candidate.start()
    shortened = _SHORTENED.match(text, start) and not _NOT_SHORTENED_AFTER.match(text, max(start - 1, 0))
    if shortened and candidate["host"]:
        domain_end = _domain_end(text, *candidate.span("host"))
        end = _with_tail(text, domain_end) if domain_end else 0
        if 0 < end - start <= _LONGEST_LINK:
            return Link(start, end, text[start:end], shortened=True)
    protocol_end = text.index("//", start) + 2
    tail = _UNKNOWN_TAIL.match(text, protocol_end)
    end = _tightened(text, protocol_end, tail.end() if tail else protocol_end)
    return Link(start, end, text[start:end], shortened=False)


def _bare(text: str, candidate: regex.Match[str]) -> Link | None:
    start, stop = candidate.span("bare")
    host_start = start + len(candidate["bare"]) - len(candidate["bare"].lstrip("-"))
    domain_end = _domain_end(text, host_start, stop)
    if domain_end is None or _continues(text, start, host_start, domain_end):
        return None
    end = _with_tail(text, domain_end)
    return Link(host_start, end, text[host_start:end], shortened=True)


def _continues(text: str, start: int, host_start: int, domain_end: int) -> bool:
    """Whether a bare domain is the rest of something else, like `my_script.py` or an e-mail address.

    X takes it for a link all the same where other scripts or accents stand before it, or subdomains do.
    """
    if not text[host_start:domain_end].partition(".")[0].isascii():
        return False
    if start > 0 and text[start - 1] in "@$#/":
        return True
    joint = host_start - 1 if host_start > start else start - 1
    if joint < 0 or text[joint] not in "-_.":
        return False
    other_script = start > 0 and not text[start - 1 if host_start > start else max(start - 2, 0)].isascii()
    return not other_script and text.count(".", host_start, domain_end) == 1


def _domain_end(text: str, start: int, stop: int) -> int | None:
    """The end of the longest domain that begins at `start`; None if no top-level domain ends it."""
    found, begin = None, start
    for number, label in enumerate(text[start:stop].split(".")):
        if number and (end := _top_level_end(text, begin, begin + len(label))):
            found = end
        if not _is_label(label):
            break
        begin += len(label) + 1
    return found


def _top_level_end(text: str, begin: int, stop: int) -> int | None:
    """Where a label's top-level domain ends; text in another script may follow without a space."""
    word = _ASCII_WORD.match(text, begin, stop)
    end = word.end() if word else stop
    if text[end : end + 1] in {"@", "+"}:
        return None
    return end if _is_top_level(text[begin:end].lower()) else None


def _is_label(label: str) -> bool:
    if not 0 < len(label) <= _LONGEST_LABEL or label[0] == "-" or label[-1] == "-":
        return False
    try:
        return label.isascii() or bool(label.encode("idna"))
    except ValueError:
        return False


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=True)


@lru_cache(maxsize=4096)
def _is_top_level(label: str) -> bool:
    if not 1 < len(label) <= _LONGEST_LABEL:
        return False
    return label.startswith("xn--") or _suffixes().publicsuffix(f"x.{label}") is not None


def _with_tail(text: str, domain_end: int) -> int:
    tail = _TAIL.match(text, domain_end)
    return _tightened(text, domain_end, tail.end() if tail else domain_end)


def _tightened(text: str, start: int, end: int) -> int:
    """The end without the sentence's own punctuation and closing brackets."""
    surplus = text.count(")", start, end) - text.count("(", start, end)
    while end > start:
        if text[end - 1] == ")" and surplus > 0:
            surplus -= 1
        elif text[end - 1] not in _LOOSE_END:
            break
        elif text[end - 1] == "(":
            surplus += 1
        end -= 1
    return end
