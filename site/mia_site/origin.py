"""What may change anything: requests from this site's own pages alone, and none with a body out of all measure."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mia_site.failures import failure_page

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_BODY = 64 * 1024
"""Bytes of a form; the largest holds a memory of some hundred letters."""


class OwnPagesOnly:
    """Refuses changes that other sites began, as browsers tell (Fetch Metadata; Origin for older ones).

    Paths in `outside` belong to machines that sign what they send, and read it by themselves.
    """

    def __init__(self, app: ASGIApp, *, origin: str, outside: tuple[str, ...] = ()) -> None:
        self._app = app
        self._origin = origin
        self._outside = outside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is fine, and answer what is not with a page that says so."""
        if scope["type"] != "http" or scope["method"] in _SAFE or scope["path"] in self._outside:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if refusal := self._refusal(headers):
            response = await failure_page(Request(scope), HTTPException(refusal))
            await response(scope, receive, send)
            return
        read = 0

        async def receive_little() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, receive_little, send)

    def _refusal(self, headers: Headers) -> HTTPStatus | None:
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return None if self._own(headers) else HTTPStatus.FORBIDDEN

    def _own(self, headers: Headers) -> bool:
        if site := headers.get("sec-fetch-site"):
            return site == "same-origin"
        return headers.get("origin") == self._origin
