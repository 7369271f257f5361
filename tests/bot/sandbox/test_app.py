"""The app as a whole: what can be put into it, and how it bears a crowd."""

import time

from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mia_bot.sandbox.app import SandboxConfig, create_app
from mia_bot.sandbox.publish import CreatePost, publish
from tests.bot.sandbox.desk import Desk, open_desk
from tests.bot.sandbox.serving import sandbox_server


class _AnswersLost:
    """A fault as it may be put in: the call has its effect, but its answer never arrives as it was."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return

        async def lost(_: object) -> None:
            """The app's own answer goes nowhere."""

        await self._app(scope, receive, lost)
        await HTMLResponse("<h1>Over capacity</h1>", 503)(scope, receive, send)


def test_a_layer_can_lose_the_answer_of_a_call_that_had_its_effect() -> None:
    with sandbox_server(layers=[Middleware(_AnswersLost)]) as served, served.client() as amelie:
        assert amelie.post("/2/tweets", json={"text": "did it arrive?"}).status_code == 503
        own = amelie.get(f"/2/users/{served.person().id}/tweets").json()
        assert own["data"][0]["text"] == "did it arrive?"


def test_further_routes_stand_beside_its_own() -> None:
    async def page(_: object) -> PlainTextResponse:
        return PlainTextResponse("a page")

    with sandbox_server(extra_routes=[Route("/", page)]) as served, served.client() as amelie:
        assert amelie.get("/").text == "a page"
        assert amelie.get("/2/users/me").status_code == 200


async def test_a_profile_image_can_be_fetched_and_holds_its_name_as_text(desk: Desk) -> None:
    body = {"username": "tagged", "name": "<script>"}
    person_id = (await desk.http.post("/sandbox/people", json=body)).json()["id"]
    params = {"user.fields": "profile_image_url"}
    user = (await desk.call("GET", f"/2/users/{person_id}", "amelie_roux", params=params)).json()["data"]
    picture = await desk.http.get(user["profile_image_url"])
    assert picture.headers["content-type"] == "image/svg+xml"
    assert ">&lt;</text>" in picture.text


async def test_thousands_of_posts_and_messages_stay_quick_to_page_through() -> None:
    async with open_desk() as desk:
        author = desk.person("amelie_roux")
        for number in range(5000):
            publish(desk.world, author, CreatePost(text=f"@miaaibot number {number}"), as_bot=False)
        path = f"/2/users/{desk.person('miaaibot').id}/mentions"
        params = {"max_results": "100", "expansions": "author_id", "tweet.fields": "entities,created_at"}
        started = time.perf_counter()
        for _ in range(10):
            await desk.call("GET", path, "miaaibot", params=params)
            await desk.call("GET", "/2/tweets/search/recent", "miaaibot", params={"query": '"number 7"'})
        assert time.perf_counter() - started < 5


def test_an_app_needs_nothing_but_a_clock(desk: Desk) -> None:
    app = create_app(SandboxConfig(), clock=desk.clock)
    assert app.state.world.person_named("MIAAIBOT").name == "MIA"
