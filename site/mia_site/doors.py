"""Who may come in: pages for people who are signed in, and forms that only this site's own pages can send."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mia_core.app import App
from mia_site.cookies import Cookie
from mia_site.login.sign_ins import SignIns, Visitor
from mia_site.login.x import XLogin

Handler = Callable[[Request, Visitor], Awaitable[Response]]
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Doors:
    """What pages need to know who asks."""

    app: App
    x: XLogin
    sign_ins: SignIns
    cookie: Cookie
    """Of a sign-in."""
    login_cookie: Cookie
    """Of a browser that was led to X."""
    proof_cookie: Cookie
    """Of a browser in which an old account was proven."""

    async def visitor(self, request: Request) -> Visitor | None:
        """Who asks, if they are signed in; looked up once a request."""
        if not hasattr(request.state, "visitor"):
            cookie = self.cookie.of(request)
            request.state.visitor = await self.sign_ins.find(cookie) if cookie else None
        found: Visitor | None = request.state.visitor
        return found


def open_doors(app: App) -> Doors:
    """The doors over open resources."""
    https = app.settings.site.origin.startswith("https://")
    return Doors(
        app=app,
        x=XLogin(app.settings),
        sign_ins=SignIns(app),
        cookie=Cookie("mia", https),
        login_cookie=Cookie("mia_login", https),
        proof_cookie=Cookie("mia_proof", https),
    )


def doors_of(request: Request) -> Doors:
    """The site's doors."""
    doors: Doors = request.app.state.doors
    return doors


def signed_in(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A page for people who are signed in: others are led to the login, and their forms are not taken.

    A form must carry its browser's token. Nothing of such a page is kept by browsers or on the way to them.
    """

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        visitor = await doors_of(request).visitor(request)
        if visitor is None:
            if request.method not in _SAFE:
                raise HTTPException(HTTPStatus.UNAUTHORIZED)
            return RedirectResponse(_login(request), HTTPStatus.SEE_OTHER)
        if request.method not in _SAFE:
            await _check_form(request, visitor)
        response = await handler(request, visitor)
        response.headers["Cache-Control"] = "no-store"
        return response

    return guarded


def admin(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A page for those whom `site.admins` names, by X id, after a late login; to others it is not there."""

    @wraps(handler)
    async def guarded(request: Request, visitor: Visitor) -> Response:
        app = doors_of(request).app
        if visitor.person.id not in app.settings.site.admins:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if not visitor.is_fresh(app.clock()):
            return RedirectResponse(_login(request), HTTPStatus.SEE_OTHER)
        return await handler(request, visitor)

    return signed_in(guarded)


async def _check_form(request: Request, visitor: Visitor) -> None:
    token = (await request.form()).get("form_token", "")
    if not isinstance(token, str) or not secrets.compare_digest(token.encode(), visitor.form_token.encode()):
        raise HTTPException(HTTPStatus.FORBIDDEN)


def _login(request: Request) -> str:
    """The way to the login, and from there to what was asked for."""
    path = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return f"/login?next={quote(path if request.method in _SAFE else '', safe='')}"
