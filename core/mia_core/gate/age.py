"""Age: what people say of their own, by number, by year of birth, by school; and parents who write."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from mia_core.gate.heard import Heard, Sign

Band = Literal["child", "parent", "teen"]
"""Under 13; a grown-up who says that a child under 13 writes with her; 13 to 17. What weighs most comes first."""
_BANDS: tuple[Band, ...] = get_args(Band)
YOUNGEST, GROWN = 13, 18
"""Ages from which one may write with her, and from which one is an adult."""
_PLAUSIBLE = range(4, 100)


@dataclass(frozen=True)
class AgeSign:
    """What was said."""

    band: Band
    language: str
    minor_until: datetime
    """When a teenager is surely 18, at the youngest that they may be; for the other bands now."""


def age_in(heard: Heard, now: datetime) -> AgeSign | None:
    """The strongest sign of a person under 18; None when nothing is said, or that they are older."""
    if parents := heard.find("parent"):
        young = [sign for sign in parents if _number(sign, 0) < YOUNGEST]
        if young:
            return AgeSign("parent", young[0].language, now)
    signs = [_read(sign, now) for sign in heard.find("age")]
    return min((sign for sign in signs if sign), key=lambda sign: _BANDS.index(sign.band), default=None)


def _read(sign: Sign, now: datetime) -> AgeSign | None:
    if sign.name == "child":
        return AgeSign("child", sign.language, now)
    if sign.name == "teen":
        return AgeSign("teen", sign.language, _adult_at(YOUNGEST, now))
    age = _age(sign, now)
    if age not in _PLAUSIBLE or age >= GROWN:
        return None
    return AgeSign("child" if age < YOUNGEST else "teen", sign.language, _adult_at(age, now))


def _age(sign: Sign, now: datetime) -> int:
    """In years, the younger one where two are possible; -1 where it makes no sense."""
    number = _number(sign, -1)
    if sign.name == "soon":
        return number - 1
    if sign.name == "born":
        return now.year - number - 1 if number > 1900 else -1
    return number


def _number(sign: Sign, otherwise: int) -> int:
    return int(sign.part) if sign.part.isdecimal() else otherwise


def _adult_at(age: int, now: datetime) -> datetime:
    """When somebody of that age today is 18, at the latest."""
    return datetime(now.year + GROWN - age, 12, 31, tzinfo=UTC)
