"""What somebody wrote, taken apart once for all that the gate looks for, in every supported language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mia_core.gate.signs import FinderName, Found, Signs, WholeName, all_signs
from mia_core.wishes.phrases import LANGUAGES
from mia_core.wording.plain import plain

_SENTENCE = ". "
_HANDLE = re.compile(r"(?<!\w)@\w{1,30}")
"""Whom a post mentions: no part of what it says."""
_LONGEST_WHOLE = 400
"""Characters of a message that can be a phrase as a whole; a longer one is a story."""


@dataclass(frozen=True)
class Sign:
    """Something that was found, and the language that it was found in."""

    name: str
    part: str
    language: str


class Heard:
    """The texts of one turn."""

    def __init__(self, texts: Sequence[str], language: str | None) -> None:
        """`language`: the one that is tried first (BCP-47), for words that mean something in two of them."""
        self._messages = [plain(_HANDLE.sub(" ", text)).text for text in texts]
        first = (language or "en").partition("-")[0].lower()
        self._signs = all_signs(*([first] if first in LANGUAGES else []))
        self._found: dict[FinderName, list[Sign]] = {}

    def find(self, name: FinderName) -> list[Sign]:
        """What each language's finder of that name sees first, in the order of the languages."""
        if name not in self._found:
            self._found[name] = [sign for signs in self._signs if (sign := self._find(name, signs))]
        return self._found[name]

    def _find(self, name: FinderName, signs: Signs) -> Sign | None:
        finder = signs.finders[name]
        for message in self._messages:
            if not signs.may_hold(message):
                continue
            said = signs.in_digits(message) if finder.of_numbers else message
            # the whole first, which is one look for most messages
            if finder.may_be_in(said) and (found := finder.find(said.split(_SENTENCE))):
                return _sign(found, signs)
        return None

    def whole(self, name: WholeName) -> Sign | None:
        """The first message that is, as a whole, a phrase of that name."""
        return next((sign for sign in self._wholes if sign.name == name), None)

    @cached_property
    def _wholes(self) -> list[Sign]:
        return [
            _sign(found, signs)
            for message in self._messages
            if len(message) <= _LONGEST_WHOLE
            for signs in self._signs
            if (found := signs.whole.match(message))
        ]


def _sign(found: Found, signs: Signs) -> Sign:
    return Sign(found.name, found.part, signs.language)
