"""All receivers of the process that leads them: what X pushes, and the polls behind it."""

import asyncio

import structlog

from mia_bot.receive.accept import Accept
from mia_bot.receive.dms import Dms
from mia_bot.receive.loop import Look, keep_looking
from mia_bot.receive.mentions import Mentions
from mia_bot.receive.push import Push
from mia_bot.receive.sources import ActivityStream, FilteredStream
from mia_bot.receive.stream import Source, Standing, follow
from mia_bot.x.client import XClient
from mia_bot.x.shapes import User
from mia_bot.x.stream import XStreamRefused
from mia_core.app import App
from mia_core.leases import Held

log = structlog.get_logger(__name__)

_REFUSED_S = 15 * 60.0
"""After this X is asked again for streams that it refused: plans and tokens change."""


async def receive(app: App, x: XClient, me: User, accept: Accept, held: Held | None) -> None:
    """Receive until cancelled, or until the lease is lost: then LeaseLost is raised, alone or in a group."""
    bot = app.settings.bot
    mentions, dms = Mentions(app, x, me, accept, held), Dms(app, x, me, accept, held)
    look_for_mentions, look_for_dms = Look(), Look()

    def repair() -> None:
        look_for_mentions.soon()
        look_for_dms.soon()

    standing = Standing(repair)

    def mentions_pause_s(found: int) -> float:
        """Beside a stream the poll is there for what the stream leaves out."""
        return max(mentions.pause_s(found), bot.stream_poll_s if standing.now else 0.0)

    async with asyncio.TaskGroup() as receiving:
        receiving.create_task(keep_looking(app, mentions, look_for_mentions, mentions_pause_s))
        receiving.create_task(keep_looking(app, dms, look_for_dms, dms.pause_s))
        if sources := _sources(app, x, me, mentions, Push(x, mentions, dms, look_for_dms.soon)):
            receiving.create_task(_follow_one_of(app, sources, standing))


def _sources(app: App, x: XClient, me: User, mentions: Mentions, push: Push) -> list[Source]:
    """The streams that are wanted, in order."""
    if x.pushing is None:
        log.info("streams_off", reason="x.app_token (MIA_X__APP_TOKEN) is not set; polls alone bring events")
        return []
    made: dict[str, Source] = {
        "activity": ActivityStream(x, x.pushing, me, push),
        "filtered": FilteredStream(x.pushing, me, mentions),
    }
    return [made[name] for name in app.settings.bot.streams]


async def _follow_one_of(app: App, sources: list[Source], standing: Standing) -> None:
    """The first stream that X gives; when it refuses all, again after a while."""
    while True:
        for source in sources:
            try:
                await follow(source, standing, app.clock)
            except XStreamRefused as refused:
                log.warning("stream_refused", stream=source.name, reason=str(refused))
        await asyncio.sleep(_REFUSED_S)
