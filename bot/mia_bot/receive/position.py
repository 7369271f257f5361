"""How far a receiver has read: where it first began, and the newest id that it has stored."""

from collections.abc import Iterable
from datetime import timedelta

from mia_bot.snowflake import earlier
from mia_core.cursors import Cursors


class Position:
    """A cursor with a watermark. What came before the watermark is never answered."""

    def __init__(self, cursors: Cursors, name: str, overlap: timedelta) -> None:
        self._cursors = cursors
        self._start_name, self._newest_name = f"{name}:start", f"{name}:newest"
        self._overlap = overlap
        self._start: int | None = None
        self._newest = 0

    async def load(self) -> bool:
        """Read the stored position; False before the first start."""
        start, newest = await self._cursors.get(self._start_name), await self._cursors.get(self._newest_name)
        self._start, self._newest = (int(start), int(newest or start)) if start else (None, 0)
        return self._start is not None

    async def begin(self, newest_id: int) -> None:
        """First start: what is there already, up to this id, is left alone."""
        await self._cursors.move(self._start_name, str(newest_id))
        self._start, self._newest = newest_id, newest_id

    @property
    def since(self) -> int:
        """Ids above this one are read (again): the newest one less the overlap, never below the watermark."""
        return max(earlier(self._newest, self._overlap), self._start or 0)

    async def advance(self, ids: Iterable[str]) -> None:
        """Move the cursor to the newest of these ids, whose rows are committed."""
        newest = max((int(one) for one in ids), default=0)
        if newest > self._newest:
            await self._cursors.move(self._newest_name, str(newest))
            self._newest = newest
