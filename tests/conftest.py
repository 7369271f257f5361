"""What all tests share: which of them run here, and the resources they run on."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mia_core.app import App, open_app
from mia_core.clock import ManualClock
from mia_core.database import open_database
from mia_core.memory.embed import UseEmbedder
from mia_core.schema import upgrade
from mia_core.settings import DatabaseSettings, Settings, VaultSettings, XaiSettings
from tests.browser import chromium_path
from tests.core.xai.standin import StandinXai, serve_standin
from tests.postgres import Postgres, start_postgres

REFERENCE_DATA = os.environ.get("MIA_REFERENCE_DATA")
TESTS = Path(__file__).parent
_LONGEST_FIRST = ("e2e", "bot", "house")
_left_out: set[str] = set()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what this machine has no means for; the summary says so in one line each."""
    if collection_path.name == "reference" and collection_path.is_dir() and not REFERENCE_DATA:
        _left_out.add("tests against reference data: set MIA_REFERENCE_DATA to its folder")
        return True
    if collection_path.name.endswith("_browser.py") and chromium_path() is None:
        _left_out.add("browser tests: install Debian's chromium (apt-get install chromium)")
        return True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders whose files take longest come first, so that no process is left alone with one at the end."""
    order = {folder: place for place, folder in enumerate(_LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path.relative_to(TESTS).parts[0], len(order)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of the processes that tests are spread over tells the first what it left out."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["left_out"] = sorted(_left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The first process hears what another left out."""
    _left_out.update(getattr(node, "workeroutput", {}).get("left_out", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    for what in sorted(_left_out):
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
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "mia.sqlite3"
    asyncio.run(migrate(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """The name of a migrated PostgreSQL database, to be copied."""
    url = postgres.new_database()
    asyncio.run(migrate(url))
    return url.rpartition("/")[2].partition("?")[0]


async def migrate(url: str) -> None:
    """Bring a database to the newest migration."""
    async with open_database(DatabaseSettings(url=url)) as database:
        await upgrade(database)


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of each kind in turn, with nothing in it."""
    if request.param == "sqlite":
        file = tmp_path / "mia.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        return f"sqlite:///{file}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database(template=request.getfixturevalue("migrated_postgres"))


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still: a Monday noon."""
    return ManualClock(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def model_server() -> Iterator[StandinXai]:
    """One server in xAI's place for the whole run."""
    with serve_standin() as standin:
        yield standin


@pytest.fixture
def model(model_server: StandinXai) -> StandinXai:
    """The server in xAI's place, without what an earlier test told it."""
    model_server.reset()
    return model_server


@pytest.fixture
def settings(migrated_url: str, tmp_path: Path, model: StandinXai) -> Settings:
    """A configuration that points at the test's own database and stand-in."""
    return Settings(
        database=DatabaseSettings(url=migrated_url),
        xai=XaiSettings(base_url=model.base_url, attempts=1, timeout_s=5),
        vault=VaultSettings(key_file=tmp_path / "mia.key"),
    )


@pytest.fixture(scope="session")
def embedder() -> Iterator[UseEmbedder]:
    """The real model, read once for the whole run."""
    opened = UseEmbedder()
    yield opened
    opened.close()


@pytest.fixture
async def app(settings: Settings, clock: ManualClock, embedder: UseEmbedder) -> AsyncIterator[App]:
    """Everything open, over a migrated database."""
    async with open_app(settings, clock=clock, embedder=embedder) as opened:
        yield opened
