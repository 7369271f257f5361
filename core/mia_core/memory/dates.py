"""The days that a question names, and how well the moments of messages fit them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import regex
from numpy.typing import NDArray

from mia_core.memory.words import lexicon, words

_YEAR = regex.compile(r"(?:19|20)\d\d")
_DAY = regex.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|\.|日|일)?")
_NUMBERED = regex.compile(r"(?:((?:19|20)\d\d)[年년]\s*)?(\d{1,2})[月월](?:\s*(\d{1,2})[日일])?")
_ISO = regex.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_YEAR_WEIGHT = 0.3
"""Of a year alone; a month counts 1, and the very day 1 more."""
_AMBIGUOUS = frozenset({"may", "march", "mart", "mars", "mai", "set"})
"""Names of months that are common words too: they count only beside a number or after a word like `in`."""
_BEFORE_MONTH = frozenset(
    {"in", "en", "em", "im", "of", "de", "di", "last", "this", "since", "early", "late", "mid"}
)


@dataclass(frozen=True)
class Days:
    """Parts of dates that a question names; an empty one fits nothing."""

    years: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()

    def fit(self, moments: "Moments") -> NDArray[np.float32]:
        """For each moment 0 (nothing in common) to 2.3 (the very day)."""
        fits = np.zeros(len(moments.months), dtype=np.float32)
        if self.years:
            fits += np.float32(_YEAR_WEIGHT) * np.isin(moments.years, list(self.years))
        if self.months:
            month = np.isin(moments.months, list(self.months))
            fits += month
            if self.days:
                fits += month & np.isin(moments.days, list(self.days))
        return fits


@dataclass(frozen=True)
class Moments:
    """Years, months and days of messages, as columns of one length."""

    years: NDArray[np.int16]
    months: NDArray[np.int8]
    days: NDArray[np.int8]


def days_in(question: str, language: str, now: datetime) -> Days:
    """The days that a question names: "in May", "on 3 May 2026", "2026-05-03", 「5月3日」, "yesterday".

    `language` is one of `mia_core.memory.words.LANGUAGES`.
    """
    if found := _ISO.search(question):
        return _one(date(*(int(part) for part in found.groups()))) if _is_date(found.groups()) else Days()
    if found := _NUMBERED.search(question):
        year, month, day = (frozenset([int(part)]) if part else frozenset[int]() for part in found.groups())
        return Days(year, month, day)
    said = words(question)
    if relative := _relative(said, now):
        return relative
    numbers = {int(found[1]) for word in said if (found := _DAY.fullmatch(word)) and 1 <= int(found[1]) <= 31}
    months = _months(said, language, bool(numbers))
    return Days(
        years=frozenset(int(word) for word in said if _YEAR.fullmatch(word)),
        months=months,
        days=frozenset(numbers) if months else frozenset(),
    )


def _months(said: Sequence[str], language: str, numbered: bool) -> frozenset[int]:
    known = lexicon("en").months | lexicon(language).months
    found = set()
    for place, word in enumerate(said):
        before = said[place - 1] if place else ""
        if word in known and (word not in _AMBIGUOUS or numbered or before in _BEFORE_MONTH):
            found.add(known[word])
    return frozenset(found)


def _relative(said: Sequence[str], now: datetime) -> Days | None:
    """The day of "yesterday" and "today", in the languages in which one word says so."""
    for word in said:
        if word in _DAYS_AGO:
            return _one((now - timedelta(days=_DAYS_AGO[word])).date())
    return None


def _one(day: date) -> Days:
    return Days(frozenset([day.year]), frozenset([day.month]), frozenset([day.day]))


def _is_date(parts: Sequence[str]) -> bool:
    try:
        date(*(int(part) for part in parts))
    except ValueError:
        return False
    return True


_DAYS_AGO = {
    "yesterday": 1,
    "ayer": 1,
    "ontem": 1,
    "hier": 1,
    "gestern": 1,
    "ieri": 1,
    "dün": 1,
    "kemarin": 1,
    "أمس": 1,
    "昨日": 1,
    "어제": 1,
}
