"""The bots of a round: so many places, each with a process that is started anew whenever it has ended."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from tests.bench.chaos.plan import Kill
from tests.bench.chaos.processes import Running, start
from tests.bench.chaos.recovery import Recovery

_LOOK_S = 0.05
_UP_WITHIN_S = 60.0
_AFTER_EXIT_S = 1.0
_LOGIN = "run `mia bot login`"
_SIGN_IN_AT_MOST_EVERY_S = 15.0


class Fleet:
    """Keeps bots running, and kills them as planned."""

    def __init__(
        self,
        environment: Mapping[str, str],
        logs: Path,
        recovery: Recovery,
        sign_in: Callable[[], Awaitable[None]],
    ) -> None:
        self._environment = environment
        self._sign_in = sign_in
        self._signed_in = -_SIGN_IN_AT_MOST_EVERY_S
        self._logs = logs
        self._recovery = recovery
        self._running: dict[int, Running] = {}
        self._condemned: dict[int, float] = {}
        """Pid of each killed process -> how long its place stays empty."""
        self._started = 0
        self._stopping = False
        self._places: list[asyncio.Task[None]] = []
        self.killed = 0
        self.logins = 0
        """How often an operator had to log in anew."""
        self.exits: list[str] = []
        """Ends in failure that nobody caused: the process's log, its exit code and what it said last."""

    async def start(self, places: int) -> None:
        """Fill the places; returns when all bots are up."""
        self._places = [asyncio.create_task(self._keep(place)) for place in range(places)]
        deadline = time.monotonic() + _UP_WITHIN_S
        while len(self.up()) < places:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the bots did not start: see {self._logs}; {self.exits}")
            await asyncio.sleep(_LOOK_S)

    def up(self) -> list[Running]:
        """Those that do their work now."""
        return [bot for _, bot in sorted(self._running.items()) if bot.alive and bot.said("bot_started")]

    async def kill_all(self, planned: Sequence[Kill], random: Random) -> None:
        """Kill a random one of those that are up, as often as planned.

        Where starting anew takes longer than planned, all later kills move on: so the processes get to their work.
        """
        for kill in planned:
            await asyncio.sleep(kill.after_s)
            bot = await self._somebody(random)
            self._condemned[bot.pid] = kill.pause_s
            await bot.kill()
            self.killed += 1
            await self._recovery.died(bot.pid)

    async def stop(self) -> None:
        """Stop them as an operator does, and wait for their ends."""
        self._stopping = True
        bots = list(self._running.values())
        for bot, code in zip(bots, await asyncio.gather(*(bot.stop() for bot in bots)), strict=True):
            if code > 0:
                self.exits.append(f"{bot.log.name}: exit code {code} at the stop: {_last_line(bot.log)}")
        await asyncio.gather(*self._places)

    async def _keep(self, place: int) -> None:
        while not self._stopping:
            self._started += 1
            bot = await start("bot", self._environment, self._logs / f"bot-{place}-{self._started:04d}.log")
            self._running[place] = bot
            if self._stopping:
                await bot.kill()
            code = await bot.ended()
            if self._stopping:
                return
            pause_s = self._condemned.pop(bot.pid, None)
            if pause_s is None:
                self.exits.append(f"{bot.log.name}: exit code {code}: {_last_line(bot.log)}")
                await self._mend(bot)
            await asyncio.sleep(_AFTER_EXIT_S if pause_s is None else pause_s)

    async def _mend(self, bot: Running) -> None:
        """Log in, where a process ended and says that this is needed."""
        if (
            _LOGIN.encode() in bot.log.read_bytes()
            and time.monotonic() - self._signed_in > _SIGN_IN_AT_MOST_EVERY_S
        ):
            self._signed_in = time.monotonic()
            self.logins += 1
            await self._sign_in()

    async def _somebody(self, random: Random) -> Running:
        """One that is up: to kill one that is about to be would show nothing."""
        while not (up := self.up()):
            await asyncio.sleep(_LOOK_S)
        return random.choice(up)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    try:
        return str(json.loads(lines[-1]).get("event", ""))
    except (IndexError, ValueError):
        return lines[-1] if lines else ""
