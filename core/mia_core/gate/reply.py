"""What she must not say, whatever the model wrote: that she is human, words that cling, words that wound."""

from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import regex

from mia_core.gate.heard import Heard
from mia_core.texts.fixed import Name, fixed_text

Fault = Literal["human", "clinging", "slur", "crisis"]
_SENTENCES = regex.compile(r"(?<=[.!?…。！？؟।])\s+|(?<=[。！？])|\n+")
_FAREWELLS: tuple[Name, ...] = ("farewell_1", "farewell_2", "farewell_3")


@dataclass(frozen=True)
class Mended:
    """A reply that may be said."""

    text: str
    faults: tuple[Fault, ...] = ()
    """What stood in it before."""


def mended(reply: str, language: str | None, *, goodbye: bool, event_id: str) -> Mended:
    """The reply without sentences that claim to be human; another one in its place where it clings or wounds.

    `event_id` picks one of the farewells, so that the same turn taken twice says the same.
    """
    if _fault(reply, goodbye=goodbye) is None:
        return Mended(reply)
    faults = _faults(reply, goodbye=goodbye)
    if not faults:
        return Mended(reply)
    found: tuple[Fault, ...] = tuple(dict.fromkeys(faults.values()))
    if {"slur", "crisis"} & set(found):
        return Mended(fixed_text("refused", language), found)
    kept = " ".join(part for part in _parts(reply) if part not in faults)
    if "clinging" in found:
        farewell = _FAREWELLS[crc32(event_id.encode()) % len(_FAREWELLS)]
        return Mended(fixed_text(farewell, language), found)
    honest = fixed_text("honest", language)
    return Mended(f"{honest} {kept}".strip(), found)


def _faults(reply: str, *, goodbye: bool) -> dict[str, Fault]:
    """Sentences that are unfit, each with what is wrong with it."""
    return {part: fault for part in _parts(reply) if (fault := _fault(part, goodbye=goodbye))}


def _fault(part: str, *, goodbye: bool) -> Fault | None:
    heard = Heard([part], None)
    abuse = heard.find("abuse")
    if heard.find("human"):
        return "human"
    if goodbye and heard.find("clinging"):
        return "clinging"
    if any(sign.name == "slur" for sign in abuse):
        return "slur"
    return "crisis" if heard.find("crisis") else None


def _parts(reply: str) -> list[str]:
    return [part.strip() for part in _SENTENCES.split(reply) if part and part.strip()]
