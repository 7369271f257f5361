"""Real `mia` processes that can be killed: each with a log file of its own, none outlives the bench."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_LOOK_S = 0.05
_STOP_WITHIN_S = 15.0


class Running:
    """One process."""

    def __init__(self, process: Process, log: Path) -> None:
        self._process = process
        self.log = log
        self._heard: set[str] = set()

    @property
    def pid(self) -> int:
        """As the system counts it, and as it signs its leases."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet, as far as was noticed."""
        return self._process.returncode is None

    def said(self, event: str) -> bool:
        """Whether it has logged an event of this name."""
        if event not in self._heard and f'"{event}"'.encode() in self.log.read_bytes():
            self._heard.add(event)
        return event in self._heard

    async def wait_for(self, event: str, within_s: float) -> None:
        """Wait for a log event. Raises RuntimeError when the process ends before it, or time does."""
        deadline = asyncio.get_running_loop().time() + within_s
        while not self.said(event):
            if not self.alive or asyncio.get_running_loop().time() > deadline:
                raise RuntimeError(f"{event} was not logged: see {self.log}")
            await asyncio.sleep(_LOOK_S)

    async def ended(self) -> int:
        """Wait for its end; its exit code, negative for a signal."""
        return await self._process.wait()

    async def kill(self) -> None:
        """SIGKILL: whatever it was doing ends here and now."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM, and SIGKILL if that does not help; its exit code."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            return await asyncio.wait_for(self._process.wait(), _STOP_WITHIN_S)
        except TimeoutError:
            await self.kill()
            return await self._process.wait()


async def start(command: str, environment: Mapping[str, str], log: Path) -> Running:
    """Start `mia COMMAND`. It stops when the bench is gone, however that ended."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "mia_bot.demo.tether",
            command,
            stdin=PIPE,
            stdout=output,
            stderr=STDOUT,
            env=environment,
            cwd=log.parent,
            process_group=0,
        )
    return Running(process, log)
