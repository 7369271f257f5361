"""Sets a round up: the sandbox, a migrated database, her login, and what every process is told."""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from pydantic import SecretStr

from mia_bot.demo.configuration import environment
from mia_bot.login import authorize_address, code_in
from mia_bot.tokens import CREDENTIAL, ask_for_token
from mia_core.clock import system_clock
from mia_core.credentials import Credentials
from mia_core.database import Database, open_database
from mia_core.schema import upgrade
from mia_core.settings import (
    BotSettings,
    CareSettings,
    DatabaseSettings,
    LogSettings,
    SandboxSettings,
    Settings,
    VaultSettings,
    XaiSettings,
    XSettings,
)
from mia_core.vault import open_vault
from tests.bench.chaos.processes import start
from tests.e2e.running import free_port

_UP_WITHIN_S = 60.0
_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Stage:
    """A sandbox that is up, a database that is ready, and her account that is signed in."""

    origin: str
    database: Database
    environment: Mapping[str, str]
    """For each `mia bot`."""
    bot_id: str
    bot_token: str
    """Her own token at the sandbox, with which the bench looks at what she sees."""
    sign_in: Callable[[], Awaitable[None]]
    """What an operator does when a process died between X's new token and its being stored."""


@asynccontextmanager
async def set_stage(folder: Path, database_url: str) -> AsyncIterator[Stage]:
    """Everything but the bots, until the end of the block. Logs go to the folder."""
    origin = f"http://{_HOST}:{free_port()}"
    sandbox = await start(
        "sandbox", environment(_sandbox_settings(folder, origin), os.environ), folder / "sandbox.log"
    )
    try:
        await sandbox.wait_for("sandbox_started", _UP_WITHIN_S)
        async with httpx.AsyncClient(base_url=origin, trust_env=False) as http:
            known = (await http.get("/sandbox/people")).raise_for_status().json()
            settings = _bot_settings(folder, origin, database_url, known["app"])
            bot = next(person for person in known["people"] if person["username"] == settings.x.username)
            async with open_database(settings.database) as database:
                await upgrade(database)
                sign_in = partial(_sign_in, http, settings, database, bot["id"])
                await sign_in()
                told = environment(settings, os.environ)
                yield Stage(origin, database, told, bot["id"], bot["bearer_token"], sign_in)
    finally:
        await sandbox.stop()


def _sandbox_settings(folder: Path, origin: str) -> Settings:
    """A sandbox that does not look into her mind: the database is the bots' alone."""
    return Settings(
        database=DatabaseSettings(url=f"sqlite:///{folder / 'none.sqlite3'}"),
        sandbox=SandboxSettings(host=_HOST, port=urlsplit(origin).port or 0),
        care=CareSettings(turns_per_hour=1_000_000, turns_per_minute=1_000_000),
        vault=VaultSettings(key_file=folder / "mia.key"),
        log=LogSettings(format="json"),
    )


def _bot_settings(folder: Path, origin: str, database_url: str, app: Mapping[str, Any]) -> Settings:
    """Short times, so that a round is short; what they must keep to one another is as in the defaults.

    Processes die in the middle of a turn far more often than in reality, so that a turn has more lives before it
    is taken for one that kills them. X may hide what was sent for less than half of `grace_s`: it is looked for
    twice, half of that apart.
    """
    return Settings(
        database=DatabaseSettings(url=database_url),
        xai=XaiSettings(base_url=f"{origin}/v1", daily_budget_usd=1_000_000, timeout_s=5),
        x=XSettings(
            api_origin=origin,
            authorize_url=f"{origin}/i/oauth2/authorize",
            client_id=app["client_id"],
            client_secret=SecretStr(app["client_secret"]),
            app_token=SecretStr(app["bearer_token"]),
            timeout_s=5,
        ),
        bot=BotSettings(
            mention_poll_s=1,
            stream_poll_s=2,
            dm_poll_s=1,
            dm_quiet_s=1,
            daily_reads=1_000_000_000,
            lease_s=5,
            grace_s=4,
            max_attempts=12,
            answer_backlog=True,
        ),
        vault=VaultSettings(key_file=folder / "mia.key"),
        log=LogSettings(format="json"),
    )


async def _sign_in(http: httpx.AsyncClient, settings: Settings, database: Database, bot_id: str) -> None:
    """As `mia bot login` does it, with her allowing the app at once."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(64)
    asked = dict(parse_qsl(urlsplit(authorize_address(settings.x, state, verifier)).query))
    form = {**asked, "person_id": bot_id, "decision": "allow"}
    back = await http.post("/i/oauth2/authorize", data=form)
    redeem = {
        "grant_type": "authorization_code",
        "code": code_in(back.headers["location"], state),
        "redirect_uri": settings.x.redirect_uri,
        "code_verifier": verifier,
    }
    token = await ask_for_token(settings.x, redeem, now=system_clock())
    await Credentials(database, open_vault(settings), system_clock).store(CREDENTIAL, token.stored())
