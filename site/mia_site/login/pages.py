"""The pages of login: sign in with X, come back from there, sign out."""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote

import structlog
from pydantic import SecretStr
from sqlalchemy import delete
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mia_core.errors import TokenRefused, TokenUnavailable
from mia_core.statements import plain_insert
from mia_core.tables import Login
from mia_site.doors import Doors, doors_of, signed_in
from mia_site.login.browser import browser_name
from mia_site.login.sign_ins import LASTS, Visitor, digest
from mia_site.login.x import RETURN_PATH, XLogin, new_verifier
from mia_site.pages import page

log = structlog.get_logger(__name__)

HOME = "/me"
_LIVES = timedelta(minutes=10)
"""How long one may take to allow it on X."""


async def offer(request: Request) -> Response:
    """GET /login: what signing in is for, and the way to X."""
    context = {"next": quote(safe_next(request.query_params.get("next", "")), safe="")}
    return page(request, "login.html", context)


async def begin(request: Request) -> Response:
    """GET /login/begin: remember the browser, and lead it to X."""
    doors = doors_of(request)
    if not doors.x.is_set_up:
        return _cannot(request, "not_set_up", HTTPStatus.SERVICE_UNAVAILABLE)
    app, now = doors.app, doors.app.clock()
    state, browser, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32), new_verifier()
    row = {
        "digest": digest(state),
        "browser_digest": digest(browser),
        "sealed_verifier": app.vault.seal(verifier.encode()),
        "next_path": safe_next(request.query_params.get("next", "")),
        "began_at": now,
    }
    async with app.database.writing() as connection:
        await connection.execute(delete(Login).where(col(Login.began_at) < now - _LIVES))
        await connection.execute(plain_insert(Login), [row])
    response = RedirectResponse(doors.x.address(state, verifier), HTTPStatus.SEE_OTHER)
    doors.login_cookie.set(response, browser, int(_LIVES.total_seconds()))
    return response


async def come_back(request: Request) -> Response:
    """GET /login/x: X says yes or no; the browser must be the one that was led there, and it works once."""
    doors = doors_of(request)
    began = await _taken(doors, request.query_params.get("state", ""), doors.login_cookie.of(request))
    if began is None:
        return _cannot(request, "stale", HTTPStatus.BAD_REQUEST)
    code = request.query_params.get("code")
    if code is None:
        return _cannot(request, "denied", HTTPStatus.FORBIDDEN)
    try:
        verifier = doors.app.vault.open(began.sealed_verifier).decode()
        somebody = await doors.x.who(code, verifier)
    except (TokenRefused, TokenUnavailable) as error:
        log.warning("login_failed", reason=str(error))
        away = isinstance(error, TokenUnavailable)
        return _cannot(request, "x_away" if away else "x_refused", HTTPStatus.BAD_GATEWAY)
    before = await doors.visitor(request)
    if before is not None:  # a sign-in is never handed on: the one that was there ends
        await end_sign_ins(doors, before.person.id, only=before.sign_in.id)
    cookie = await doors.sign_ins.begin(somebody, browser_name(request.headers.get("user-agent", "")))
    log.info("signed_in", person=doors.app.vault.pseudonym(somebody.id))
    response = RedirectResponse(began.next_path, HTTPStatus.SEE_OTHER)
    doors.login_cookie.clear(response)
    doors.cookie.set(response, cookie, int(LASTS.total_seconds()))
    return response


@signed_in
async def leave(request: Request, visitor: Visitor) -> Response:
    """POST /logout: this browser, and X's token with it."""
    doors = doors_of(request)
    await end_sign_ins(doors, visitor.person.id, only=visitor.sign_in.id)
    log.info("signed_out", person=doors.app.vault.pseudonym(visitor.person.id))
    response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    doors.cookie.clear(response)
    return response


def safe_next(path: str) -> str:
    """A path of this site, to go on to; anything else leads home, so that no link can lead people elsewhere."""
    begins = path.startswith("/") and not path.startswith(("//", "/\\"))
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if begins and plain and not path.startswith("/login") else HOME


async def _taken(doors: Doors, state: str, browser: str) -> Login | None:
    """The login that began in this browser, which is hereby used up."""
    statement = (
        delete(Login)
        .where(
            col(Login.digest) == digest(state),
            col(Login.browser_digest) == digest(browser),
            col(Login.began_at) > doors.app.clock() - _LIVES,
        )
        .returning(*(col(getattr(Login, name)) for name in Login.model_fields))
    )
    async with doors.app.database.writing() as connection:
        row = (await connection.execute(statement)).mappings().first()
    return Login(**row) if row else None


async def end_sign_ins(doors: Doors, person_id: int, *, only: int | None = None, but: int | None = None) -> None:
    """End sign-ins here at once; X is told, and if it cannot be, its token runs out in two hours by itself."""
    tokens = await doors.sign_ins.end(person_id, only=only, but=but)
    await tell_x(doors.x, tokens)


async def tell_x(x: XLogin, tokens: Sequence[SecretStr]) -> None:
    """Revoke tokens."""
    for outcome in await asyncio.gather(*(x.revoke(token) for token in tokens), return_exceptions=True):
        if isinstance(outcome, TokenRefused | TokenUnavailable):
            log.warning("token_not_revoked", reason=str(outcome), consequence="it ends two hours after its login")
        elif outcome is not None:
            raise outcome


def _cannot(request: Request, why: str, status: HTTPStatus) -> Response:
    return page(request, "login_failed.html", {"why": why}, status)


ROUTES: tuple[BaseRoute, ...] = (
    Route("/login", offer, name="login"),
    Route("/login/begin", begin, name="begin_login"),
    Route(RETURN_PATH, come_back),
    Route("/logout", leave, methods=["POST"], name="logout"),
)
