"""The running bot: receivers, workers and the sender, from start to a clean stop."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import count

import structlog

from mia_bot.errors import XError, XRefused, XUnauthorized
from mia_bot.receive.all import receive
from mia_bot.send import Sender
from mia_bot.text.shape import shape_for
from mia_bot.tokens import open_auth
from mia_bot.worker import Workers
from mia_bot.x.client import XClient, open_x
from mia_bot.x.shapes import User
from mia_core.app import App
from mia_core.backoff import pause_after
from mia_core.errors import OperatorError, SettingsError
from mia_core.gate.language import warm_up
from mia_core.gate.signs import all_signs
from mia_core.leases import Held
from mia_core.process import stop_requested, stopped_within
from mia_core.shards import Shards
from mia_core.wishes.phrases import phrasebooks

log = structlog.get_logger(__name__)

RECEIVE = "x:receive"
"""The lease under which one process of all receives."""
_DRAIN_S = 8.0
"""How long turns and sends in hand may take after a stop was asked for."""
_REFUSALS = 3


async def run_bot(shards: Shards) -> None:
    """Answer on X until SIGTERM or SIGINT. Raises OperatorError when her account cannot be used."""
    app, stop = shards.home, stop_requested()
    app.embedder.warm_up()
    app.meaning.warm_up()
    phrasebooks()
    all_signs()
    warm_up()
    await app.notes.see("persona", app.prompts.version)
    async with AsyncExitStack() as stack:
        x = await stack.enter_async_context(open_x(app.settings.x, await open_auth(app), app.clock))
        me = await _who_am_i(app, x, stop)
        if me is None:
            return
        for shard in shards.apps:
            await stack.enter_async_context(shard.signals.listening())
        log.info("bot_started", username=me.username, workers=app.settings.bot.workers, shards=len(shards.apps))
        working = [asyncio.create_task(_receive(shards, x, me, stop))]
        for shard in shards.apps:
            working.append(asyncio.create_task(Workers(shard, shape_for(app.settings.bot)).run(stop)))
            working.append(asyncio.create_task(Sender(shard, x, me).run(stop)))
        await _until_stopped(stop, working)
        _, late = await asyncio.wait(working, timeout=_DRAIN_S)
        await _cancel(late)
        log.info("bot_stopped", unfinished=len(late))


async def _receive(shards: Shards, x: XClient, me: User, stop: asyncio.Event) -> None:
    """Bring events in, while this process leads the receivers; stand by while another one does."""
    app = shards.home

    async def work(held: Held) -> None:
        await receive(app, x, me, shards.accept, held)

    ttl = timedelta(seconds=app.settings.bot.lease_s)
    await app.leases.lead(RECEIVE, app.owner, ttl=ttl, stop=stop, work=work)


async def _who_am_i(app: App, x: XClient, stop: asyncio.Event) -> User | None:
    """Her account; waits for X if it is away. None when a stop came first.

    A token that X refuses is refused a second time before it is believed: at times X is wrong.
    """
    for failures in count(1):
        try:
            me = await x.me()
        except XError as error:
            if isinstance(error, XUnauthorized | XRefused) and failures >= _REFUSALS:
                raise OperatorError(f"x: {error}") from None
            pause_s = pause_after(failures, first_s=1.0).total_seconds()
            log.warning("x_not_ready", reason=str(error), again_in_s=round(pause_s, 1))
            if await stopped_within(stop, pause_s):
                return None
        else:
            return _require_hers(me, app.settings.x.username)
    return None


def _require_hers(me: User, username: str) -> User:
    if me.username.casefold() != username.casefold():
        raise SettingsError(f"x.username (MIA_X__USERNAME): the token is @{me.username}'s, not @{username}'s")
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
