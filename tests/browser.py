"""A real browser for pages: Debian's Chromium, where the machine has it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright

_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""So that it asks for nothing but the pages under test."""


def chromium_path() -> Path | None:
    """Where Chromium is, or None."""
    found = shutil.which("chromium")
    return Path(found) if found else None


@contextmanager
def open_chromium(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium; its sandbox is off, as root it would not start."""
    browser = playwright.chromium.launch(
        executable_path=chromium_path(), args=["--no-sandbox", *_QUIET], headless=True
    )
    try:
        yield browser
    finally:
        browser.close()
