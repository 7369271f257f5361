"""What one sees when a page fails: plain words, and a reference under which the log tells what happened."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mia_site.pages import page

log = structlog.get_logger(__name__)

_SAYINGS = {
    401: ("You are signed out", "Sign in again. What you typed is still there when you go back a page."),
    403: ("That did not come from this site's own page", "Go back, load the page anew, and send it once more."),
    404: ("There is no such page", "The address may be mistyped, or the page may have moved."),
    405: ("That cannot be done here", "This address does not take what was sent to it."),
    413: ("That was too long", "Go back and shorten it; what you typed is still there."),
    500: ("Something went wrong on our side", "It is in our log and we will look at it. Trying again may help."),
}
_LONGEST_PATH = 200


async def failure_page(request: Request, error: Exception) -> Response:
    """The page for an error that has a status, such as 404."""
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    headers = error.headers if isinstance(error, HTTPException) else None
    reference = _reference()
    log.info("page_refused", reference=reference, status=status, path=request.url.path[:_LONGEST_PATH])
    return _page(request, status, reference, headers)


class FailurePages:
    """Turns an exception that nobody caught into the page for 500, and one log line with its trace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; answer for what fails before an answer has begun."""
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            reference = _reference()
            log.error("page_failed", reference=reference, path=scope["path"][:_LONGEST_PATH], exc_info=error)
            response = _page(Request(scope), HTTPStatus.INTERNAL_SERVER_ERROR, reference)
            await response(scope, receive, send)


def _page(request: Request, status: int, reference: str, headers: Mapping[str, str] | None = None) -> Response:
    title, advice = _SAYINGS.get(status, (HTTPStatus(status).phrase, ""))
    return page(
        request, "failure.html", {"title": title, "advice": advice, "reference": reference}, status, headers
    )


def _reference() -> str:
    """Short enough to read out, long enough to be found."""
    return secrets.token_hex(4)
