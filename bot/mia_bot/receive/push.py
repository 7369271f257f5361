"""Activity that X pushes, by stream or webhook: the same events as the polls give, into the same inbox."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from mia_bot.errors import XUnavailable
from mia_bot.receive.dms import Dms
from mia_bot.receive.mentions import Mentions
from mia_bot.x.activity import Delivery, delivered_dms, delivered_post, read_delivery
from mia_bot.x.client import XClient
from mia_bot.x.shapes import PostPage

log = structlog.get_logger(__name__)


class Push:
    """Takes activity. What is there already, by a poll or an earlier delivery, changes nothing."""

    def __init__(self, x: XClient, mentions: Mentions, dms: Dms, look_for_dms: Callable[[], None]) -> None:
        self._x = x
        self._mentions = mentions
        self._dms = dms
        self._look_for_dms = look_for_dms

    async def take(self, document: Mapping[str, Any]) -> int:
        """Bring what a delivery holds into the inbox; how many events were new. Raises XError, among others."""
        if (read := read_delivery(document)) is None:
            return 0
        delivery, includes = read
        if delivery.event_type in ("post.mention.create", "post.reply.create"):
            return await self._take_post(await self._whole(delivered_post(delivery, includes)))
        if delivery.event_type == "dm.received":
            return await self._take_dms(delivery)
        log.debug("activity_left_alone", event_type=delivery.event_type[:40])
        return 0

    async def _take_post(self, page: PostPage) -> int:
        new = await self._mentions.take(page.posts, page.includes)
        if any(self._mentions.waits(post.id) for post in page.posts):
            raise XUnavailable("a post that X pushed cannot be read yet")
        return new

    async def _whole(self, page: PostPage) -> PostPage:
        """The page with author, pictures and answered post; X leaves some of them out of what it pushes."""
        if all(_is_whole(page, place) for place in range(len(page.posts))):
            return page
        return await self._x.posts([post.id for post in page.posts])

    async def _take_dms(self, delivery: Delivery) -> int:
        page, rest = delivered_dms(delivery)
        new = await self._dms.take(page)
        if rest:
            self._look_for_dms()
        return new


def _is_whole(page: PostPage, place: int) -> bool:
    post = page.posts[place]
    answered = post.referenced("replied_to")
    return (
        post.author_id in page.includes.users
        and not post.attachments.media_keys
        and (answered is None or answered in page.includes.posts)
    )
