"""A real browser for pages: Debian's Chromium, where the machine has it."""

import shutil
from pathlib import Path


def chromium_path() -> Path | None:
    """Where Chromium is, or None."""
    found = shutil.which("chromium")
    return Path(found) if found else None
