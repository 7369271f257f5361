"""What the sandbox's tests share; those against X's own documents are left out where these are not at hand."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.bot.sandbox.desk import Desk, open_desk
from tests.bot.sandbox.serving import Served
from tests.bot.sandbox.serving import sandbox_server as serve

collect_ignore = [] if os.environ.get("MIA_REFERENCE_DATA") else ["reference"]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as opened:
        yield opened


@pytest.fixture
def sandbox_server() -> Iterator[Served]:
    with serve() as served:
        yield served
