"""How long others take to notice a death: the time until nothing is in the dead process's hands any more.

Only time in which some process is up counts: where nobody is, nobody can take over.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.chaos.ledger import Hold, Kind, Ledger

_LOOK_S = 0.1


@dataclass
class _Death:
    at: float
    """By the clock that stands still while nobody is up."""
    held: set[Hold]
    seconds: dict[Hold, float] = field(default_factory=dict)

    @property
    def left(self) -> set[Hold]:
        return self.held - self.seconds.keys()


class Recovery:
    """Watches the leases that killed processes leave behind."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._deaths: list[_Death] = []
        self._now = 0.0

    async def died(self, pid: int) -> None:
        """Note what the process held, which has just ended."""
        at = self._now
        held = {hold for hold in await self._ledger.holds() if f":{pid}:" in hold.owner}
        if held:
            self._deaths.append(_Death(at, held))

    async def watch(self, anybody_up: Callable[[], bool]) -> None:
        """Look until cancelled."""
        looked = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_S)
            before, looked = looked, time.monotonic()
            self._now += (looked - before) if anybody_up() else 0.0
            if open_deaths := [death for death in self._deaths if death.left]:
                holds = await self._ledger.holds()
                for death in open_deaths:
                    death.seconds |= dict.fromkeys(death.left - holds, self._now - death.at)

    def seconds(self) -> list[float]:
        """For each death that left something behind, how long it took until others had taken it all over."""
        return [max(death.seconds.values()) for death in self._deaths if not death.left]

    def seconds_of(self, kind: Kind) -> list[float]:
        """How long each thing of a kind was in dead hands."""
        return [after for death in self._deaths for hold, after in death.seconds.items() if hold.kind == kind]

    def left(self) -> list[Hold]:
        """What is still in dead hands."""
        return [hold for death in self._deaths for hold in death.left]
