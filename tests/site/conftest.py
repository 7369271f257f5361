"""The site over a real database, asked in the process."""

from collections.abc import AsyncIterator

import httpx
import pytest

from mia_core.app import App
from mia_site.app import create_app


@pytest.fixture
async def browser(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the site that sees failures as pages, as people do."""
    transport = httpx.ASGITransport(create_app(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://mia.test") as client:
        yield client
