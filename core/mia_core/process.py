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
    # asyncio turns off Nagle's delay (40 ms an answer) only where the protocol is named
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        why = (
            "is in use by another program"
            if error.errno == errno.EADDRINUSE
            else f"cannot be had: {error.strerror}"
        )
        raise OperatorError(f"{setting}: port {port} on {host} {why}; choose another") from None
    return listener
