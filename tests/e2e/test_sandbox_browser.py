"""The sandbox's page in a real browser, with MIA behind it: write to her, see her answer, see what she keeps."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import open_chromium
from tests.e2e.running import Demo, running_demo

PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all tests of this file."""
    with running_demo(tmp_path_factory.mktemp("browser") / "data") as running:
        yield running.wait_until_ready()


@pytest.fixture
def page(demo: Demo, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of the browser; the marker's parameter says whether scripts run in it."""
    scripts = getattr(request, "param", True)
    with sync_playwright() as playwright, open_chromium(playwright) as browser:
        context = browser.new_context(java_script_enabled=scripts, viewport={"width": 1280, "height": 900})
        opened = context.new_page()
        opened.set_default_timeout(PATIENCE_MS)
        faults: list[str] = []
        opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: faults.append(str(error)))
        yield opened
        assert faults == []


def test_she_answers_without_a_reload_and_the_panel_shows_what_she_keeps(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.origin}/?as=amelie_roux")
    page.fill("#dm-text", "Hi! My dog is called Luna.")
    page.press("#dm-text", "Enter")
    answers = page.locator(".thread .mia")
    expect(answers).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator(".mind")).to_contain_text("dog is called Luna", timeout=PATIENCE_MS)
    page.fill("#dm-text", "What is my dog's name?")
    page.press("#dm-text", "Enter")
    expect(answers).to_have_count(2, timeout=PATIENCE_MS)
    expect(answers.last).to_contain_text("Luna")


def test_a_mention_is_answered_in_its_thread_and_tells_nothing_private(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.origin}/?as=amelie_roux")
    page.fill("#post-text", "@miaaibot what do you know about my dog?")
    page.press("#post-text", "Enter")
    answer = page.locator("article", has_text="what do you know about my dog?").locator(".by-mia")
    expect(answer).to_have_count(1, timeout=PATIENCE_MS)
    expect(answer).not_to_contain_text("Luna")


def test_every_mention_of_one_person_is_answered(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.origin}/?as=ana_ferreira")
    for text in ("hello out there", "hello once more"):
        page.fill("#post-text", f"@miaaibot {text}")
        page.press("#post-text", "Enter")
        answer = page.locator("article", has_text=text).locator(".by-mia")
        expect(answer).to_have_count(1, timeout=PATIENCE_MS)


def test_what_she_keeps_of_one_person_is_not_shown_to_another(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.origin}/?as=yuki_hoshino")
    expect(page.locator(".mind")).not_to_contain_text("Luna")
    expect(page.locator(".thread")).not_to_contain_text("Luna")


@pytest.mark.parametrize("page", [False], indirect=True, ids=["without-scripts"])
def test_it_works_without_javascript(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.origin}/?as=yuki_hoshino")
    page.fill("#dm-text", "I love tea.")
    page.click("section.compose form[action='/page/dm'] button")
    for _ in range(60):
        if page.locator(".thread .mia").count():
            break
        page.reload()
        page.wait_for_timeout(250)
    expect(page.locator(".thread .mia")).to_have_count(1)


def test_a_phone_shows_everything_without_scrolling_sideways(demo: Demo, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(demo.origin)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_words_that_look_like_html_stay_words(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.origin}/?as=yuki_hoshino")
    page.fill("#dm-text", "<img src=x onerror=alert(1)>")
    page.press("#dm-text", "Enter")
    expect(page.locator(".thread .me").last).to_contain_text("<img src=x", timeout=PATIENCE_MS)
    assert page.locator(".thread img").count() == 0
