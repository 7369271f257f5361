"""Direct messages, by polling: pages until one meets what is known, over several polls where it must be."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from mia_bot.errors import XError, XRefused
from mia_bot.reasons import reason_of
from mia_bot.receive.accept import Accept
from mia_bot.receive.pace import while_talking, within_limit
from mia_bot.receive.parse import HER_OWN, NotAnswered, dm_event
from mia_bot.receive.position import Position, Walk, latest
from mia_bot.receive.reads import Reads
from mia_bot.x.client import XClient
from mia_bot.x.shapes import DmEvent, DmPage, Includes, User
from mia_core.app import App
from mia_core.events import Event
from mia_core.leases import Held

log = structlog.get_logger(__name__)

_ROUTE = "/2/dm_events"
_MOST_PAGES = 15
"""X allows fifteen reads in fifteen minutes."""
_WHOLE_TRIES = 3
"""A look that a fault cuts short begins anew, which keeps the order; the third time what was read is kept."""


@dataclass
class _Pages:
    """Pages in a row, newest first, as far as they were read."""

    token: str | None
    """The page to go on with."""
    head: int = 0
    found: dict[str, DmEvent] = field(default_factory=dict)
    includes: Includes = field(default_factory=Includes)
    seen: set[str] = field(default_factory=set)
    count: int = 0
    met: bool = False
    """Whether the last page reached what is known, or X has no older ones."""
    fault: XError | None = None
    """What kept the next page from being read."""


class Dms:
    """The receiver of classic direct messages.

    A look that meets nothing known within X's limit (over 1,500 messages came since) is cut off: what it read is
    handed on, and the following polls go on with the rest, after the newest messages and beside them.
    """

    name = "dms"

    def __init__(self, app: App, x: XClient, me: User, accept: Accept, held: Held | None) -> None:
        self._app = app
        self._x = x
        self._me = me
        self._accept = accept
        self._position = Position(app.cursors, "x:dms", timedelta(seconds=app.settings.bot.overlap_s), held)
        self._reads = Reads(app)
        self._faults = 0
        """Looks in a row that a fault cut short."""
        self._talked_at = app.clock()
        self._known: set[str] = set()
        """What this process has dealt with, so that the overlap is not stored and logged again."""

    async def poll(self) -> int:
        """One look. Rows first, then the cursor. Answers how many events were new; raises XError and LeaseLost."""
        if not await self._position.load(self._app.clock()) and not await self._begin():
            return 0
        if await self._reads.spent():
            return 0
        walk = self._position.walk
        new = await (self._go_on(walk) if walk else self._look())
        self._known = {each for each in self._known if int(each) > self._position.settled}
        return new

    async def take(self, page: DmPage) -> int:
        """Hand on messages that X pushed; no cursor moves. Answers how many were new."""
        if not await self._position.load(self._app.clock()):
            before_these = min((int(event.id) for event in page.events), default=1) - 1
            await self._position.begin(0 if self._app.settings.bot.answer_backlog else before_these)
        found = {event.id: event for event in page.events if int(event.id) > self._position.start}
        new = await self._store(_Pages(None, found=found, includes=page.includes))
        if new:
            self._talked_at = self._app.clock()
        return new

    def pause_s(self, found: int) -> float:
        """Seconds until the next look is due, after one that found so many."""
        now, bot = self._app.clock(), self._app.settings.bot
        if found:
            self._talked_at = now
        silence = (now - self._talked_at).total_seconds()
        told = self._x.read_limit(_ROUTE)
        # A walk under way is the burst that the reserve is kept for.
        reserve = told.size // 3 if told and not self._position.walk else 0
        return max(
            while_talking(silence, bot.dm_poll_s, bot.dm_quiet_s),
            within_limit(told, now, reserve),
            self._reads.pause_s(),
        )

    async def _begin(self) -> bool:
        """First start: whether what is there already is answered. If not, it is left alone."""
        backlog = self._app.settings.bot.answer_backlog
        newest = [] if backlog else (await self._x.dm_events()).events
        await self._position.begin(max((int(event.id) for event in newest), default=0))
        return backlog

    async def _look(self) -> int:
        """From the newest message down to what is known."""
        began = self._app.clock()
        pages = await self._read(self._position.since(began), None, _MOST_PAGES)
        if pages.fault and not self._is_worth_keeping(pages):
            raise pages.fault
        new = await self._store(pages)
        if not pages.met and pages.token:
            log.warning("dms_behind", pages=pages.count, consequence="the next polls read the older messages")
            await self._position.cut_off(Walk(head=pages.head, began=began, token=pages.token))
        else:
            await self._position.cover(pages.head, began, self._app.clock())
        if pages.fault:
            raise pages.fault
        self._faults = 0
        return new

    async def _go_on(self, walk: Walk) -> int:
        """The newest messages, and what the walk reads further down."""
        top = await self._read(self._position.since(self._app.clock()), None, _MOST_PAGES // 2)
        down = _Pages(walk.token)
        if not top.fault and self._has_room():
            down = await self._read(self._position.settled, walk.token, _MOST_PAGES - top.count)
        new = await self._store(down, top)
        if down.met:
            log.info("dms_caught_up")
            await self._position.cover(walk.head, walk.began, self._app.clock())
        elif isinstance(down.fault, XRefused):
            log.warning("dms_page_refused", reason=str(down.fault), consequence="the older messages are read anew")
            await self._position.give_up_walk()
        elif down.count and down.token:
            await self._position.cut_off(walk.model_copy(update={"token": down.token}))
        if fault := top.fault or down.fault:
            raise fault
        return new

    async def _read(self, floor: int, token: str | None, most: int) -> _Pages:
        """Pages from the one that the token names, until one reaches the floor. A fault ends it and is kept."""
        pages = _Pages(token)
        while not pages.met and pages.count < most and (pages.count == 0 or token is None or self._has_room()):
            try:
                page = await self._x.dm_events(token=pages.token)
            except XError as fault:
                pages.fault = fault
                break
            pages.count += 1
            pages.head = max([pages.head, *(int(event.id) for event in page.events)])
            pages.seen.update(event.id for event in page.events)
            above = {event.id: event for event in page.events if int(event.id) > floor}
            pages.found |= above
            pages.includes = pages.includes.plus(page.includes)
            pages.token = page.next_token
            pages.met = page.next_token is None or any(int(event.id) <= floor for event in page.events)
        await self._reads.count(pages.seen)
        return pages

    def _has_room(self) -> bool:
        """Whether a walk may take another page: half of X's limit stays for the newest messages."""
        told = self._x.read_limit(_ROUTE)
        return told is None or told.resets_at <= self._app.clock() or told.remaining > told.size // 2

    def _is_worth_keeping(self, cut: _Pages) -> bool:
        """Whether a look that a fault cut short is kept as it is, rather than begun anew."""
        self._faults += cut.count > 0
        return cut.count > 0 and self._faults >= _WHOLE_TRIES

    async def _store(self, *parts: _Pages) -> int:
        """Hand on what is new in these, oldest first, in one go."""
        found: dict[str, tuple[DmEvent, Includes]] = {}
        for part in parts:
            found |= {event.id: (event, part.includes) for event in part.found.values()}
        unknown = sorted(found.keys() - self._known, key=int)
        events = [event for each in unknown if (event := self._event(*found[each]))]
        new = await self._accept(events) if events else 0
        self._known = latest(self._known | set(unknown))
        return new

    def _event(self, found: DmEvent, includes: Includes) -> Event | None:
        try:
            event = dm_event(found, self._me, includes)
        except Exception as error:  # noqa: BLE001 - one message that cannot be read must not stop all others
            log.error("dm_unreadable", event_id=found.id, reason=reason_of(error))
            return None
        if isinstance(event, NotAnswered):
            level = logging.DEBUG if event.reason == HER_OWN else logging.INFO
            log.log(level, "dm_left_alone", event_id=found.id, reason=event.reason)
            return None
        log.info("dm_received", event_id=found.id, person=self._app.vault.pseudonym(event.author.person_id))
        return event
