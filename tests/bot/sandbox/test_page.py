"""The sandbox's page, over HTTP: what it shows, what one can do on it, and what it refuses."""

from collections.abc import Iterator

import httpx
import pytest

from mia_bot.sandbox.app import SandboxConfig
from mia_bot.sandbox.page.routes import Page
from mia_core.clock import system_clock
from tests.bot.sandbox.serving import BOT, Served, sandbox_server


@pytest.fixture
def served() -> Iterator[Served]:
    """A sandbox with its page, without MIA's database."""
    page = Page(database=None, thinker="A script answers.", clock=system_clock)
    with sandbox_server(SandboxConfig(), extra_routes=page.routes()) as running:
        yield running


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    """Follows redirects, as a browser does."""
    with httpx.Client(base_url=served.origin, follow_redirects=True) as client:
        yield client


def test_a_message_typed_as_a_person_is_a_dm_of_theirs(browser: httpx.Client, served: Served) -> None:
    page = browser.post("/page/dm", data={"as": "yuki_hoshino", "text": "<b>hello</b> & שלום"})
    assert "&lt;b&gt;hello&lt;/b&gt; &amp; שלום" in page.text
    with served.client(BOT) as mia:
        (event,) = mia.get("/2/dm_events?dm_event.fields=sender_id,text").json()["data"]
    assert event["sender_id"] == str(served.person("yuki_hoshino").id)


def test_a_post_and_a_reply_stand_in_one_thread(browser: httpx.Client, served: Served) -> None:
    browser.post("/page/post", data={"as": "amelie_roux", "text": f"@{BOT} good morning"})
    (root,) = served.world.posts
    page = browser.post("/page/post", data={"as": "yuki_hoshino", "text": "me too", "reply_to": str(root)})
    assert page.text.count("<article>") == 1
    assert "me too" in page.text


def test_a_refusal_of_xs_is_shown_in_its_words(browser: httpx.Client) -> None:
    for _ in range(2):
        page = browser.post("/page/post", data={"as": "amelie_roux", "text": "twice"})
    assert "duplicate content" in page.text
    assert 'role="alert"' in page.text


def test_somebody_new_can_join_and_is_picked(browser: httpx.Client) -> None:
    page = browser.post("/page/person", data={"as": "amelie_roux", "username": "newcomer", "name": ""})
    assert '<option value="newcomer" selected>' in page.text


def test_nobody_can_act_as_mia_on_the_page(browser: httpx.Client, served: Served) -> None:
    browser.post("/page/post", data={"as": BOT, "text": "I am MIA"})
    (post,) = served.world.posts.values()
    assert post.author_id != served.person(BOT).id


def test_another_sites_page_cannot_act(browser: httpx.Client, served: Served) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    answer = browser.post("/page/post", data={"as": "amelie_roux", "text": "spam"}, headers=headers)
    assert answer.status_code == 403
    assert not served.world.posts


def test_the_page_loads_nothing_from_elsewhere_and_allows_no_inline_script(browser: httpx.Client) -> None:
    page = browser.get("/")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "https://" not in page.text
    for path in ("page.css", "page.js", "icon.svg"):
        assert browser.get(f"/page/static/{path}").status_code == 200


def test_without_mias_database_the_panel_says_so(browser: httpx.Client) -> None:
    assert "without MIA's database" in browser.get("/").text.replace("&#39;", "'")
