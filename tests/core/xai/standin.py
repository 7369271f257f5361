"""A real HTTP server in xAI's place, which answers next what a test tells it to."""

import asyncio
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER: dict[str, Any] = {
    "reply": "Luna sounds lovely!",
    "language": "en",
    "appraisal": {
        "desirability": 0.4,
        "praise": 0,
        "warmth": 0.5,
        "hostility": 0,
        "apology": 0,
        "intensity": 0.3,
    },
    "memories": [
        {
            "kind": "fact",
            "statement": "Ana's dog is called Luna.",
            "said_by": "person",
            "valid_from": None,
            "valid_until": None,
            "confidence": 0.9,
            "importance": 0.7,
        }
    ],
}
USAGE: dict[str, Any] = {
    "input_tokens": 1200,
    "input_tokens_details": {"cached_tokens": 1000},
    "output_tokens": 80,
    "output_tokens_details": {"reasoning_tokens": 20},
    "total_tokens": 1300,
    "cost_in_usd_ticks": 7_000_000,
}
NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Scripted:
    """One response, or the lack of one."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0
    cut: bool = False
    """The connection ends in the middle of the body."""


@dataclass(frozen=True)
class Seen:
    """One request that came."""

    path: str
    headers: Mapping[str, str]
    body: Any


def as_json(document: object, status: int = 200, headers: Mapping[str, str] = NONE) -> Scripted:
    """A JSON response."""
    return Scripted(json.dumps(document).encode(), status, {"content-type": "application/json", **headers})


def completed(text: str, usage: Mapping[str, Any] = USAGE, headers: Mapping[str, str] = NONE) -> Scripted:
    """A completed response whose visible text is `text`, with a reasoning item before it."""
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    output = [{"type": "reasoning", "summary": []}, message]
    document = {"status": "completed", "model": "grok-4.3-0901", "output": output, "usage": usage}
    return as_json(document, headers=headers)


def answering(**changes: Any) -> Scripted:
    """A good answer with some of its properties changed."""
    return completed(json.dumps(ANSWER | changes))


def refusal(words: str) -> Scripted:
    """A response whose message is a refusal."""
    message = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": words}]}
    return as_json({"status": "completed", "output": [message], "usage": USAGE})


def incomplete(reason: str) -> Scripted:
    """A response that ended too early."""
    message = {"type": "message", "content": [{"type": "output_text", "text": '{"reply": "I was abo'}]}
    details = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    return as_json({**details, "output": [message], "usage": USAGE})


def xai_error(status: int, code: str, text: str, headers: Mapping[str, str] = NONE) -> Scripted:
    """xAI's own shape of an error."""
    return as_json({"code": code, "error": text}, status, headers)


def openai_error(status: int, code: str, text: str) -> Scripted:
    """The shape of an error that OpenAI-compatible servers share."""
    return as_json({"error": {"message": text, "type": "error", "code": code}}, status)


def plain(status: int, text: str) -> Scripted:
    """An error in plain text, or in HTML."""
    return Scripted(text.encode(), status)


class StandinXai:
    """The server's script and what it saw. Past the script's end every answer is a good one."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.seen: list[Seen] = []
        self._script: deque[Scripted] = deque()

    def will(self, *scripted: Scripted) -> None:
        """Answer next with these, in this order."""
        self._script.extend(scripted)

    def reset(self) -> None:
        """Forget the script and what was seen."""
        self._script.clear()
        self.seen.clear()

    async def answer(self, request: Request) -> Response:
        """One request, one scripted response."""
        body = await request.body()
        self.seen.append(Seen(request.url.path, dict(request.headers), json.loads(body) if body else None))
        scripted = self._script.popleft() if self._script else answering()
        await asyncio.sleep(scripted.delay_s)
        response = Response(scripted.body, scripted.status, dict(scripted.headers))
        if scripted.cut:
            response.headers["content-length"] = str(len(scripted.body) + 100)
        return response


@contextmanager
def serve_standin() -> Iterator[StandinXai]:
    """Run the stand-in on a free port of this machine."""
    # asyncio turns Nagle's algorithm off (40 ms an answer) only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    standin = StandinXai(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
    routes = [Route("/v1/{path}", standin.answer, methods=["GET", "POST"])]
    config = uvicorn.Config(Starlette(routes=routes), lifespan="off", log_config=None, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield standin
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
