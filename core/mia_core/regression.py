"""`mia doctor --persona`: talks with the configured model, and looks whether she is herself in it."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.table import Table

from mia_core.clock import system_clock
from mia_core.emotion.feeling import Feeling
from mia_core.emotion.relationship import Relationship
from mia_core.errors import ModelError, ModelHalted
from mia_core.events import Author, Event
from mia_core.gate.language import language_of_text
from mia_core.gate.reply import mended
from mia_core.prompt.compose import Item, Prompts
from mia_core.prompt.scene import PrivateScene, PublicScene
from mia_core.settings import load_settings
from mia_core.xai.answer import Answer, Concern, Wish
from mia_core.xai.client import Prompt, Xai, open_xai

_AUTHOR = Author(person_id=-2, username="tester", name="Tester")
_TICKS = 1e10


class Case(BaseModel):
    """One conversation, and what the answer to it must be like; the file explains the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    said: tuple[str, ...]
    public: bool = False
    relationship: dict[str, Any] = {}
    minor: bool = False
    goodbye: bool = False
    language: str = "en"
    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    longest: int = 2_000
    concern: Concern | None = None
    wish: Wish | None = None
    fortune: tuple[float, float] = (-1, 1)
    hostility: tuple[float, float] = (0, 1)
    learns_nothing_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """What came of a case."""

    name: str
    faults: tuple[str, ...]
    ticks: int = 0


def regression_cases() -> list[Case]:
    """The set that ships with the program."""
    file = resources.files("mia_core.prompt") / "regression.toml"
    return [Case.model_validate(case) for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]]


async def run_regression(config: Path | None) -> int:
    """Try every case with the configured model, and print what is amiss; 0 if nothing is, else 1."""
    settings = load_settings(config)
    prompts = Prompts(username=settings.x.username, persona_file=settings.persona.file)
    async with open_xai(settings.xai, clock=system_clock) as xai:
        tried = [await try_case(xai, prompts, case, system_clock()) for case in regression_cases()]
    table = Table("", "conversation", "what is not as it should be", box=None)
    for one in tried:
        mark = "[red]mend[/red]" if one.faults else "[green]ok[/green]"
        table.add_row(mark, one.name, "; ".join(one.faults).replace("[", r"\["))
    console = Console()
    console.print(table)
    good, cost = sum(not one.faults for one in tried), sum(one.ticks for one in tried) / _TICKS
    console.print(
        f"{good} of {len(tried)} with {settings.xai.model}, persona {prompts.version}, for {cost:.4f} USD",
        highlight=False,
    )
    return 0 if good == len(tried) else 1


async def try_case(xai: Xai, prompts: Prompts, case: Case, now: datetime) -> Tried:
    """Ask once. Raises ModelHalted (key, money) as no further case could be answered either."""
    prompt = Prompt(items=_items(prompts, case, now), cache_key="regression", safety_identifier="regression")
    try:
        reply = await xai.ask(prompt)
    except ModelHalted:
        raise
    except ModelError as error:
        return Tried(case.name, (str(error),), sum(call.cost_ticks for call in error.calls))
    return Tried(case.name, tuple(faults(case, reply.answer)), sum(call.cost_ticks for call in reply.calls))


def faults(case: Case, answer: Answer) -> list[str]:
    """What is not as the case asks for, each in a few words."""
    said, appraisal = answer.reply, answer.appraisal
    spoken = language_of_text(said)
    found = [f"lacks {pattern}" for pattern in case.must if not re.search(pattern, said, re.IGNORECASE)]
    found += [f"has {pattern}" for pattern in case.never if re.search(pattern, said, re.IGNORECASE)]
    checked = mended(said, answer.language, goodbye=case.goodbye, event_id="0")
    found += [f"had to be mended: {fault}" for fault in checked.faults]
    if len(said) > case.longest:
        found.append(f"is {len(said)} characters long, {case.longest} at most")
    if spoken and spoken != case.language:
        found.append(f"is in {spoken}, not in {case.language}")
    for name, given, wanted in (("concern", answer.concern, case.concern), ("wish", answer.wish, case.wish)):
        if wanted is not None and given != wanted:
            found.append(f"{name} is {given}, not {wanted}")
    for name, (low, high) in (("fortune", case.fortune), ("hostility", case.hostility)):
        if not low <= getattr(appraisal, name) <= high:
            found.append(f"{name} is {getattr(appraisal, name):g}, not from {low:g} to {high:g}")
    learnt = " ".join(memory.statement for memory in answer.memories if memory.category == "none")
    found += [f"learnt of {word}" for word in case.learns_nothing_of if word in learnt.casefold()]
    return found


def _items(prompts: Prompts, case: Case, now: datetime) -> Sequence[Item]:
    events = [_event(text, str(number), case, now) for number, text in enumerate(case.said)]
    if case.public:
        return prompts.public(PublicScene(now=now, event=events[0], characters=280, minor=case.minor))
    feeling = Feeling(at=now, relationship=replace(Relationship(), **case.relationship))
    return prompts.private(
        PrivateScene(
            now=now,
            events=events,
            history=(),
            memories=(),
            feeling=feeling,
            minor=case.minor,
            goodbye=case.goodbye,
        )
    )


def _event(text: str, event_id: str, case: Case, now: datetime) -> Event:
    return Event(
        source="mention" if case.public else "dm",
        event_id=event_id,
        author=_AUTHOR,
        at=now,
        text=text,
        conversation="regression",
        address="0",
    )
