"""What the site tells whoever watches over it."""

from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import make_url, text
from structlog.testing import capture_logs

from mia_core.app import App, open_app
from mia_core.clock import ManualClock
from mia_core.memory.embed import UseEmbedder
from mia_core.settings import DatabaseSettings, Settings, VaultSettings
from mia_site.app import create_app
from tests.core.events import dm
from tests.postgres import Postgres


async def test_the_process_says_that_it_is_alive(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")
    assert response.headers["cache-control"] == "no-store"


async def test_with_a_migrated_database_and_nobody_waiting_it_is_ready(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": "ok", "oldest_waiting_s": None}


async def test_it_tells_how_long_the_oldest_event_has_waited(
    app: App, clock: ManualClock, browser: httpx.AsyncClient
) -> None:
    await app.inbox.accept([dm("hello", event_id="1")])
    clock.move(timedelta(seconds=40))
    await app.inbox.accept([dm("are you there?", event_id="2")])
    clock.move(timedelta(seconds=2))
    assert (await browser.get("/readyz")).json()["oldest_waiting_s"] == 42


async def test_a_database_that_is_not_migrated_is_not_ready(app: App, browser: httpx.AsyncClient) -> None:
    async with app.database.writing() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
    with capture_logs() as lines:
        response = await browser.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "database": "not migrated"}
    assert "mia db upgrade" in lines[-1]["reason"]


@pytest.fixture
def vanishing_url(postgres: Postgres, migrated_postgres: str) -> str:
    return postgres.new_database(template=migrated_postgres)


async def test_a_database_that_is_gone_is_not_ready_but_the_process_is_alive(
    vanishing_url: str, postgres: Postgres, tmp_path: Path, embedder: UseEmbedder
) -> None:
    settings = Settings(
        database=DatabaseSettings(url=vanishing_url), vault=VaultSettings(key_file=tmp_path / "mia.key")
    )
    async with (
        open_app(settings, embedder=embedder) as app,
        httpx.AsyncClient(transport=httpx.ASGITransport(create_app(app)), base_url="http://mia.test") as browser,
    ):
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {make_url(vanishing_url).database} WITH (FORCE)".encode())
        response = await browser.get("/readyz")
        assert response.status_code == 503
        assert response.json() == {"ready": False, "database": "not reachable"}
        assert (await browser.get("/healthz")).status_code == 200
