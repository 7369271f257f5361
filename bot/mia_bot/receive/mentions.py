"""Mentions, by polling: every page since the last look and a little before, deduplicated by the inbox."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from mia_bot.errors import XError, XRateLimited, XUnavailable
from mia_bot.reasons import reason_of
from mia_bot.receive.accept import Accept
from mia_bot.receive.pace import within_limit
from mia_bot.receive.parse import HER_OWN, NotAnswered, mention_event
from mia_bot.receive.position import Position, latest
from mia_bot.receive.reads import Reads
from mia_bot.receive.thread import read_thread
from mia_bot.x.client import XClient
from mia_bot.x.shapes import Includes, Post, User
from mia_core.app import App
from mia_core.events import Event
from mia_core.leases import Held

log = structlog.get_logger(__name__)

_REACH = 800
"""How many of the latest mentions X gives, so that there cannot be more pages either."""
_WHOLE_TRIES = 3
"""A look that a fault cuts short begins anew, which keeps the order; the third time what was read is kept."""
_THREAD_TRIES = 5
"""After so many the thread above a mention is left out."""


@dataclass(frozen=True)
class _Waiting:
    """A mention that could not be read yet."""

    post: Post
    includes: Includes
    tries: int = 0


class Mentions:
    """The receiver of mentions, from polls and from streams."""

    name = "mentions"

    def __init__(self, app: App, x: XClient, me: User, accept: Accept, held: Held | None) -> None:
        self._app = app
        self._x = x
        self._me = me
        self._accept = accept
        self._route = f"/2/users/{me.id}/mentions"
        self._position = Position(app.cursors, "x:mentions", timedelta(seconds=app.settings.bot.overlap_s), held)
        self._reads = Reads(app)
        self._faults = 0
        """Looks in a row that a fault cut short."""
        self._taking = asyncio.Lock()
        self._known: set[str] = set()
        """What this process has dealt with, so that the overlap costs no look-ups."""
        self._waiting: dict[str, _Waiting] = {}
        """What is neither stored nor left alone yet; the cursor stays below it, and each look tries it again."""

    async def poll(self) -> int:
        """One look. Rows first, then the cursor. Answers how many events were new; raises XError and LeaseLost."""
        if not await self._position.load(self._app.clock()) and not await self._begin():
            return 0
        if await self._reads.spent():
            return 0
        began = self._app.clock()
        since = self._position.since(began)
        posts, includes, fault = await self._read(since)
        if fault and not self._is_worth_keeping(posts):
            raise fault
        new = await self.take(list(posts.values()), includes)
        if fault:
            raise fault
        self._faults = 0
        head = max(map(int, posts), default=since)
        await self._position.cover(head, began, self._app.clock(), pending=self._waiting)
        self._known = {each for each in self._known if int(each) > self._position.settled}
        return new

    async def take(self, posts: Sequence[Post], includes: Includes) -> int:
        """Hand on posts that mention her, oldest first, and answer how many were new; no cursor moves.

        A post that cannot be read now, because X fails to show the thread above it, keeps only its author's later
        ones from being handed on. It is tried again with every call, a few times with the thread and then without.
        """
        async with self._taking:
            if not await self._position.load(self._app.clock()):
                before_these = min((int(post.id) for post in posts), default=1) - 1
                await self._position.begin(0 if self._app.settings.bot.answer_backlog else before_these)
            candidates = dict(self._waiting)
            for post in posts:
                if post.id not in self._known and int(post.id) > self._position.start:
                    candidates.setdefault(post.id, _Waiting(post, includes))
            events, waiting = await self._events(candidates)
            new = await self._accept(events) if events else 0
            self._waiting = waiting
            self._known = latest(self._known | (candidates.keys() - waiting.keys()))
            return new

    def waits(self, post_id: str) -> bool:
        """Whether a post that was to be taken could not be read yet: it is not in the inbox."""
        return post_id in self._waiting

    def pause_s(self, found: int) -> float:  # noqa: ARG002 - receivers are asked alike; mentions come from strangers
        """Seconds until the next look is due, after one that found so many; a stream beside it may stretch it."""
        told = self._x.read_limit(self._route)
        return max(
            self._app.settings.bot.mention_poll_s,
            within_limit(told, self._app.clock(), told.size // 3 if told else 0),
            self._reads.pause_s(),
        )

    async def _begin(self) -> bool:
        """First start: whether what is there already is answered. If not, it is left alone."""
        backlog = self._app.settings.bot.answer_backlog
        newest = [] if backlog else (await self._x.mentions(self._me.id)).posts
        async with self._taking:
            if not await self._position.load(self._app.clock()):  # a stream may have been first
                await self._position.begin(max((int(post.id) for post in newest), default=0))
        return backlog

    async def _read(self, since: int) -> tuple[dict[str, Post], Includes, XError | None]:
        """Every post above an id, and the fault that kept the older ones from being read."""
        posts: dict[str, Post] = {}
        includes, token = Includes(), None
        fault: XError | None = None
        for _ in range(_REACH):
            try:
                page = await self._x.mentions(self._me.id, since_id=str(since) if since else None, token=token)
            except XError as error:
                fault = error
                break
            posts |= {post.id: post for post in page.posts if int(post.id) > since}
            includes = includes.plus(page.includes)
            token = page.next_token
            if token is None:
                break
        else:
            fault = XUnavailable("X's pages of mentions do not end")
        await self._reads.count(posts)
        if len(posts) >= _REACH and since:
            log.warning(
                "mentions_beyond_reach",
                found=len(posts),
                oldest=min(posts, key=int),
                since=str(since),
                consequence="X gives no more; mentions between these two ids may be unanswered",
            )
        return posts, includes, fault

    def _is_worth_keeping(self, posts: dict[str, Post]) -> bool:
        """Whether a look that a fault cut short is kept as it is, rather than begun anew."""
        self._faults += bool(posts)
        return bool(posts) and self._faults >= _WHOLE_TRIES

    async def _events(self, candidates: Mapping[str, _Waiting]) -> tuple[list[Event], dict[str, _Waiting]]:
        """Events of those that can be read, oldest first, and those that wait on."""
        events: list[Event] = []
        waiting: dict[str, _Waiting] = {}
        held_up: set[str] = set()
        for post_id, one in sorted(candidates.items(), key=lambda item: int(item[0])):
            if one.post.author_id in held_up:
                waiting[post_id] = one
                continue
            try:
                event = await self._event(one.post, one.includes, with_thread=one.tries < _THREAD_TRIES)
            except Exception as error:  # noqa: BLE001 - one post that cannot be read must not stop all others
                if one.tries >= _THREAD_TRIES:
                    log.error("mention_given_up", event_id=post_id, reason=reason_of(error))
                    continue
                log.warning("mention_waits", event_id=post_id, reason=reason_of(error))
                waiting[post_id] = replace(one, tries=one.tries + (not isinstance(error, XRateLimited)))
                held_up.add(one.post.author_id)
            else:
                events += [event] if event else []
        return events, waiting

    async def _event(self, post: Post, includes: Includes, *, with_thread: bool) -> Event | None:
        bot = self._app.settings.bot
        event = mention_event(post, self._me, includes)
        if isinstance(event, Event) and with_thread:
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
