"""Mentions, by polling: every page since the last look and a little before, deduplicated by the inbox."""

import logging
from datetime import timedelta

import structlog

from mia_bot.receive.parse import HER_OWN, NotAnswered, mention_event
from mia_bot.receive.position import Position
from mia_bot.receive.thread import read_thread
from mia_bot.x.client import XClient
from mia_bot.x.shapes import Includes, Post, User
from mia_core.app import App
from mia_core.events import Event

log = structlog.get_logger(__name__)

_MOST_PAGES = 8
"""X gives the latest 800 mentions, a hundred a page."""


class Mentions:
    """The receiver of mentions."""

    name = "mentions"

    def __init__(self, app: App, x: XClient, me: User) -> None:
        self._app = app
        self._x = x
        self._me = me
        self._position = Position(app.cursors, "x:mentions", timedelta(seconds=app.settings.bot.overlap_s))
        self._settled: set[str] = set()
        """What this process has dealt with, so that the overlap costs no look-ups."""

    async def poll(self) -> int:
        """One look. Rows first, then the cursor. Answers how many events were new; raises XError."""
        first = not await self._position.load()
        if first and not self._app.settings.bot.answer_backlog:
            newest = await self._x.mentions(self._me.id)
            await self._position.begin(max((int(post.id) for post in newest.posts), default=0))
            return 0
        if first:
            await self._position.begin(0)
        posts, includes = await self._read()
        events = [event for post in posts if (event := await self._event(post, includes))]
        new = await self._app.inbox.accept(events)
        await self._position.advance(post.id for post in posts)
        self._settled = {post.id for post in posts}
        return new

    async def _read(self) -> tuple[list[Post], Includes]:
        """Every post above the position, oldest first."""
        since = str(self._position.since) if self._position.since else None
        posts: dict[str, Post] = {}
        includes = Includes()
        token = None
        for _ in range(_MOST_PAGES):
            page = await self._x.mentions(self._me.id, since_id=since, token=token)
            posts |= {post.id: post for post in page.posts}
            includes = includes.plus(page.includes)
            token = page.next_token
            if token is None:
                break
        else:
            log.warning("mentions_cut_off", pages=_MOST_PAGES, consequence="X gives no older mentions")
        return sorted(posts.values(), key=lambda post: int(post.id)), includes

    async def _event(self, post: Post, includes: Includes) -> Event | None:
        if post.id in self._settled:
            return None
        bot = self._app.settings.bot
        event = mention_event(post, self._me, includes)
        if isinstance(event, Event):
            thread = await read_thread(self._x, post, includes, self._me, bot.thread_context)
            event = mention_event(post, self._me, includes, thread)
        if isinstance(event, NotAnswered):
            level = logging.DEBUG if event.reason == HER_OWN else logging.INFO
            log.log(level, "mention_left_alone", event_id=post.id, reason=event.reason)
            return None
        if event.author.is_bot and await self._answers_in(event) >= bot.bot_turns:
            log.info("mention_left_alone", event_id=post.id, reason="enough said to another bot in this thread")
            return None
        log.info("mention_received", event_id=post.id, person=self._app.vault.pseudonym(event.author.person_id))
        return event

    async def _answers_in(self, event: Event) -> int:
        """How often she has answered in the event's thread already."""
        page = await self._x.posts_of(self._me.id, since_id=event.conversation)
        return sum(post.conversation_id == event.conversation for post in page.posts)
