"""A server that gives answers told in advance, byte for byte; or none: it cuts the line, or stays silent."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

CUT = b""
"""The line is cut after the request was read."""


@dataclass(frozen=True)
class Silent:
    """No answer until the server is closed, or `speak` is set; then this one."""

    speak: asyncio.Event = field(default_factory=asyncio.Event)
    answer: bytes = CUT


@dataclass
class Standin:
    """The server as a test sees it."""

    origin: str
    answers: deque[bytes | Silent]
    requests: list[str] = field(default_factory=list)
    """Request lines, as they came."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> bytes:
    """An HTTP answer; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} -", f"content-length: {len(content)}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@asynccontextmanager
async def standin(*answers: bytes | Silent) -> AsyncIterator[Standin]:
    """A server on this machine that gives each request the next answer."""
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lengths = [line.split(":")[1] for line in head.lower().split("\r\n") if line.startswith("content-length")]
        await reader.readexactly(int(lengths[0]) if lengths else 0)
        server.requests.append(head.partition(" HTTP")[0])
        server.asked.set()
        said = server.answers.popleft()
        if isinstance(said, Silent):
            waits = [asyncio.create_task(event.wait()) for event in (said.speak, closed)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            said = said.answer
        writer.write(said)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server = Standin(f"http://127.0.0.1:{port}", deque(answers))
    async with listening:
        try:
            yield server
        finally:
            closed.set()
            await asyncio.sleep(0.01)  # those that wait close their lines
