"""What a reply may not hold on X: names of third people, links that nobody allowed, a second cashtag."""

from collections.abc import Callable, Collection

import regex

from mia_bot.text.links import find_links

# A mention by twitter-text's rules: no word character or one of !#$%&* before the sign, or "RT".
_MENTION = regex.compile(
    r"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?<=(?:^|[^A-Za-z0-9_+~.\-])rt))[@＠]+(?=(?<name>[A-Za-z0-9_]++))",
    regex.IGNORECASE,
)
_CASHTAG = regex.compile(r"(?<![\w$])\$++(?=[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?![A-Za-z0-9]))")
_LINE_BREAK = regex.compile(r"\r\n?|[\u2028\u2029\v\f\x85]")
_UNSENDABLE = regex.compile(r"[\p{Cc}\p{Cs}\uFEFF\uFFFE\uFFFF--\n]", regex.VERSION1)
_TRAILING_SPACE = regex.compile(r"(?<![^\S\n])[^\S\n]++(?=\n|\Z)")
_MISSED_SPACE = regex.compile(r"\p{L}++\.\p{Lu}\p{Ll}++")
_BRACKETS = {"(": ")", "[": "]", "<": ">", "{": "}"}


def clean(reply: str, *, may_name: Collection[str], may_link: Callable[[str], bool]) -> str:
    """The reply as it may go out; empty if nothing of it may. Cleaning twice changes nothing more.

    The @ before a name that is not in `may_name` (without @, any case) is dropped, so that nobody is notified;
    e-mail addresses stay. A link that `may_link` refuses, given its address as it is written, is taken out with
    the spaces around it; a sentence end without its space ("Yes.So"), which X takes for a domain, gets the space
    instead. Only the first cashtag keeps its $.
    Control characters go, except line breaks.
    """
    names = {name.casefold() for name in may_name}
    text = _plain(reply)
    # Taking something out can join what is left to a new name or link, so until nothing more is found.
    while (cleaned := _squeezed(_one_cashtag(_without_links(_without_names(text, names), may_link)))) != text:
        text = cleaned
    return text


def _plain(text: str) -> str:
    return _UNSENDABLE.sub("", _LINE_BREAK.sub("\n", text).replace("\t", " "))


def _without_names(text: str, names: Collection[str]) -> str:
    return _MENTION.sub(lambda found: found[0] if found["name"].casefold() in names else "", text)


def _without_links(text: str, may_link: Callable[[str], bool]) -> str:
    kept, at = [], 0
    for link in find_links(text):
        if may_link(link.address):
            continue
        if _MISSED_SPACE.fullmatch(link.address):
            kept += [text[at : link.start], link.address.replace(".", ". ")]
            at = link.end
        else:
            start, end = _surroundings(text, link.start, link.end)
            kept.append(text[at : max(at, start)])
            at = max(at, end)
    return "".join([*kept, text[at:]])


def _surroundings(text: str, start: int, end: int) -> tuple[int, int]:
    """The link with brackets that hold nothing else, and with the spaces that would be left over."""
    while start > 0 and end < len(text) and _BRACKETS.get(text[start - 1]) == text[end]:
        start, end = start - 1, end + 1
    while start > 0 and text[start - 1] == " ":
        start -= 1
    while (start == 0 or text[start - 1] == "\n") and text[end : end + 1] == " ":
        end += 1
    return start, end


def _one_cashtag(text: str) -> str:
    first = _CASHTAG.search(text)
    return text[: first.end()] + _CASHTAG.sub("", text[first.end() :]) if first else text


def _squeezed(text: str) -> str:
    return regex.sub(r"\n{3,}", "\n\n", _TRAILING_SPACE.sub("", text)).strip()
