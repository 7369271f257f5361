"""Direct messages, by polling: pages until one meets what is known, so that no burst loses any."""

import logging
from datetime import timedelta

import structlog

from mia_bot.receive.parse import HER_OWN, NotAnswered, dm_event
from mia_bot.receive.position import Position
from mia_bot.x.client import XClient
from mia_bot.x.shapes import DmEvent, Includes, User
from mia_core.app import App
from mia_core.events import Event

log = structlog.get_logger(__name__)

_MOST_PAGES = 15
"""X allows fifteen reads in fifteen minutes."""


class Dms:
    """The receiver of classic direct messages."""

    name = "dms"

    def __init__(self, app: App, x: XClient, me: User) -> None:
        self._app = app
        self._x = x
        self._me = me
        self._position = Position(app.cursors, "x:dms", timedelta(seconds=app.settings.bot.overlap_s))
        self._settled: set[str] = set()
        """What this process has dealt with, so that the overlap is not stored and logged again."""

    async def poll(self) -> int:
        """One look. Rows first, then the cursor. Answers how many events were new; raises XError."""
        first = not await self._position.load()
        if first and not self._app.settings.bot.answer_backlog:
            newest = await self._x.dm_events()
            await self._position.begin(max((int(event.id) for event in newest.events), default=0))
            return 0
        if first:
            await self._position.begin(0)
        found, includes = await self._read()
        events = [event for each in found if (event := self._event(each, includes))]
        new = await self._app.inbox.accept(events)
        await self._position.advance(each.id for each in found)
        self._settled = {each.id for each in found}
        return new

    async def _read(self) -> tuple[list[DmEvent], Includes]:
        """Every event above the position, oldest first."""
        found: dict[str, DmEvent] = {}
        includes = Includes()
        token = None
        for _ in range(_MOST_PAGES):
            page = await self._x.dm_events(token=token)
            above = {event.id: event for event in page.events if int(event.id) > self._position.since}
            found |= above
            includes = includes.plus(page.includes)
            token = page.next_token
            if token is None or len(above) < len(page.events):
                break
        else:
            log.warning("dms_cut_off", pages=_MOST_PAGES, consequence="older messages of this burst are not read")
        return sorted(found.values(), key=lambda event: int(event.id)), includes

    def _event(self, found: DmEvent, includes: Includes) -> Event | None:
        if found.id in self._settled:
            return None
        event = dm_event(found, self._me, includes)
        if isinstance(event, NotAnswered):
            level = logging.DEBUG if event.reason == HER_OWN else logging.INFO
            log.log(level, "dm_left_alone", event_id=found.id, reason=event.reason)
            return None
        log.info("dm_received", event_id=found.id, person=self._app.vault.pseudonym(event.author.person_id))
        return event
