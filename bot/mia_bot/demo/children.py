"""The demo's child processes: started, listened to, and stopped in order."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from mia_bot.demo.live_log import LogLine, read_line
from mia_core.errors import MiaError

Show = Callable[[str, LogLine], None]
"""Told each line: the process's name, and what it said."""

_LONGEST_LINE = 2**24


@dataclass
class Child:
    """One running process."""

    name: str
    process: Process
    started: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by its log event NAME_started: it is up and does its work."""
    last_said: str = ""

    async def listen(self, show: Show) -> None:
        """Show its lines until it has ended."""
        while self.process.stdout and (raw := await self.process.stdout.readline()):
            line = read_line(raw.decode(errors="replace").rstrip())
            if line.event == f"{self.name}_started":
                self.started.set()
            self.last_said = line.event
            show(self.name, line)
        await self.process.wait()

    async def stop(self, within_s: float) -> None:
        """Ask it to stop, and make it stop when it has not done so in time."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), within_s)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


class Children:
    """All processes of one demo. Make it inside the event loop."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._children: dict[str, Child] = {}
        self._listeners: list[asyncio.Task[None]] = []
        self._first_end: asyncio.Future[Child] = asyncio.get_running_loop().create_future()

    async def start(self, name: str, environment: Mapping[str, str]) -> Child:
        """Start `mia NAME`. In a group of its own, so that Ctrl-C reaches the demo alone, which stops it."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "mia_bot.demo.tether",
            name,
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            env=environment,
            process_group=0,
            limit=_LONGEST_LINE,
        )
        child = Child(name, process)
        self._children[name] = child
        self._listeners.append(asyncio.create_task(self._listen(child)))
        return child

    async def _listen(self, child: Child) -> None:
        await child.listen(self._show)
        if not self._first_end.done():
            self._first_end.set_result(child)

    async def fail_when_one_ends(self) -> None:
        """Wait for the first that ends by itself. Raises MiaError with what it said last."""
        child = await self._first_end
        raise MiaError(f"the {child.name} ended with exit code {child.process.returncode}: {child.last_said}")

    async def stop(self, *groups: tuple[Sequence[str], float]) -> None:
        """Stop them group by group (names, seconds allowed); then hear out what they still say."""
        for names, within_s in groups:
            there = [self._children[name] for name in names if name in self._children]
            await asyncio.gather(*(child.stop(within_s) for child in there))
        await asyncio.gather(*self._listeners)
