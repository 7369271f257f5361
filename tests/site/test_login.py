"""Login with X: who comes in, what is kept of it, and what nobody gets in by."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select, text
from sqlmodel import col
from structlog.testing import capture_logs

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.tables import Login, Person, SignIn
from mia_site.app import create_app
from mia_site.login.browser import browser_name
from mia_site.login.pages import safe_next
from tests.bot.sandbox.serving import Served
from tests.site.conftest import ORIGIN
from tests.site.signing_in import SAME_ORIGIN, allow, send, sign_in, to_x


@pytest.fixture
def migrated_url(one_database: str) -> str:
    """Who comes in does not depend on the database."""
    return one_database


async def test_a_person_signs_in_with_x_and_sees_their_own_page(
    browser: httpx.AsyncClient, x_server: Served
) -> None:
    led = await browser.get("/me/memories?q=tea")
    assert led.headers["location"] == "/login?next=%2Fme%2Fmemories%3Fq%3Dtea"
    assert "never learns your password" in (await browser.get(led.headers["location"])).text
    back = await browser.get(allow(x_server, await to_x(browser, "/me/memories?q=tea")))
    assert (back.status_code, back.headers["location"]) == (303, "/me/memories?q=tea")
    (kept,) = [cookie for cookie in back.headers.get_list("set-cookie") if cookie.startswith("mia=")]
    assert "Max-Age=2592000" in kept, "for the thirty days that the page tells"
    page = await browser.get("/me")
    assert "@amelie_roux" in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_x_is_asked_for_no_more_than_who_it_is(browser: httpx.AsyncClient) -> None:
    asked = parse_qs(urlsplit(await to_x(browser)).query)
    assert set(asked["scope"][0].split()) == {"users.read", "tweet.read"}
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://127.0.0.1:8080/login/x"]


async def test_whoever_is_renamed_on_x_is_the_same_person(
    app: App, browser: httpx.AsyncClient, x_server: Served
) -> None:
    await sign_in(browser, x_server)
    async with app.database.writing() as connection:
        await connection.execute(text("UPDATE person SET username = 'an_older_name', language = 'fr'"))
    await sign_in(browser, x_server)
    async with app.database.reading() as connection:
        people = (await connection.execute(select(Person))).mappings().all()
    assert [(person["username"], person["language"]) for person in people] == [("amelie_roux", "fr")]


async def test_neither_the_cookie_nor_x_s_token_nor_the_verifier_is_kept_in_plain_text(
    app: App, browser: httpx.AsyncClient, x_server: Served
) -> None:
    back = allow(x_server, await to_x(browser))
    async with app.database.reading() as connection:
        (began,) = (await connection.execute(select(Login))).mappings().all()
    assert began["sealed_verifier"].startswith(b"gAAAA")
    assert parse_qs(urlsplit(back).query)["state"][0] not in str(dict(began))
    with capture_logs() as lines:
        await browser.get(back)
    secret = browser.cookies["mia"].rpartition(".")[2]
    async with app.database.reading() as connection:
        (kept,) = (await connection.execute(select(SignIn))).mappings().all()
        assert (await connection.execute(select(Login))).all() == []
    token = app.vault.open(kept["sealed_token"]).decode()
    assert secret not in str(dict(kept))
    assert token not in str(dict(kept))
    assert not any(secret in str(line) or token in str(line) for line in lines)
    assert any(line["event"] == "signed_in" for line in lines)


@pytest.mark.parametrize("path", ["/login/x", "/login/x?state=made-up&code=made-up"])
async def test_who_comes_back_without_having_gone_is_not_signed_in(browser: httpx.AsyncClient, path: str) -> None:
    page = await browser.get(path)
    assert page.status_code == 400
    assert "Begin anew" in page.text
    assert "mia" not in browser.cookies


async def test_another_browser_cannot_finish_a_login(
    app: App, browser: httpx.AsyncClient, x_server: Served
) -> None:
    back = allow(x_server, await to_x(browser))
    transport = httpx.ASGITransport(create_app(app))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as other:
        assert (await other.get(back)).status_code == 400
        await to_x(other)
        assert (await other.get(back)).status_code == 400, "not even with a login of its own under way"
        assert "mia" not in other.cookies
    assert (await browser.get(back)).status_code == 303


async def test_a_login_is_finished_once_and_within_ten_minutes(
    browser: httpx.AsyncClient, x_server: Served, clock: ManualClock
) -> None:
    back = allow(x_server, await to_x(browser))
    assert (await browser.get(back)).status_code == 303
    assert (await browser.get(back)).status_code == 400
    late = allow(x_server, await to_x(browser))
    clock.move(timedelta(minutes=10, seconds=1))
    assert (await browser.get(late)).status_code == 400


async def test_who_does_not_allow_it_on_x_is_told_that_nothing_has_changed(
    browser: httpx.AsyncClient, x_server: Served
) -> None:
    page = await browser.get(allow(x_server, await to_x(browser), decision="deny"))
    assert page.status_code == 403
    assert "Nothing has changed" in page.text


async def test_a_code_that_x_does_not_know_signs_nobody_in(browser: httpx.AsyncClient, x_server: Served) -> None:
    back = allow(x_server, await to_x(browser))
    state = parse_qs(urlsplit(back).query)["state"][0]
    with capture_logs() as lines:
        page = await browser.get(f"/login/x?state={state}&code=made-up")
    assert page.status_code == 502
    assert "X did not confirm who you are" in page.text
    assert [line["reason"] for line in lines if line["event"] == "login_failed"] == [
        "X gives no token (Value passed for the authorization code was invalid.)"
    ]


async def test_a_new_login_gives_a_new_secret_and_ends_the_one_before(
    browser: httpx.AsyncClient, x_server: Served
) -> None:
    await sign_in(browser, x_server)
    before = browser.cookies["mia"]
    await sign_in(browser, x_server)
    assert browser.cookies["mia"] != before
    browser.cookies.set("mia", before)
    assert (await browser.get("/me")).status_code == 303


async def test_a_cookie_that_somebody_made_up_or_changed_opens_nothing(
    browser: httpx.AsyncClient, x_server: Served
) -> None:
    await sign_in(browser, x_server)
    person, sign_in_id, secret = browser.cookies["mia"].split(".")
    made_up = ["", "x", "1.2", f"{person}.{sign_in_id}.", f"{person}.{sign_in_id}.{secret[:-1]}", f"-1.1.{secret}"]
    made_up += [f"{int(person) + 1}.{sign_in_id}.{secret}", f"{'9' * 40}.1.{secret}", "١.٢.x"]
    for cookie in made_up:
        answer = await browser.get("/me", headers={b"cookie": f"mia={cookie}".encode()})
        assert answer.status_code == 303, cookie
        browser.cookies.clear()


async def test_signing_out_ends_it_here_and_at_x(app: App, browser: httpx.AsyncClient, x_server: Served) -> None:
    await sign_in(browser, x_server)
    cookie = browser.cookies["mia"]
    async with app.database.reading() as connection:
        sealed = (await connection.execute(select(col(SignIn.sealed_token)))).scalar_one()
    assert sealed
    token = {"authorization": f"Bearer {app.vault.open(sealed).decode()}"}
    me = f"{x_server.origin}/2/users/me"
    async with httpx.AsyncClient(headers=token) as x:
        assert (await x.get(me)).status_code == 200
        left = await send(browser, "/logout", "/me")
        assert (left.status_code, left.headers["location"]) == (303, "/")
        assert (await x.get(me)).status_code == 401
    async with app.database.reading() as connection:
        assert (await connection.execute(select(col(SignIn.sealed_token)))).scalar_one() is None
    browser.cookies.set("mia", cookie)
    assert (await browser.get("/me")).status_code == 303


async def test_a_sign_in_ends_after_thirty_days(
    browser: httpx.AsyncClient, x_server: Served, clock: ManualClock
) -> None:
    await sign_in(browser, x_server)
    clock.move(timedelta(days=29, hours=23))
    assert (await browser.get("/me")).status_code == 200
    clock.move(timedelta(hours=1, seconds=1))
    assert (await browser.get("/me")).status_code == 303


async def test_other_browsers_are_listed_and_can_be_signed_out(
    app: App, browser: httpx.AsyncClient, x_server: Served
) -> None:
    transport = httpx.ASGITransport(create_app(app))
    phone = {"user-agent": "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=phone) as other:
        await sign_in(other, x_server)
        await sign_in(browser, x_server)
        page = (await browser.get("/me/sign-ins")).text
        assert "Firefox on Android" in page
        assert "(this one)" in page
        await send(browser, "/me/sign-ins/end-others", "/me/sign-ins")
        assert (await other.get("/me")).status_code == 303
        await sign_in(other, x_server)
        sign_in_id = other.cookies["mia"].split(".")[1]
        await send(browser, f"/me/sign-ins/{sign_in_id}/end", "/me/sign-ins")
        assert (await other.get("/me")).status_code == 303
    assert (await browser.get("/me")).status_code == 200


async def test_over_tls_cookies_are_bound_to_the_host_and_out_of_reach_of_scripts(
    app: App, x_server: Served
) -> None:
    site = app.settings.site.model_copy(update={"origin": "https://mia.test"})
    secure = replace(app, settings=app.settings.model_copy(update={"site": site}))
    transport = httpx.ASGITransport(create_app(secure))
    async with httpx.AsyncClient(transport=transport, base_url="https://mia.test") as client:
        led = await client.get("/login/begin")
    cookie = led.headers["set-cookie"]
    assert cookie.startswith("__Host-mia_login=")
    for flag in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"):
        assert flag in cookie
    assert "Domain" not in cookie


async def test_without_an_app_of_x_s_the_page_says_what_one_can_do_instead(app: App) -> None:
    settings = app.settings.model_copy(update={"x": app.settings.x.model_copy(update={"client_id": None})})
    transport = httpx.ASGITransport(create_app(replace(app, settings=settings)))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        page = await client.get("/login/begin")
    assert page.status_code == 503
    assert "by direct message" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.test",
        "//evil.test",
        "/\\evil.test",
        "/a\\b",
        "javascript:alert(1)",
        "",
        "/login",
        "/é",
        "/a\nb",
    ],
)
def test_no_link_leads_people_elsewhere_after_their_login(path: str) -> None:
    assert safe_next(path) == "/me"
    assert safe_next("/me/memories?q=a%20b") == "/me/memories?q=a%20b"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
        (SAME_ORIGIN, 403),
    ],
)
async def test_a_form_that_is_not_from_a_page_of_this_browser_changes_nothing(
    browser: httpx.AsyncClient, x_server: Served, headers: dict[str, str], status: int
) -> None:
    await sign_in(browser, x_server)
    for token in ("", "0" * 64):
        answer = await browser.post("/me/memory", data={"memory": "off", "form_token": token}, headers=headers)
        assert answer.status_code == status
        assert "Go back" in answer.text
    assert "Pause memory" in (await browser.get("/me")).text


async def test_a_form_of_another_person_s_browser_is_not_taken(
    app: App, browser: httpx.AsyncClient, x_server: Served
) -> None:
    await sign_in(browser, x_server)
    transport = httpx.ASGITransport(create_app(app))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as other:
        await sign_in(other, x_server, "yuki_hoshino")
        page = (await other.get("/me")).text
    token = page.partition('name="form_token" value="')[2][:64]
    answer = await browser.post("/me/memory", data={"memory": "off", "form_token": token}, headers=SAME_ORIGIN)
    assert answer.status_code == 403


async def test_a_body_out_of_all_measure_is_not_read(browser: httpx.AsyncClient, x_server: Served) -> None:
    await sign_in(browser, x_server)
    answer = await browser.post("/me/memory", content=b"memory=" + b"x" * 10_000_000, headers=SAME_ORIGIN)
    assert answer.status_code == 413

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 1_000

    form = {**SAME_ORIGIN, "content-type": "application/x-www-form-urlencoded"}
    assert (await browser.post("/me/memory", content=drip(), headers=form)).status_code == 413


_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {_WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge on Windows",
        ),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {_WEBKIT} Safari/604.1", "Safari on iPhone"),
        ("curl/8.5", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_goes_by_the_name_that_its_owner_knows(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
