"""A small web server that takes webhook posts as an app would, and can be told to answer badly."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATIENCE_S = 10


def signed(secret: str, message: bytes) -> str:
    """X's signature, as its documents describe it."""
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return "sha256=" + base64.b64encode(digest).decode()


@dataclass
class Receiver:
    """What came, and how to answer: `statuses` are used up one a post, then it is 200."""

    secret: str
    url: str = ""
    check_status: int = 200
    statuses: list[int] = field(default_factory=list)
    posts: "Queue[tuple[str, bytes]]" = field(default_factory=Queue)
    checks: list[str] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def next(self) -> dict[str, Any]:
        """The next event that was posted; its signature must hold."""
        signature, body = self.posts.get(timeout=PATIENCE_S)
        assert signature == signed(self.secret, body)
        data: dict[str, Any] = json.loads(body)["data"]
        return data


@contextmanager
def receiving(secret: str) -> Iterator[Receiver]:
    """A receiver on a free port of this machine that knows this consumer secret."""
    receiver = Receiver(secret)
    receiver.hold.set()

    class Handler(BaseHTTPRequestHandler):
        """Answers checks and takes posts."""

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            receiver.checks.append(self.path)
            token = signed(receiver.secret, query["crc_token"][0].encode())
            self._answer(receiver.check_status, {"response_token": token})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.posts.put((self.headers["x-twitter-webhooks-signature"], body))
            receiver.hold.wait(PATIENCE_S)
            self._answer(receiver.statuses.pop(0) if receiver.statuses else 200, {})

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

        def _answer(self, status: int, document: dict[str, str]) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/x/webhook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.hold.set()
            server.shutdown()
            thread.join(PATIENCE_S)
