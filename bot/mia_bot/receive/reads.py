"""The budget of reads: what polls fetched today, counted as X counts it, each object once a UTC day."""

from collections.abc import Iterable
from datetime import date

import structlog

from mia_bot.receive.pace import until_midnight
from mia_core.app import App

log = structlog.get_logger(__name__)

READS = "x:reads"
_TOLD = "x:reads_spent"


class Reads:
    """One receiver's share in the day's reads, which all receivers of all processes add to."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._day: date | None = None
        self._fetched: set[str] = set()
        """Ids that this receiver fetched today: a second sight of them is free."""
        self._spent_on: date | None = None

    async def count(self, ids: Iterable[str]) -> None:
        """Objects that a poll fetched."""
        today = self._app.clock().date()
        if today != self._day:
            self._day, self._fetched = today, set()
        new = set(ids) - self._fetched
        if new:
            await self._app.meters.add(READS, len(new))
            self._fetched |= new

    async def spent(self) -> bool:
        """Whether today's budget is used up; the log says so once a day, whoever notices first."""
        if await self._app.meters.today(READS) < self._app.settings.bot.daily_reads:
            return False
        self._spent_on = self._app.clock().date()
        if await self._app.meters.add(_TOLD, 1) == 1:
            log.warning(
                "reads_spent",
                daily_reads=self._app.settings.bot.daily_reads,
                consequence="the polls wait until midnight UTC; bot.daily_reads sets the budget",
            )
        return True

    def pause_s(self) -> float:
        """How long the budget makes its receiver wait."""
        now = self._app.clock()
        return until_midnight(now) if self._spent_on == now.date() else 0.0
