"""The two streams that X may give: activity of her own account, and posts that match a rule."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from mia_bot.receive.mentions import Mentions
from mia_bot.receive.push import Push
from mia_bot.x.activity import EVENT_TYPES
from mia_bot.x.client import POST_PARAMS, XClient
from mia_bot.x.pushing import Pushing
from mia_bot.x.shapes import User, post_page
from mia_bot.x.stream import Document

TAG = "mia"
"""What our rules and subscriptions are marked with; others of the app are left alone."""


class ActivityStream:
    """Explicit mentions, direct replies and direct messages, in one connection."""

    name = "activity"

    def __init__(self, x: XClient, pushing: Pushing, me: User, push: Push) -> None:
        self._x = x
        self._pushing = pushing
        self._me = me
        self._push = push

    async def prepare(self) -> None:
        """See to the subscriptions, each once."""
        await subscribe(self._x, self._pushing, self._me, webhook_id=None)

    def connected(self) -> AbstractAsyncContextManager[AsyncIterator[Document]]:
        """A line that stands."""
        return self._pushing.connected("/2/activity/stream", {})

    async def take(self, document: Document) -> None:
        """One delivery."""
        await self._push.take(document)


class FilteredStream:
    """Posts that name her."""

    name = "filtered"

    def __init__(self, pushing: Pushing, me: User, mentions: Mentions) -> None:
        self._pushing = pushing
        self._rule = f"@{me.username} -is:retweet"
        self._mentions = mentions

    async def prepare(self) -> None:
        """See to the rule."""
        await self._pushing.see_to_rule(self._rule, TAG)

    def connected(self) -> AbstractAsyncContextManager[AsyncIterator[Document]]:
        """A line that stands."""
        return self._pushing.connected("/2/tweets/search/stream", POST_PARAMS)

    async def take(self, document: Document) -> None:
        """One post."""
        page = post_page(document)
        await self._mentions.take(page.posts, page.includes)


async def subscribe(x: XClient, pushing: Pushing, me: User, *, webhook_id: str | None) -> list[str]:
    """See that X pushes her activity to the stream, or to a webhook; gives the types that were new."""
    there = await pushing.subscriptions(me.id, webhook_id)
    missing: list[str] = [event_type for event_type in EVENT_TYPES if event_type not in there]
    for event_type in missing:
        await x.subscribe(event_type, me.id, TAG, webhook_id)
    return missing
