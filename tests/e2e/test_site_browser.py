"""The site in a real browser, beside a running MIA: sign in with X, see what she keeps, rule over it."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests.browser import open_chromium
from tests.e2e.running import Demo, running_demo

PATIENCE_MS = 30_000
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo, in which Amélie has told of her dog."""
    with running_demo(tmp_path_factory.mktemp("site") / "data") as running:
        running.wait_until_ready()
        with sync_playwright() as playwright, open_chromium(playwright) as browser:
            page = browser.new_page()
            page.goto(f"{running.origin}/?as=amelie_roux")
            page.fill("#dm-text", "Hi! My dog is called Luna.")
            page.press("#dm-text", "Enter")
            expect(page.locator(".mind")).to_contain_text("dog is called Luna", timeout=PATIENCE_MS)
        yield running


@pytest.fixture
def page(demo: Demo) -> Iterator[Page]:
    """A page on a phone, without scripts, that nobody has signed in with; nothing may be wrong with it."""
    with sync_playwright() as playwright, open_chromium(playwright) as browser:
        opened = browser.new_context(java_script_enabled=False, viewport=PHONE).new_page()
        opened.set_default_timeout(PATIENCE_MS)
        faults: list[str] = []
        opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        yield opened
        # a form that is sent back with its errors is one of the things that are tried
        assert [fault for fault in faults if "422" not in fault] == []


def sign_in(demo: Demo, page: Page, name: str) -> None:
    """From the first page to one's own."""
    page.goto(demo.site)
    page.click("text=Your data")
    page.click("text=Continue to X")
    page.check(f"text=@{name}")
    page.click("text=Allow")
    expect(page.locator("h1")).to_have_text("Your data")


PUBLIC = ("/", "/login", "/privacy", "/privacy/versions", "/terms", "/safety", "/security", "/nowhere")
ME = ("", "/memories", "/conversations", "/conversations/delete", "/feelings", "/feelings/reset", "/sign-ins")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_people_out_of_a_page(demo: Demo, scheme: Literal["light", "dark"]) -> None:
    axe = Axe()
    with sync_playwright() as playwright, open_chromium(playwright) as browser:
        # axe is a script of its own, which no page of ours would let in
        page = browser.new_context(bypass_csp=True, color_scheme=scheme).new_page()
        page.set_default_timeout(PATIENCE_MS)
        sign_in(demo, page, "amelie_roux")
        page.click("nav.own >> text=Memories")
        memory = page.locator(".rows a").first.get_attribute("href") if page.locator(".rows a").count() else None
        more = (memory, f"{memory}/offer", f"{memory}/delete") if memory else ()
        found = {}
        paths = (*PUBLIC, *(f"/me{path}" for path in ME), "/legacy", *more)
        for path in paths if scheme == "light" else paths[::4]:
            page.goto(f"{demo.site}{path}")
            result = axe.run(page)
            found[path] = [(each["id"], each["nodes"][0]["html"]) for each in result.response["violations"]]
        assert {path: faults for path, faults in found.items() if faults} == {}


def test_what_she_learnt_in_a_dm_is_seen_corrected_and_deleted_on_the_site(demo: Demo, page: Page) -> None:
    sign_in(demo, page, "amelie_roux")
    page.click("nav.own >> text=Memories")
    page.click("text=dog is called Luna")
    page.fill("#statement", "")
    page.click("text=Correct >> nth=-1")
    expect(page.locator("[role=alert]")).to_contain_text("Write what is true")
    page.fill("#statement", "Amélie's dog is called Lunette.")
    page.click("button:has-text('Correct')")
    expect(page.locator("[role=status]")).to_contain_text("Corrected")
    page.click("text=Let others know it")
    page.check("#named")
    page.click("button:has-text('Let others know this')")
    expect(page.locator("dl")).to_contain_text("until the team has decided")
    page.click("button:has-text('Take it back')")
    page.click("text=Delete this memory")
    expect(page.locator("main")).to_contain_text("will not learn it again")
    page.click("button:has-text('Delete it')")
    expect(page.locator("main")).not_to_contain_text("Lunette")


def test_conversations_and_feelings_are_shown_and_every_page_fits_a_phone(demo: Demo, page: Page) -> None:
    sign_in(demo, page, "amelie_roux")
    for name in ("Overview", "Memories", "Conversations", "Feelings", "Sign-ins"):
        page.click(f"nav.own >> text={name}")
        assert page.locator("html").evaluate("each => each.scrollWidth") <= PHONE["width"], name
    page.click("nav.own >> text=Feelings")
    expect(page.locator("svg[role=img]")).to_be_visible()
    page.click("nav.own >> text=Conversations")
    page.click(".rows a")
    expect(page.locator(".talk")).to_contain_text("Hi!")


def test_whoever_signs_out_is_out_and_another_person_sees_nothing_of_it(demo: Demo, page: Page) -> None:
    sign_in(demo, page, "amelie_roux")
    page.click("button:has-text('Sign out')")
    page.goto(f"{demo.site}/me")
    expect(page.locator("h1")).to_have_text("Sign in with X")
    sign_in(demo, page, "yuki_hoshino")
    page.click("nav.own >> text=Memories")
    expect(page.locator("main")).not_to_contain_text("Luna")
