"""How long a post is by X's count (twitter-text v3): most code points 1, CJK and emoji 2, links 23.

Only links that name their protocol count as links here; X also sees one in a bare `example.org`.
"""

import unicodedata
from urllib.parse import urlsplit

import regex

POST_LENGTH = 280
PREMIUM_LENGTH = 25_000
LINK_LENGTH = 23

_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_EMOJI = regex.compile(r"\p{RI}|\p{Emoji_Presentation}|\p{Extended_Pictographic}|[0-9#*]\uFE0F?\u20E3")
_LINK = regex.compile(r"(?<![\w@#$])https?://[^\s<>\"]+", regex.IGNORECASE)


def weighted_length(text: str) -> int:
    """The length that X holds against its limit of 280."""
    normal = unicodedata.normalize("NFC", text)
    links = [link for link in _LINK.findall(normal) if _has_host(link)]
    rest = _LINK.sub(lambda match: "" if _has_host(match[0]) else match[0], normal)
    return LINK_LENGTH * len(links) + sum(_weight(g) for g in regex.findall(r"\X", rest))


def cut_to_length(text: str, limit: int = POST_LENGTH) -> str:
    """The longest start of the text that stays within the limit, without breaking a character."""
    if weighted_length(text) <= limit:
        return text
    used, kept = 0, []
    for grapheme in regex.findall(r"\X", unicodedata.normalize("NFC", text)):
        used += _weight(grapheme)
        if used > limit:
            break
        kept.append(grapheme)
    return "".join(kept)


def _has_host(link: str) -> bool:
    """Whether the link's host can exist: a label has at most 63 characters in its ASCII form."""
    try:
        labels = (urlsplit(link).hostname or "").split(".")
        return len(labels) > 1 and all(label.encode("idna") for label in labels)
    except ValueError:
        return False


def _weight(grapheme: str) -> int:
    if ord(grapheme[0]) > 0xFF and _EMOJI.match(grapheme):
        return 2
    if "\u20e3" in grapheme:
        return 2
    return sum(1 if any(low <= ord(c) <= high for low, high in _LIGHT) else 2 for c in grapheme)
