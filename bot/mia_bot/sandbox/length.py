"""How much of a long post X shows in `text`, and how long a post may be."""

import unicodedata

import regex

from mia_bot.text.length import LINK_LENGTH, weighted_length

__all__ = ["LINK_LENGTH", "POST_LENGTH", "PREMIUM_LENGTH", "cut_to_length", "weighted_length"]

POST_LENGTH = 280
PREMIUM_LENGTH = 25_000


def cut_to_length(text: str, limit: int = POST_LENGTH) -> str:
    """The longest start of the text that stays within the limit, without breaking a character."""
    if weighted_length(text) <= limit:
        return text
    used, kept = 0, []
    for grapheme in regex.findall(r"\X", unicodedata.normalize("NFC", text)):
        used += weighted_length(grapheme)
        if used > limit:
            break
        kept.append(grapheme)
    return "".join(kept)
