"""What all long-running processes do alike: stop when they are told to, and listen on a port."""

import asyncio
import errno
import signal
import socket

from mia_core.errors import OperatorError


def stop_requested() -> asyncio.Event:
    """An event that is set once SIGINT or SIGTERM asks this process to stop. Call it inside the event loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for a stop, but no longer than `seconds`; whether it has come."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A socket that listens on the port; 0 takes any free one.

    Raises OperatorError that names the setting when the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = (
            "is in use by another program"
            if error.errno == errno.EADDRINUSE
            else f"cannot be had: {error.strerror}"
        )
        raise OperatorError(f"{setting}: port {port} on {host} {why}; choose another") from None
