"""Keeps the world in a JSON file: read at start, written a moment after a change and at shutdown."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog

from mia_bot.sandbox.records import Snapshot
from mia_bot.sandbox.world import World

DEBOUNCE_S = 0.5
log = structlog.get_logger()


def read_state(path: Path) -> Snapshot | None:
    """The saved state, or None when there is none yet; raises ValueError when the file is of another shape."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Snapshot.model_validate_json(content)
    except ValueError as error:
        raise ValueError(f"{path} is not a state file of this sandbox; move it away to start afresh") from error


def write_state(path: Path, snapshot: Snapshot) -> None:
    """Replace the file in one step, so that a crash leaves the old state or the new one.

    Readable by its owner alone (as NamedTemporaryFile makes it): it holds tokens.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8") as file:
        file.write(snapshot.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)


@asynccontextmanager
async def saved(world: World, path: Path | None) -> AsyncIterator[None]:
    """Within the block, changes of the world reach the file; leaving it writes the last of them."""
    if path is None:
        yield
        return
    writing = asyncio.Lock()
    saving = asyncio.create_task(_save_changes(world, path, writing))
    try:
        yield
    finally:
        # Cancelled in the midst of a write, the older state could land after the last one.
        async with writing:
            saving.cancel()
        with suppress(asyncio.CancelledError):
            await saving
        write_state(path, world.snapshot())


async def _save_changes(world: World, path: Path, writing: asyncio.Lock) -> None:
    with world.hub.subscription() as changes:
        while await changes.next() is not None:
            await asyncio.sleep(DEBOUNCE_S)
            changes.drop_waiting()
            async with writing:
                try:
                    await asyncio.to_thread(write_state, path, world.snapshot())
                except OSError as error:
                    log.warning("sandbox_state_not_saved", path=str(path), error=str(error))
