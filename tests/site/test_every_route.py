"""Every address of the site, whatever is sent to it: an answer that people can read, never a failure of ours."""

import asyncio
import re
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from mia_core.app import App
from mia_site.app import create_app
from tests.bot.sandbox.serving import Served
from tests.site.conftest import ORIGIN
from tests.site.signing_in import SAME_ORIGIN, sign_in


@pytest.fixture
def migrated_url(one_database: str) -> str:
    """Pages that anyone may read are the same over every database."""
    return one_database


ODD = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(["0", "", "None", "../..", "%00", "\x00", "' OR 1=1 --", "{{7*7}}", "2026-02-30", "a" * 5000]),
)
NAMES = (
    "q",
    "before",
    "next",
    "done",
    "state",
    "code",
    "id",
    "day",
    "from",
    "to",
    "statement",
    "named",
    "language",
)
FIELDS = st.dictionaries(st.sampled_from([*NAMES, "username", "password", "consent", "memory"]), ODD, max_size=4)


def _filled(route: Route, part: str) -> str:
    """The route's address with something in its places."""
    return re.sub(r"\{[^}]+\}", lambda _: quote(part, safe="") or "x", route.path)


async def test_no_route_fails_whatever_is_asked(app: App, x_server: Served) -> None:
    site = create_app(app)
    routes = [route for route in site.routes if isinstance(route, Route)]
    assert len(routes) > 30
    transport = httpx.ASGITransport(site, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        await sign_in(client, x_server)
        token = (await client.get("/me")).text.partition('name="form_token" value="')[2][:64]
        signed_in = dict(client.cookies)
        loop = asyncio.get_running_loop()

        async def ask(route: Route, part: str, fields: dict[str, str], right: bool) -> None:
            client.cookies.update(signed_in)
            path = _filled(route, part)
            answers = [await client.get(path, params=fields)]
            if "POST" in (route.methods or ()) and route.path != "/logout":
                form = {**fields, "form_token": token if right else "x"}
                answers.append(await client.post(path, data=form, headers=SAME_ORIGIN))
            for answer in answers:
                assert answer.status_code < 500, (path, fields, answer.text)

        @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(route=st.sampled_from(routes), part=ODD, fields=FIELDS, right=st.booleans())
        def play(route: Route, part: str, fields: dict[str, str], right: bool) -> None:
            asyncio.run_coroutine_threadsafe(ask(route, part, fields, right), loop).result(30)

        await asyncio.to_thread(play)
