"""What the sandbox's tests share."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.bot.sandbox.desk import Desk, open_desk
from tests.bot.sandbox.serving import Served
from tests.bot.sandbox.serving import sandbox_server as serve


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as opened:
        yield opened


@pytest.fixture
def sandbox_server() -> Iterator[Served]:
    with serve() as served:
        yield served
