"""Faults between a client and the sandbox: an answer lost after its effect, a refusal before it, HTML, a cut."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True)
class Fault:
    """What happens to one request."""

    status: int
    body: bytes = b"<html><h1>Over capacity</h1></html>"
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "text/html"})
    after_effect: bool = False
    """The request is carried out first, and then its answer replaced."""


class Faults:
    """A layer of the sandbox that spoils the next requests of a method, in order."""

    def __init__(self) -> None:
        self._next: dict[str, deque[Fault]] = {}

    def spoil(self, method: str, *faults: Fault) -> None:
        """Let these happen to the next requests with this method."""
        self._next.setdefault(method, deque()).extend(faults)

    def layer(self) -> Middleware:
        """For `sandbox_server(layers=[…])`."""
        return Middleware(_Layer, faults=self)

    def take(self, method: str) -> Fault | None:
        """The fault that is next."""
        waiting = self._next.get(method)
        return waiting.popleft() if waiting else None


class _Layer:
    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = None
        if scope["type"] == "http" and scope["path"].startswith("/2/"):
            fault = self._faults.take(scope["method"])
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.after_effect:
            await self._app(scope, receive, _nowhere)
        await Response(fault.body, fault.status, dict(fault.headers))(scope, receive, send)


async def _nowhere(_: object) -> None:
    """The answer is lost."""
