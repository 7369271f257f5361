"""What all tests share: which of them run here, and the resources they run on."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mia_core.app import App, open_app
from mia_core.clock import ManualClock
from mia_core.database import open_database
from mia_core.schema import upgrade
from mia_core.settings import DatabaseSettings, Settings, VaultSettings, XaiSettings
from tests.browser import chromium_path
from tests.postgres import Postgres, start_postgres
from tests.core.xai.standin import StandinXai, serve_standin

REFERENCE_DATA = os.environ.get("MIA_REFERENCE_DATA")
_left_out: dict[str, int] = {}


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what this machine has no means for; the summary says so in one line each."""
    if collection_path.name == "reference" and collection_path.is_dir() and not REFERENCE_DATA:
        _left_out["tests against reference data: set MIA_REFERENCE_DATA to its folder"] = 1
        return True
    if collection_path.name.endswith("_browser.py") and chromium_path() is None:
        _left_out["browser tests: install Debian's chromium (apt-get install chromium)"] = 1
        return True
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and whether the reference data was used."""
    for what in _left_out:
        terminalreporter.write_line(f"left out: {what}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server, for the whole run."""
    with start_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mia.sqlite3'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still: a Monday noon."""
    return ManualClock(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))


@pytest.fixture
def standin_xai() -> Iterator[StandinXai]:
    """A server that answers as xAI would, with what a test tells it."""
    with serve_standin() as standin:
        yield standin


@pytest.fixture
def settings(database_url: str, tmp_path: Path, standin_xai: StandinXai) -> Settings:
    """A configuration that points at the test's own database and stand-in."""
    return Settings(
        database=DatabaseSettings(url=database_url),
        xai=XaiSettings(base_url=standin_xai.base_url, attempts=2, timeout_s=5),
        vault=VaultSettings(key_file=tmp_path / "mia.key"),
    )


@pytest.fixture
async def app(settings: Settings, clock: ManualClock) -> AsyncIterator[App]:
    """Everything open, over a migrated database."""
    async with open_database(settings.database) as database:
        await upgrade(database)
    async with open_app(settings, clock=clock) as opened:
        yield opened
