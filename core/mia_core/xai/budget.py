"""The day's budget: no call once a UTC day's spending has reached it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta

import structlog

from mia_core.clock import Clock
from mia_core.errors import ModelHalted
from mia_core.xai.usage import TICKS_PER_USD

log = structlog.get_logger(__name__)

SpentToday = Callable[[], Awaitable[int]]
"""Answers the ticks that all processes together have recorded on this UTC day."""

FRESH = timedelta(seconds=10)
"""How long what other processes spent may go unseen."""


def next_midnight(now: datetime) -> datetime:
    """The moment at which the next UTC day begins."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), tzinfo=UTC)


class Budget:
    """Adds up a day's spending: what is recorded, and what this process spent since and did not record yet.

    Calls in flight are not foreseen: the budget is passed by what runs at the moment when it is reached.
    """

    def __init__(self, limit_usd: float, clock: Clock, spent_today: SpentToday | None = None) -> None:
        self._limit_usd = limit_usd
        self._clock = clock
        self._spent_today = spent_today
        self._day: date | None = None
        self._spent = 0
        self._read_at: datetime | None = None
        self._logged: date | None = None

    async def check(self) -> None:
        """Raises ModelHalted until midnight (UTC) when the budget is spent."""
        now = self._turn_day()
        if self._spent_today and (self._read_at is None or now - self._read_at >= FRESH):
            self._read_at = now
            recorded = await self._spent_today()
            # Never less than before within a day: what this process spent may not be recorded yet.
            self._spent = max(self._spent, recorded)
        if self._spent >= round(self._limit_usd * TICKS_PER_USD):
            raise self._spent_error(now)

    def add(self, ticks: int) -> None:
        """Count what a call of this process has cost."""
        self._turn_day()
        self._spent += ticks

    def _turn_day(self) -> datetime:
        now = self._clock()
        if now.astimezone(UTC).date() != self._day:
            self._day, self._spent, self._read_at = now.astimezone(UTC).date(), 0, None
        return now

    def _spent_error(self, now: datetime) -> ModelHalted:
        reason = f"the day's budget of ${self._limit_usd:g} is spent (xai.daily_budget_usd)"
        retry_at = next_midnight(now)
        if self._logged != self._day:
            self._logged = self._day
            log.error("xai_budget_spent", limit_usd=self._limit_usd, until=retry_at.isoformat())
        return ModelHalted(reason, retry_at)
