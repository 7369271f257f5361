"""A message in the plain form that shapes are compared with, and the way back to the words as written."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_CLAUSE = frozenset(",;:،؛、，；：—–…")
"""Ends a part of a sentence."""
_SENTENCE = frozenset(".!?؟。！？।\n")
_QUOTES = frozenset("'’‘`´ʼ")
"""Stand inside words ("don't"), where people leave them out as often as not."""
_BARE = ("LATIN", "ARABIC")
"""Scripts whose marks people leave out; in others a mark makes another letter."""
_ALIKE = {"ı": "i", "ى": "ي", "ة": "ه", "ـ": "", "ß": "ss", "æ": "ae", "œ": "oe"}


@dataclass(frozen=True)
class Plain:
    """Lower case, no accents, single spaces; `,` and `.` stand for every mark that ends a clause or a sentence."""

    text: str
    written: str
    places: tuple[int, ...]
    """For each letter of `text` the place in `written` that it comes from."""

    def as_written(self, start: int, end: int) -> str:
        """The person's own words that `text[start:end]` comes from."""
        return self.written[self.places[start] : self.places[end - 1] + 1].strip() if start < end else ""


def plain(written: str) -> Plain:
    """Bring a message into plain form; a message of marks and pictures alone becomes empty."""
    written = unicodedata.normalize("NFC", written)
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(written):
        for letter in _plain_letters(character):
            before = letters[-1] if letters else ""
            if letter == " " and before in {" ", ""}:
                continue
            if letter in ",.":
                _end_clause(letters, places, letter, place)
            else:
                letters.append(letter)
                places.append(place)
    while letters and letters[-1] in " ,.":
        letters.pop()
        places.pop()
    return Plain("".join(letters), written, tuple(places))


def _end_clause(letters: list[str], places: list[int], mark: str, place: int) -> None:
    """Marks in a row, spaces among them, are one: the strongest. None stands at the beginning."""
    while letters and letters[-1] == " ":
        letters.pop()
        places.pop()
    if not letters:
        return
    if letters[-1] in ",.":
        letters[-1] = max(letters[-1], mark, key=",.".index)
    else:
        letters.append(mark)
        places.append(place)
    letters.append(" ")
    places.append(place)


@lru_cache(maxsize=8192)
def _plain_letters(character: str) -> str:
    """What one character is in plain form: nothing, a letter or two, a space, `,` or `.`."""
    if character in _SENTENCE:
        return "."
    if character in _CLAUSE:
        return ","
    if character in _QUOTES:
        return ""
    if character.isspace():
        return " "
    whole = unicodedata.normalize("NFKC", character).casefold()
    return "".join(_letter(letter) for letter in _unmarked(whole))


def _unmarked(text: str) -> str:
    """Without the marks that its script can do without, and without those that choose between pictures."""
    kept = []
    for letter in text:
        parts = unicodedata.normalize("NFKD", letter)
        bare = unicodedata.name(parts[0], "").startswith((*_BARE, "COMBINING", "VARIATION"))
        kept.append("".join(part for part in parts if unicodedata.category(part) != "Mn") if bare else letter)
    return "".join(kept)


def _letter(letter: str) -> str:
    if letter in _ALIKE:
        return _ALIKE[letter]
    kind = unicodedata.category(letter)[0]
    return letter if kind in "LNM" else ("" if kind == "C" else " ")
