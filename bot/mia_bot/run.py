"""The running bot: receivers, workers and the sender, from start to a clean stop."""

import asyncio

import structlog

from mia_bot.errors import XError, XRefused, XUnauthorized
from mia_bot.receive.dms import Dms
from mia_bot.receive.loop import keep_looking
from mia_bot.receive.mentions import Mentions
from mia_bot.send import Sender
from mia_bot.text.shape import shape_for
from mia_bot.tokens import open_auth
from mia_bot.worker import work
from mia_bot.x.client import XClient, open_x
from mia_bot.x.shapes import User
from mia_core.app import App
from mia_core.errors import OperatorError, SettingsError
from mia_core.process import stop_requested, stopped_within

log = structlog.get_logger(__name__)

_DRAIN_S = 8.0
"""How long turns and sends in hand may take after a stop was asked for."""
_RETRY_S = 15.0


async def run_bot(app: App) -> None:
    """Answer on X until SIGTERM or SIGINT. Raises OperatorError when her account cannot be used."""
    stop = stop_requested()
    app.embedder.warm_up()
    async with open_x(app.settings.x, await open_auth(app), app.clock) as x:
        me = await _who_am_i(app, x, stop)
        if me is None:
            return
        log.info("bot_started", username=me.username, workers=app.settings.bot.workers)
        receiving = [
            asyncio.create_task(keep_looking(app, Mentions(app, x, me), app.settings.bot.mention_poll_s)),
            asyncio.create_task(keep_looking(app, Dms(app, x, me), app.settings.bot.dm_poll_s)),
        ]
        shape = shape_for(app.settings.bot)
        working = [
            *(
                asyncio.create_task(work(app, shape, f"worker-{number}", stop))
                for number in range(app.settings.bot.workers)
            ),
            asyncio.create_task(Sender(app, x, me).run(stop)),
        ]
        await _until_stopped(stop, [*receiving, *working])
        await _cancel(receiving)
        _, late = await asyncio.wait(working, timeout=_DRAIN_S)
        await _cancel(late)
        log.info("bot_stopped", unfinished=len(late))


async def _who_am_i(app: App, x: XClient, stop: asyncio.Event) -> User | None:
    """Her account; waits for X if it is away. None when a stop came first."""
    while True:
        try:
            me = await x.me()
        except (XUnauthorized, XRefused) as error:
            raise OperatorError(f"x: {error}") from None
        except XError as error:
            log.warning("x_not_ready", reason=str(error), again_in_s=_RETRY_S)
            if await stopped_within(stop, _RETRY_S):
                return None
            continue
        if me.username.casefold() != app.settings.x.username.casefold():
            raise SettingsError(
                f"x.username (MIA_X__USERNAME): the token is @{me.username}'s, not @{app.settings.x.username}'s"
            )
        return me


async def _until_stopped(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for the stop; a task that ends before it has a fault, and is raised."""
    stopping = asyncio.create_task(stop.wait())
    ended, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in ended - {stopping}:
        stopping.cancel()
        await _cancel(tasks)
        task.result()


async def _cancel(tasks: "list[asyncio.Task[None]] | set[asyncio.Task[None]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
