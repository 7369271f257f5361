"""/admin: who may come in, what they see, and that each look and each decision leaves a line."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col
from structlog.testing import capture_logs

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.tables import Publication
from mia_site.app import create_app
from tests.bot.sandbox.serving import Served
from tests.core.wishes.test_share import offered
from tests.core.xai.standin import StandinXai
from tests.site.conftest import ORIGIN
from tests.site.signing_in import send, sign_in


@pytest.fixture
def migrated_url(one_database: str) -> str:
    """Who comes in does not depend on the database."""
    return one_database


PAGE = "/admin/memories"


@pytest.fixture
async def chief(app: App, x_server: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which an admin is signed in."""
    admins = (x_server.person("yuki_hoshino").id,)
    site = app.settings.site.model_copy(update={"admins": admins})
    named = replace(app, settings=app.settings.model_copy(update={"site": site}))
    transport = httpx.ASGITransport(create_app(named), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        await sign_in(client, x_server, "yuki_hoshino")
        yield client


async def state(app: App) -> str:
    """Of the only offer."""
    async with app.database.reading() as connection:
        return str((await connection.execute(select(col(Publication.state)))).scalar_one())


@pytest.mark.parametrize(("act", "state_then"), [("approve", "approved"), ("decline", "declined")])
async def test_an_admin_sees_the_sentence_alone_and_decides_once(
    app: App, chief: httpx.AsyncClient, model: StandinXai, act: str, state_then: str
) -> None:
    publication = await offered(app, model)
    with capture_logs() as lines:
        page = (await chief.get(PAGE)).text
        assert "Ana plays chess." in page
        assert "@ana" not in page
        answer = await send(chief, f"{PAGE}/{publication}/{act}", PAGE)
    assert await state(app) == state_then
    assert state_then.capitalize() in (await chief.get(answer.headers["location"])).text
    told = [(line["event"], line["who"], line["what"]) for line in lines if line["event"].startswith("operator_")]
    assert ("operator_looked", "@yuki_hoshino", f"memories {publication}") in told
    assert told[-1] == ("operator_decided", "@yuki_hoshino", f"memories {publication}")
    assert "chess" not in str(lines)


async def test_of_two_admins_the_second_is_told(app: App, chief: httpx.AsyncClient, model: StandinXai) -> None:
    publication = await offered(app, model)
    await send(chief, f"{PAGE}/{publication}/approve", PAGE)
    answer = await send(chief, f"{PAGE}/{publication}/decline", "/me")
    assert "was decided before" in (await chief.get(answer.headers["location"])).text
    assert await state(app) == "approved"


async def test_to_everybody_else_there_is_no_such_page(
    app: App, browser: httpx.AsyncClient, x_server: Served, model: StandinXai
) -> None:
    publication = await offered(app, model)
    assert (await browser.get(PAGE)).status_code == 303
    await sign_in(browser, x_server)
    assert (await browser.get(PAGE)).status_code == 404
    assert (await send(browser, f"{PAGE}/{publication}/approve", "/me")).status_code == 404
    assert await state(app) == "offered"


async def test_an_admin_signs_in_anew_after_a_quarter_of_an_hour(
    chief: httpx.AsyncClient, x_server: Served, clock: ManualClock
) -> None:
    assert (await chief.get(PAGE)).status_code == 200
    clock.move(timedelta(minutes=15, seconds=1))
    assert (await chief.get(PAGE)).headers["location"] == "/login?next=%2Fadmin%2Fmemories"
    await sign_in(chief, x_server, "yuki_hoshino")
    assert (await chief.get(PAGE)).status_code == 200


async def test_an_act_that_is_none_is_not_there(chief: httpx.AsyncClient) -> None:
    assert (await send(chief, f"{PAGE}/1/burn", "/me")).status_code == 404
