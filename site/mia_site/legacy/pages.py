"""The pages /legacy: prove the old account, see what will be joined, agree, and take it back for a while."""

import secrets
from datetime import timedelta
from http import HTTPStatus

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mia_core.app import App
from mia_core.legacy.deadline import Deadline
from mia_core.legacy.joining import OldAccount, accounts_joined_to, join, read_account, undo
from mia_core.legacy.passwords import proves
from mia_core.legacy.reading import fold
from mia_site.doors import doors_of, signed_in
from mia_site.login.sign_ins import Visitor
from mia_site.me.forms import Act, ask_first, go, not_there, own_page, text_of

log = structlog.get_logger(__name__)

PAGE = "/legacy"
CONSENT = (
    "I want this old account to be joined to my account on X. MIA may use what it holds when she talks with me as "
    "the person I am on X."
)
"""What is ticked: X asks for an express consent before an id on X is linked to an account elsewhere."""
_WHILE = timedelta(minutes=15)
_TRIES_OF_ACCOUNT, _TRIES_FROM_NETWORK = 5, 20
"""Tries within a while, after which no password is looked at, be it right or wrong."""
_PROOF_LIVES = timedelta(minutes=10)


@signed_in
async def begin(request: Request, visitor: Visitor) -> Response:
    """GET and POST /legacy: the username and the password of the old account."""
    app = doors_of(request).app
    deadline = Deadline(app.settings.site.legacy_deadline)
    joined = await accounts_joined_to(app, visitor.person.id)
    if deadline.is_deleted(app.clock()) or request.method != "POST":
        return _show(request, visitor, deadline, joined=joined)
    username, password = await text_of(request, "username"), await _password(request)
    error = await _refused(request, app, username) if username and password else "Fill in both."
    proven = None if error else await proves(app.database, username, password)
    if proven is None:
        error = error or "There is no such account with this password, or it was brought along already."
        return _show(request, visitor, deadline, joined=joined, username=username, error=error)
    log.info("legacy_proven", person=app.vault.pseudonym(visitor.person.id))
    response = go(f"{PAGE}/join")
    doors_of(request).proof_cookie.set(response, _seal(app, visitor, proven), int(_PROOF_LIVES.total_seconds()))
    return response


@signed_in
async def agree(request: Request, visitor: Visitor) -> Response:
    """GET and POST /legacy/join: what will be joined, and the consent to it."""
    doors = doors_of(request)
    username = _proven(request, doors.app, visitor)
    account = await read_account(doors.app, username) if username else None
    if account is None or account.joined_at is not None:
        return go(PAGE)
    error = ""
    if request.method == "POST":
        if await text_of(request, "consent") == "yes":
            await join(doors.app, account.username, visitor.person.id, CONSENT)
            log.info("legacy_joined", person=doors.app.vault.pseudonym(visitor.person.id))
            response = go(PAGE, "joined")
            doors.proof_cookie.clear(response)
            return response
        error = "Tick the box if you want this. Without it nothing is joined."
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    context: dict[str, object] = {"account": account, "consent": CONSENT, "error": error}
    return own_page(request, visitor, "legacy/join.html", context, status)


@signed_in
async def take_back(request: Request, visitor: Visitor) -> Response:
    """GET and POST /legacy/undo/USERNAME: the old account stands by itself again."""
    app = doors_of(request).app
    joined = await accounts_joined_to(app, visitor.person.id)
    account = next((each for each in joined if each.username == request.path_params["username"]), None)
    if account is None or not account.can_be_undone(app.clock()):
        raise not_there()
    if request.method == "POST":
        await undo(app, account.username, visitor.person.id)
        log.info("legacy_undone", person=app.vault.pseudonym(visitor.person.id))
        return go(PAGE, "undone")
    act = Act(
        title=f"Separate the account {account.username} again?",
        what=(
            "What came from it, and is still there, stands by itself again. MIA no longer uses it with you.",
            "What you corrected or deleted meanwhile stays as it is.",
            "You can bring the account along once more, with its password, until old accounts are deleted.",
            "Once that day has come, separating it means that it is deleted in the next night.",
        ),
        button="Separate it",
        back=PAGE,
    )
    return ask_first(request, visitor, act)


async def _refused(request: Request, app: App, username: str) -> str:
    """Counts the try, by account and by network; says that it is too many. Who is here is not told by it."""
    address = request.client.host if request.client else ""
    of_account = await app.throttles.count(app.vault.account(fold(username)), _WHILE)
    from_network = await app.throttles.count(app.vault.network(address, app.clock().date()), _WHILE)
    if of_account <= _TRIES_OF_ACCOUNT and from_network <= _TRIES_FROM_NETWORK:
        return ""
    log.warning("legacy_tries_stopped", of_account=of_account, from_network=from_network)
    return "Too many tries. Wait a quarter of an hour, then try again."


async def _password(request: Request) -> str:
    value = (await request.form()).get("password", "")
    return value if isinstance(value, str) else ""


def _seal(app: App, visitor: Visitor, username: str) -> str:
    until = (app.clock() + _PROOF_LIVES).timestamp()
    return app.vault.seal(f"{visitor.sign_in.id}\n{until:.0f}\n{username}".encode()).decode()


def _proven(request: Request, app: App, visitor: Visitor) -> str | None:
    """Which account this browser has proven lately, in this very sign-in."""
    opened = app.vault.opened(doors_of(request).proof_cookie.of(request).encode())
    if opened is None:
        return None
    sign_in, until, username = opened.decode().split("\n", 2)
    mine = secrets.compare_digest(sign_in, str(visitor.sign_in.id))
    return username if mine and app.clock().timestamp() < float(until) else None


def _show(
    request: Request,
    visitor: Visitor,
    deadline: Deadline,
    *,
    joined: list[OldAccount],
    username: str = "",
    error: str = "",
) -> Response:
    now = doors_of(request).app.clock()
    context: dict[str, object] = {
        "deadline": deadline,
        "passed": deadline.has_passed(now),
        "over": deadline.is_deleted(now),
        "joined": [(account, account.can_be_undone(now)) for account in joined],
        "username": username,
        "error": error,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return own_page(request, visitor, "legacy/begin.html", context, status)


ROUTES: tuple[BaseRoute, ...] = (
    Route(PAGE, begin, methods=["GET", "POST"], name="legacy"),
    Route(PAGE + "/join", agree, methods=["GET", "POST"]),
    Route(PAGE + "/undo/{username:path}", take_back, methods=["GET", "POST"]),
)
