"""The sandbox's page in a real browser, with MIA played by the test: what changes shows without a reload."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import Route, expect, sync_playwright

from mia_bot.sandbox.app import SandboxConfig
from mia_bot.sandbox.page.routes import Page
from mia_core.clock import system_clock
from tests.bot.sandbox.serving import BOT, Served, sandbox_server
from tests.browser import open_chromium


@pytest.fixture
def served() -> Iterator[Served]:
    """A sandbox with its page, without MIA's database."""
    page = Page(database=None, thinker="A test answers.", clock=system_clock)
    with sandbox_server(SandboxConfig(), extra_routes=page.routes()) as running:
        yield running


@pytest.fixture
def tab(served: Served) -> Iterator[Tab]:
    """The page opened as Amélie; neither a script error nor a refused resource is let pass."""
    with sync_playwright() as playwright, open_chromium(playwright) as browser:
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        faults: list[str] = []
        opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.goto(f"{served.origin}/?as=amelie_roux")
        yield opened
        assert faults == []


@pytest.fixture
def mia(served: Served) -> Iterator[httpx.Client]:
    """MIA's own account."""
    with served.client(BOT) as client:
        yield client


def say(mia: httpx.Client, served: Served, text: str) -> None:
    """MIA writes to Amélie, who has written to her."""
    path = f"/2/dm_conversations/with/{served.person('amelie_roux').id}/messages"
    mia.post(path, json={"text": text}).raise_for_status()


def write(tab: Tab, text: str) -> None:
    """Amélie writes to MIA on the page."""
    tab.fill("#dm-text", text)
    tab.press("#dm-text", "Enter")
    expect(tab.locator(".thread .me").last).to_contain_text(text)


def test_what_comes_while_the_page_is_asking_is_shown_as_well(tab: Tab, mia: httpx.Client, served: Served) -> None:
    write(tab, "hello")
    tab.evaluate(
        """() => new Promise((ready) => {
            window.heard = 0;
            const changes = new EventSource("/sandbox/events");
            changes.addEventListener("dm", () => { window.heard += 1; });
            changes.addEventListener("open", ready);
        })"""
    )
    overtaken: list[str] = []

    def answer_with_what_was(route: Route) -> None:
        answer = route.fetch()
        if not overtaken:
            overtaken.append("second")
            say(mia, served, "second")
            tab.wait_for_function("window.heard === 2")  # so the page has word of it, and still awaits this
        route.fulfill(response=answer)

    tab.route("**/page/live*", answer_with_what_was)
    say(mia, served, "first")
    expect(tab.locator(".thread .mia")).to_have_text([re.compile("first"), re.compile("second")])


def test_a_reply_in_writing_is_left_alone_and_the_rest_goes_on(
    tab: Tab, mia: httpx.Client, served: Served
) -> None:
    write(tab, "hello")
    tab.fill("#post-text", f"@{BOT} good morning")
    tab.press("#post-text", "Enter")
    tab.locator("article summary").click()
    tab.locator("article textarea").fill("half a sent")
    (root,) = served.world.posts
    say(mia, served, "a DM")
    mia.post("/2/tweets", json={"text": "a post", "reply": {"in_reply_to_tweet_id": str(root)}}).raise_for_status()
    expect(tab.locator(".thread .mia")).to_contain_text("a DM")
    expect(tab.locator("article textarea").first).to_have_value("half a sent")
    tab.locator("article summary").first.click()
    expect(tab.locator("article .by-mia")).to_contain_text("a post")


def test_reading_further_up_is_not_disturbed_by_a_new_message(tab: Tab, mia: httpx.Client, served: Served) -> None:
    write(tab, "hello")
    for number in range(30):
        say(mia, served, f"line {number}")
    expect(tab.locator(".thread .mia")).to_have_count(30)
    tab.evaluate("document.querySelector('.thread').closest('section').scrollTop = 10")
    say(mia, served, "one more")
    expect(tab.locator(".thread .mia")).to_have_count(31)
    assert tab.evaluate("document.querySelector('.thread').closest('section').scrollTop") == 10


def test_on_a_phone_one_writes_right_below_what_one_reads(tab: Tab) -> None:
    tab.set_viewport_size({"width": 360, "height": 740})
    thread = tab.locator("section", has=tab.locator(".thread")).last.bounding_box()
    field = tab.locator("#dm-text").bounding_box()
    assert thread
    assert field
    assert 0 <= field["y"] - (thread["y"] + thread["height"]) < 80
