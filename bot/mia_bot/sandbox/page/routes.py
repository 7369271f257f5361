"""The page's routes. What one does on it goes over X's own routes, as the person who was picked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from mia_bot.sandbox.config import SandboxConfig
from mia_bot.sandbox.page.panel import read_mind
from mia_bot.sandbox.page.view import view_of
from mia_bot.sandbox.records import Person
from mia_bot.sandbox.world import World
from mia_core.clock import Clock
from mia_core.database import Database

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Page:
    """The page; `database` is MIA's own, if the sandbox may look into it, and `thinker` names what answers."""

    def __init__(self, *, database: Database | None, thinker: str, clock: Clock) -> None:
        self._database = database
        self._thinker = thinker
        self._clock = clock
        self._templates = Jinja2Templates(_HERE / "templates")

    def routes(self) -> Sequence[BaseRoute]:
        """To be put beside the sandbox's own."""
        return (
            Route("/", self.show, methods=["GET"]),
            Route("/page/live", self.show_live, methods=["GET"]),
            Route("/page/dm", self.send_dm, methods=["POST"]),
            Route("/page/post", self.publish, methods=["POST"]),
            Route("/page/person", self.add_person, methods=["POST"]),
            Mount("/page/static", StaticFiles(directory=_HERE / "static")),
        )

    async def show(self, request: Request) -> Response:
        """GET /: the whole page."""
        return await self._render(request, "page.html", problem=request.query_params.get("problem", ""))

    async def show_live(self, request: Request) -> Response:
        """GET /page/live: the part that changes, for the page's script to put in place."""
        return await self._render(request, "live.html")

    async def send_dm(self, request: Request) -> Response:
        """POST /page/dm: write to MIA."""
        form = await request.form()
        path = f"/2/dm_conversations/with/{_mia(request).id}/messages"
        return await self._act(request, form, path, {"text": str(form.get("text", ""))})

    async def publish(self, request: Request) -> Response:
        """POST /page/post: a public post, or a reply to one."""
        form = await request.form()
        body: dict[str, Any] = {"text": str(form.get("text", ""))}
        if answered := form.get("reply_to"):
            body["reply"] = {"in_reply_to_tweet_id": str(answered)}
        return await self._act(request, form, "/2/tweets", body)

    async def add_person(self, request: Request) -> Response:
        """POST /page/person: somebody new."""
        form = await request.form()
        body = {"username": str(form.get("username", "")), "name": str(form.get("name", ""))}
        return await self._act(request, form, "/sandbox/people", body, becomes=body["username"])

    async def _act(
        self, request: Request, form: FormData, path: str, body: Mapping[str, Any], becomes: str = ""
    ) -> Response:
        """Do it over the wire, and lead back to the page; a refusal is shown there."""
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return HTMLResponse("Only the sandbox's own page may act here.", 403)
        person = _person(request, str(form.get("as", "")))
        token = person.bearer_token.get_secret_value()
        transport = httpx.ASGITransport(app=request.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
            answer = await http.post(path, json=body, headers={"Authorization": f"Bearer {token}"})
        query = {"as": person.username}
        if answer.is_success:
            query["as"] = becomes or person.username
        else:
            query["problem"] = _words(answer)
        return RedirectResponse(f"/?{urlencode(query)}", 303)

    async def _render(self, request: Request, template: str, **more: Any) -> Response:
        person = _person(request, request.query_params.get("as", ""))
        mind = await read_mind(self._database, person.id, self._clock()) if self._database else None
        context = {
            "view": view_of(request.app.state.world, person, _mia(request)),
            "mind": mind,
            "thinker": self._thinker,
            **more,
        }
        return self._templates.TemplateResponse(request, template, context, headers=_HEADERS)


def _mia(request: Request) -> Person:
    config: SandboxConfig = request.app.state.config
    world: World = request.app.state.world
    return world.people_by_username[config.bot_username.lower()]


def _person(request: Request, username: str) -> Person:
    """Who was picked; the first of the people where nobody, or nobody known, was."""
    world: World = request.app.state.world
    picked, mia = world.person_named(username), _mia(request)
    if picked and picked.id != mia.id:
        return picked
    return next(person for person in world.people.values() if person.id != mia.id)


def _words(answer: httpx.Response) -> str:
    found = answer.json()
    errors = found.get("errors") or [{}]
    return str(errors[0].get("message") or found.get("detail") or found.get("title") or "That did not work.")
