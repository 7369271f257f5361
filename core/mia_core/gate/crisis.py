"""Crisis: whether somebody speaks of suicide or of harming themself, how near it is, and where they find help."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from mia_core.gate.heard import Heard, Sign
from mia_core.texts.fixed import Name, fixed_text

Level = Literal["attempt", "plan", "wish"]
"""It is happening; means, time or farewell are named; they want to die or to harm themself. The worst first."""
LEVELS: tuple[Level, ...] = get_args(Level)


def crisis_in(heard: Heard) -> Sign | None:
    """The worst sign of a crisis in any supported language; its name is a `Level`."""
    if found := heard.find("crisis"):
        return min(found, key=lambda sign: LEVELS.index(sign.name))
    return Sign("wish") if heard.sensed("crisis") == "sure" else None


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Line(_Table):
    name: str
    contact: str


class _Country(_Table):
    emergency: str
    lines: tuple[_Line, ...]


class _Language(_Table):
    countries: tuple[str, ...]
    emergency: str


class _Hotlines(_Table):
    directory: str
    languages: Mapping[str, _Language]
    countries: Mapping[str, _Country]


@dataclass(frozen=True)
class Help:
    """Where help is to be had."""

    emergency: str
    lines: tuple[tuple[str, str], ...]
    """Name and number of services that answer."""
    directory: str
    """Address of a list for all countries."""


def help_for(tag: str | None) -> Help:
    """Help by language and, where the tag (BCP-47, as in pt-BR) names one that is known, by country."""
    hotlines = _hotlines()
    language, *rest = (tag or "en").replace("_", "-").split("-")
    region = next((part.upper() for part in rest if len(part) == 2), "")
    spoken = hotlines.languages.get(language.lower(), hotlines.languages["en"])
    if region in hotlines.countries:
        country = hotlines.countries[region]
        return Help(country.emergency, _named(country.lines), hotlines.directory)
    lines = [line for code in spoken.countries for line in hotlines.countries[code].lines]
    return Help(spoken.emergency, _named(lines), hotlines.directory)


def crisis_text(name: Name, language: str, tag: str | None) -> str:
    """One of her texts for a crisis, with the help that is known for its language or for the country of `tag`."""
    known = help_for(tag if tag and tag.partition("-")[0].lower() == language else language)
    lines = [fixed_text("crisis_line", language, name=name, contact=contact) for name, contact in known.lines]
    lines.append(fixed_text("crisis_elsewhere", language, contact=known.directory))
    return fixed_text(name, language, lines="\n".join(lines), emergency=known.emergency)


def _named(lines: Sequence[_Line]) -> tuple[tuple[str, str], ...]:
    return tuple((line.name, line.contact) for line in lines)


@cache
def _hotlines() -> _Hotlines:
    file = resources.files("mia_core.gate") / "hotlines.toml"
    return _Hotlines.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
