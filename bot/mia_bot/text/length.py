"""How long a post is by X's count (twitter-text v3): most code points 1, CJK and emoji 2, links 23."""

import unicodedata

import regex

from mia_bot.text.links import find_links

LINK_LENGTH = 23

_PICTURE = r"[\p{Emoji_Presentation}\p{Extended_Pictographic}--[\u00A9\u00AE]]\uFE0F?\p{Emoji_Modifier}?"
_EMOJI = regex.compile(
    rf"\p{{RI}}\p{{RI}}|[0-9#*]\uFE0F?\u20E3|[\u00A9\u00AE]\uFE0F"
    rf"|{_PICTURE}(?:[\U000E0020-\U000E007E]++\U000E007F|(?:\u200D{_PICTURE})*+)",
    regex.VERSION1,
)
_LIGHT = regex.compile(r"[\u0000-\u10FF\u2000-\u200D\u2010-\u201F\u2032-\u2037]++")


def weighted_length(text: str) -> int:
    """The length that X holds against a post's limit, in linear time.

    Source of the figures: twitter-text's configuration v3, on the text's NFC form.
    """
    normal = unicodedata.normalize("NFC", text)
    total, at = 0, 0
    for link in find_links(normal):
        if link.shortened:
            total += _weight(normal[at : link.start]) + LINK_LENGTH
            at = link.end
    return total + _weight(normal[at:])


def _weight(text: str) -> int:
    """The weight of a text without links: an emoji of many code points weighs 2, like a CJK character."""
    rest, emoji = _EMOJI.subn("", text)
    light = sum(len(run) for run in _LIGHT.findall(rest))
    return 2 * emoji + 2 * len(rest) - light
