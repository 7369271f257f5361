"""What happens in a round, decided beforehand by a seed: who writes what and when, and when a process dies."""

from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Literal

Way = Literal["dm", "post", "below", "thread"]
"""A DM; a post that names her; one below a post that does not; one below her latest answer."""

_WAYS: tuple[Way, ...] = ("dm", "dm", "dm", "post", "below", "thread")
_BURSTS = 0.2
_LONGEST_BURST = 5
_BURST_GAP_S = 0.3
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True)
class Message:
    """Something that a person will write."""

    number: int
    """Stands in its text, from where the script that answers takes it over into its answers to DMs."""
    person: int
    at: float
    """Seconds from the beginning."""
    way: Way

    @property
    def text(self) -> str:
        """Its words, other than any other message's."""
        words = f"I like number {self.number}."
        return words if self.way == "dm" else f"@miaaibot {words}"


@dataclass(frozen=True)
class Kill:
    """The end of a process."""

    after_s: float
    """Seconds since the one before, or since the beginning."""
    pause_s: float
    """How long its place stays empty."""


def messages(random: Random, *, count: int, people: int, span_s: float) -> list[Message]:
    """So many messages of so many people within a time; some people write several in one go."""
    planned: list[tuple[float, int, Way]] = []
    while len(planned) < count:
        at, person, way = random.uniform(0, span_s), random.randrange(people), random.choice(_WAYS)
        burst = random.randint(2, _LONGEST_BURST) if random.random() < _BURSTS else 1
        for _ in range(min(burst, count - len(planned))):
            planned.append((at, person, way))
            at = min(at + random.uniform(0, _BURST_GAP_S), span_s)
    return [Message(number, person, at, way) for number, (at, person, way) in enumerate(sorted(planned), start=1)]


def kills(random: Random, *, count: int, span_s: float) -> list[Kill]:
    """So many ends at random moments of a time."""
    moments = [0.0, *sorted(random.uniform(0, span_s) for _ in range(count))]
    return [Kill(at - before, random.uniform(0, _LONGEST_PAUSE_S)) for before, at in pairwise(moments)]
