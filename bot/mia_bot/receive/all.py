"""All receivers of a process, side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from mia_bot.receive.dms import Dms
from mia_bot.receive.loop import keep_looking
from mia_bot.receive.mentions import Mentions
from mia_bot.x.client import XClient
from mia_bot.x.shapes import User
from mia_core.app import App
from mia_core.events import Event
from mia_core.leases import Held

Accept = Callable[[Sequence[Event]], Awaitable[int]]


async def receive(app: App, x: XClient, me: User, accept: Accept, held: Held) -> None:  # noqa: ARG001 - polls alone need neither
    """Receive until cancelled."""
    await asyncio.gather(
        keep_looking(app, Mentions(app, x, me), app.settings.bot.mention_poll_s),
        keep_looking(app, Dms(app, x, me), app.settings.bot.dm_poll_s),
    )
