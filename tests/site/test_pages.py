"""The pages that anyone may read, and what they say when they fail."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from mia_core.app import App
from mia_core.errors import SettingsError
from mia_site.app import create_app
from tests.site.signing_in import SAME_ORIGIN


@pytest.fixture
def migrated_url(one_database: str) -> str:
    """Pages that anyone may read are the same over every database."""
    return one_database


PAGES = ("/", "/login", "/privacy", "/privacy/versions", "/terms", "/safety", "/security")


class _Links(HTMLParser):
    """Every address that a page points to, and the elements in it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.elements: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


def read(page: str) -> _Links:
    links = _Links()
    links.feed(page)
    return links


async def test_the_first_page_says_that_she_is_an_ai_and_how_to_talk_with_her(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/")).text
    assert "AI companion" in page
    assert "a computer program, not a person" in page
    assert "https://x.com/miaaibot" in page
    assert "/privacy" in read(page).found


@pytest.mark.parametrize("path", PAGES)
async def test_every_link_within_the_site_leads_somewhere(browser: httpx.AsyncClient, path: str) -> None:
    links = [link for link in read((await browser.get(path)).text).found if link.startswith("/")]
    assert links
    for link in links:
        answer = await browser.get(link)
        if answer.is_redirect and answer.headers["location"].startswith("/"):
            answer = await browser.get(answer.headers["location"])
        assert answer.is_success or link.startswith("/login/begin"), link


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_needs_no_script_and_asks_no_other_server_for_anything(
    browser: httpx.AsyncClient, path: str
) -> None:
    page = read((await browser.get(path)).text)
    assert not {"script", "iframe", "img", "style"} & set(page.elements)


@pytest.mark.parametrize("path", [*PAGES, "/static/site.css", "/nowhere", "/healthz"])
async def test_every_answer_tells_browsers_to_allow_the_least(browser: httpx.AsyncClient, path: str) -> None:
    headers = (await browser.get(path)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "microphone=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers, "a laptop has no TLS"


async def test_in_production_browsers_are_told_to_come_by_tls_alone(app: App) -> None:
    own = app.settings.site.model_copy(update={"origin": "https://mia.test", "contact_email": "hello@mia.test"})
    settings = app.settings.model_copy(update={"environment": "production", "site": own})
    site = create_app(replace(app, settings=settings))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="https://mia.test") as client:
        assert "max-age=63072000" in (await client.get("/")).headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("site", "variable"),
    [({}, "MIA_SITE__ORIGIN"), ({"origin": "https://mia.test"}, "MIA_SITE__CONTACT_EMAIL")],
)
async def test_in_production_the_site_does_not_start_without_tls_and_somebody_to_write_to(
    app: App, site: dict[str, str], variable: str
) -> None:
    own = app.settings.site.model_copy(update=site)
    settings = app.settings.model_copy(update={"environment": "production", "site": own})
    with pytest.raises(SettingsError, match=variable):
        create_app(replace(app, settings=settings))


async def test_a_page_that_is_not_there_says_so_with_a_reference_that_stands_in_the_log(
    browser: httpx.AsyncClient,
) -> None:
    with capture_logs() as lines:
        response = await browser.get("/<b>nowhere</b>?secret=1")
    assert response.status_code == 404
    assert "There is no such page" in response.text
    reference = _reference(response.text)
    assert [line["reference"] for line in lines if line["event"] == "page_refused"] == [reference]
    assert "secret" not in str(lines)


async def test_a_failure_of_ours_says_so_with_a_reference_and_shows_nothing_of_the_inside(app: App) -> None:
    async def fail(_: Request) -> Response:
        raise RuntimeError("inner matters")

    site = create_app(app)
    site.router.routes.append(Route("/fails", fail))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://mia.test") as client:
        with capture_logs() as lines:
            response = await client.get("/fails")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text
    assert "inner matters" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    (line,) = [line for line in lines if line["event"] == "page_failed"]
    assert line["reference"] == _reference(response.text)
    assert isinstance(line["exc_info"], RuntimeError)


async def test_a_wrong_method_is_refused_and_says_which_are_right(browser: httpx.AsyncClient) -> None:
    response = await browser.post("/", headers=SAME_ORIGIN)
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]


def _reference(page: str) -> str:
    found = re.search(r"<code>([0-9a-f]{8})</code>", page)
    assert found, page
    return found[1]
