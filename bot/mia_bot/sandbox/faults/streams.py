"""What faults make of a stream's lines."""

from collections.abc import AsyncIterator

from mia_bot.sandbox.faults.dice import Dice


async def spoiled(lines: AsyncIterator[bytes], dice: Dice) -> AsyncIterator[bytes]:
    """The lines as a server with these faults sends them; signs of life are left alone, unless it falls silent."""
    kept: bytes | None = None
    async for line in lines:
        if not dice.on or not line.strip():
            yield line
            continue
        if dice.strikes("stream_closes"):
            return
        if dice.strikes("stream_silent"):
            async for _ in lines:  # until the client goes, or the server stops
                pass
            return
        if dice.strikes("stream_drops"):
            continue
        if kept is None and dice.strikes("stream_disorders"):
            kept = line  # the next one comes before it
            continue
        yield line
        if dice.strikes("stream_repeats"):
            yield line
        if kept is not None:
            yield kept
            kept = None
