"""The pace of all together: how many turns a minute go to the model, whatever number of processes takes them."""

from datetime import datetime, timedelta

from mia_core.clock import Clock
from mia_core.limits import Limits

_WINDOW = timedelta(minutes=1)
_CHUNKS = 20
"""Parts of a window's turns that a process takes at once: one look at the database for each, not for each turn."""


class Pace:
    """Hands out turns, from what this process has taken of the window that all share."""

    def __init__(self, limits: Limits, clock: Clock, per_minute: int) -> None:
        self._limits = limits
        self._clock = clock
        self._per_minute = per_minute
        self._left = 0
        self._until: datetime | None = None

    async def take(self) -> datetime | None:
        """Take one turn. None when there was room for it, else the moment at which there is again."""
        now = self._clock()
        if self._left <= 0 or self._until is None or self._until <= now:
            wanted = max(self._per_minute // _CHUNKS, 1)
            taken = await self._limits.take("turns", self._per_minute, _WINDOW, wanted)
            self._left, self._until = taken.count, taken.resets_at
        if self._left <= 0:
            return self._until
        self._left -= 1
        return None
