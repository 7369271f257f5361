"""What X's streams share: connections that count while they are read, and silences between the changes."""

from collections.abc import AsyncIterator

from mia_bot.sandbox.hub import Change, Subscription

KEEP_ALIVE = b"\r\n"


async def counted(lines: AsyncIterator[bytes], connections: set[object]) -> AsyncIterator[bytes]:
    """Count a connection for as long as it is read."""
    connections.add(lines)
    try:
        async for line in lines:
            yield line
    finally:
        connections.discard(lines)


async def changes_and_silences(changes: Subscription, keep_alive_s: float) -> AsyncIterator[Change | None]:
    """Each change, and None after each silence; ends when the server stops."""
    while True:
        try:
            change = await changes.next(keep_alive_s)
        except TimeoutError:
            yield None
            continue
        if change is None:
            return
        yield change
