"""The demo from start to stop: migrate, start, say where, show the log, stop everything."""

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from mia_bot.demo.children import Child, Children
from mia_bot.demo.configuration import HOST, Places, demo_settings, environment, who_thinks
from mia_bot.demo.folder import data_folder
from mia_bot.demo.live_log import show_line
from mia_core.database import open_database
from mia_core.errors import MiaError, OperatorError
from mia_core.process import listen, stop_requested
from mia_core.schema import upgrade
from mia_core.settings import Settings, load_settings

_READY_WITHIN_S = 60.0
_STOPS = ((("bot",), 6.0), (("jobs", "site"), 2.0), (("sandbox",), 1.5))
"""Who stops before whom, and the seconds each may take: the bot finishes its turns while X is still there."""


@dataclass(frozen=True)
class Wishes:
    """What was asked for on the command line."""

    config: Path | None
    port: int
    data: Path
    fresh: bool


async def run_demo(wishes: Wishes) -> None:
    """Run until SIGINT or SIGTERM. Raises OperatorError for what can be mended, MiaError when a process ends."""
    own = load_settings(wishes.config)
    stop = stop_requested()
    console = Console(highlight=False)
    with data_folder(wishes.data, fresh=wishes.fresh) as folder:
        places = _find_ports(folder, wishes.port)
        children = Children(lambda name, line: show_line(console, name, line))
        try:
            await _first(
                stop.wait(),
                children.fail_when_one_ends(),
                _be_up(children, own, places, console),
            )
        finally:
            console.print("Stopping.")
            await children.stop(*_STOPS)
    console.print("Stopped.")


def _find_ports(folder: Path, port: int) -> Places:
    """The sandbox's port as asked for, the site's beside it if that is free. Raises OperatorError."""
    with listen(HOST, port, "--port") as sandbox:
        sandbox_port: int = sandbox.getsockname()[1]
        try:
            site = listen(HOST, sandbox_port + 1, "the site")
        except (OperatorError, OverflowError):
            site = listen(HOST, 0, "the site")
        with site:
            return Places(folder, sandbox_port, site_port=site.getsockname()[1])


async def _be_up(children: Children, own: Settings, places: Places, console: Console) -> None:
    """Start everything, say so, and stay."""
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            await _start(children, demo_settings(own, places), places)
    except TimeoutError:
        raise MiaError(f"the demo was not ready within {_READY_WITHIN_S:g} s; the log above may say why") from None
    _announce(console, own, places)
    await asyncio.Event().wait()


async def _start(children: Children, settings: Settings, places: Places) -> None:
    """All need the database, so it is migrated first; the bot needs its account in the sandbox."""
    await _migrate(settings)
    variables = environment(settings, os.environ)
    sandbox, *others = [await children.start(name, variables) for name in ("sandbox", "site", "jobs")]
    await sandbox.started.wait()
    bot = await children.start("bot", variables | await _tokens(places.sandbox, settings.x.username))
    await _all_started([bot, *others])


async def _migrate(settings: Settings) -> None:
    async with open_database(settings.database) as database:
        await upgrade(database)


async def _all_started(children: list[Child]) -> None:
    for child in children:
        await child.started.wait()


async def _tokens(sandbox: str, username: str) -> dict[str, str]:
    """Her own token and the app's, as the sandbox gives them to anyone who asks; as variables for her process."""
    async with httpx.AsyncClient(trust_env=False) as http:
        found = (await http.get(f"{sandbox}/sandbox/people")).json()
    for person in found["people"]:
        if person["username"].lower() == username.lower():
            return {
                "MIA_X__ACCESS_TOKEN": person["bearer_token"],
                "MIA_X__APP_TOKEN": found["app"]["bearer_token"],
            }
    raise OperatorError(f"x.username: the demo's folder knows no @{username}; begin anew with --fresh")


def _announce(console: Console, own: Settings, places: Places) -> None:
    lines = (
        "",
        "MIA is up. Press Ctrl-C to stop her.",
        f"  talk with her   {places.sandbox}  (a sandbox that plays X, on this machine alone)",
        f"  her site        {places.site}",
        f"  data            {places.folder}",
        f"  thinking        {who_thinks(own.xai)}",
        "",
    )
    console.print("\n".join(lines), soft_wrap=True, markup=False)


async def _first(*coroutines: Coroutine[Any, Any, Any]) -> None:
    """Run them side by side until one returns or raises; cancel the others, and raise what was raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
