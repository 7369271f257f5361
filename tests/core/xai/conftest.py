"""A client on a line to the stand-in, with time and sleep in the test's hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from mia_core.clock import ManualClock
from mia_core.settings import XaiSettings
from mia_core.xai.client import Prompt, Xai, open_xai
from tests.core.xai.standin import StandinXai

KEY = "xai-Zq3vT8rWn5LmK2pYd7Hc"
SAID = "my dog Luna ate the confetti"


@dataclass
class Line:
    """A client, the server that it talks to, and the time."""

    standin: StandinXai
    clock: ManualClock
    xai: Xai
    slept: list[float] = field(default_factory=list)
    spent: int = 0
    """What all processes together have recorded today, in ticks."""

    async def ask(self) -> str:
        """Her reply to the one prompt of these tests."""
        return (await self.xai.ask(PROMPT)).answer.reply


PROMPT = Prompt(
    items=[{"role": "system", "content": "You are MIA."}, {"role": "user", "content": SAID}],
    cache_key="person-7",
    safety_identifier="hash-of-7",
)


@pytest.fixture
async def line(model: StandinXai, clock: ManualClock) -> AsyncIterator[Line]:
    """A client with a key, three tries and a second's patience."""
    settings = XaiSettings(base_url=model.base_url, api_key=SecretStr(KEY), attempts=3, timeout_s=1)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def spent_today() -> int:
        return opened.spent

    async with open_xai(settings, clock=clock, sleep=sleep, spent_today=spent_today) as xai:
        opened = Line(model, clock, xai, slept)
        yield opened
