"""The site over a real database, asked in the process, with a sandbox in X's place."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from mia_core.app import App
from mia_core.settings import DatabaseSettings, Settings, SiteSettings, VaultSettings, XaiSettings, XSettings
from mia_site.app import create_app
from tests.bot.sandbox.serving import Served, sandbox_server
from tests.core.xai.standin import StandinXai

ORIGIN = "http://mia.test"


@pytest.fixture(scope="session")
def x_server() -> Iterator[Served]:
    """A sandbox, to sign in with."""
    with sandbox_server() as served:
        yield served


@pytest.fixture
def settings(migrated_url: str, tmp_path: Path, model: StandinXai, x_server: Served) -> Settings:
    """A configuration that points at the test's own database, and at the sandbox."""
    return Settings(
        database=DatabaseSettings(url=migrated_url),
        xai=XaiSettings(base_url=model.base_url, attempts=1, timeout_s=5),
        x=XSettings(
            api_origin=x_server.origin,
            authorize_url=f"{x_server.origin}/i/oauth2/authorize",
            client_id="mia-sandbox-public",
            timeout_s=5,
        ),
        # X leads back to this machine; tests take the answer from there to the site in the process
        site=SiteSettings(origin="http://127.0.0.1:8080"),
        vault=VaultSettings(key_file=tmp_path / "mia.key"),
    )


@pytest.fixture
async def browser(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the site that sees failures as pages, as people do."""
    transport = httpx.ASGITransport(create_app(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def one_database(tmp_path: Path, migrated_sqlite: Path) -> str:
    """A database of one kind, for what does not depend on it."""
    file = tmp_path / "mia.sqlite3"
    shutil.copy(migrated_sqlite, file)
    return f"sqlite:///{file}"
