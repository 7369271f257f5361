"""Death at any moment: whatever the last thing was that a process did, the next one answers, once."""

import asyncio
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlmodel import SQLModel, col

from mia_core.clock import ManualClock
from mia_core.database import open_database
from mia_core.settings import BotSettings, DatabaseSettings, Settings, VaultSettings, XaiSettings, XSettings
from mia_core.tables import InboxRow, Mailbox, Memory, Message, OutboxRow, Turn
from tests.bot.conftest import People
from tests.bot.crashing import STEP, Life, live
from tests.bot.sandbox.serving import BOT, Served, sandbox_server
from tests.core.xai.standin import StandinXai
from tests.postgres import Postgres

Way = Literal["dm", "mention"]
_AT_ONCE = 3
"""Stories played side by side: half of their time is waiting."""


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes migrated databases of each kind in turn."""
    if request.param == "sqlite":
        migrated, numbers = request.getfixturevalue("migrated_sqlite"), count()
        return lambda: f"sqlite:///{shutil.copy(migrated, tmp_path / f'{next(numbers)}.sqlite3')}"
    server: Postgres = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("migrated_postgres")
    return lambda: server.new_database(template=template)


@dataclass(frozen=True)
class Ending:
    """What was left when a process had died and the next one had been there."""

    last: str
    """The boundary at which the first one died."""
    standing: dict[str, Any]


ONCE = {
    "answers": 1,
    "inbox": ["done"],
    "mailboxes": 0,
    "outbox": ["sent"],
    "turns": 1,
    "messages": 2,
    "memories": 1,
}


@dataclass(frozen=True)
class Stage:
    """Plays the same story again and again, each time on a sandbox and a database of its own."""

    way: Way
    new_database: Callable[[], str]
    model: StandinXai
    folder: Path

    def boundaries(self) -> list[str]:
        """All that a process comes by if it lives."""
        return self._play("whole", None)[0]

    def ending(self, dies_at: int) -> Ending:
        """One process dies there, another comes after."""
        passed, standing = self._play(str(dies_at), dies_at)
        return Ending(f"{dies_at}: {passed[-1]}", standing)

    def _play(self, name: str, dies_at: int | None) -> tuple[list[str], dict[str, Any]]:
        clock, database = ManualClock(datetime.now(UTC)), self.new_database()
        journal, later = self.folder / name, self.folder / f"{name}-later"
        with sandbox_server(clock=clock) as served:
            people = People(served)
            asked = people.dm("I have a dog.") if self.way == "dm" else people.post(f"@{BOT} I have a dog.")
            settings = self._settings(served, database)
            live(Life(settings, clock(), journal, dies_at))
            clock.move(STEP)
            live(Life(settings, clock(), later))
            answers = people.dms_from_mia() if self.way == "dm" else people.replies_from_mia(asked)
        return journal.read_text().splitlines(), {"answers": len(answers), **asyncio.run(kept(database))}

    def _settings(self, served: Served, database: str) -> Settings:
        return Settings(
            database=DatabaseSettings(url=database),
            x=XSettings(api_origin=served.origin, access_token=SecretStr(served.token(BOT)), timeout_s=5),
            xai=XaiSettings(base_url=self.model.base_url, attempts=1),
            bot=BotSettings(answer_backlog=True, workers=1),
            vault=VaultSettings(key_file=self.folder / "mia.key"),
        )


async def kept(url: str) -> dict[str, Any]:
    """What stands in the database."""

    async with open_database(DatabaseSettings(url=url)) as database, database.reading() as connection:

        async def number(table: type[SQLModel]) -> int:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()

        return {
            "inbox": list((await connection.execute(select(col(InboxRow.state)))).scalars()),
            "mailboxes": await number(Mailbox),
            "outbox": list((await connection.execute(select(col(OutboxRow.state)))).scalars()),
            "turns": await number(Turn),
            "messages": await number(Message),
            "memories": await number(Memory),
        }


@pytest.mark.parametrize("way", ["dm", "mention"])
def test_a_process_that_dies_at_any_boundary_leaves_one_answer_behind(
    way: Way, new_database: Callable[[], str], model: StandinXai, tmp_path: Path
) -> None:
    stage = Stage(way, new_database, model, tmp_path)
    boundaries = stage.boundaries()
    for name in ("commit", "xAI's POST /v1/responses", "X's POST .*(/tweets|/messages)"):
        assert {line.split()[0] for line in boundaries if re.search(name, line)} == {"before", "after"}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        endings = pool.map(stage.ending, range(1, len(boundaries) + 1))
    assert {ending.last: ending.standing for ending in endings if ending.standing != ONCE} == {}
