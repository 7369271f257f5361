"""A sorted list of ids with windows over it: what every timeline of the sandbox is read from."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """Ids greater than `after` and smaller than `before`."""

    after: int = -1
    before: int = 1 << 63

    def narrowed(self, *, after: int = -1, before: int = 1 << 63) -> "Window":
        """The part of this window that also lies between the two."""
        return Window(max(self.after, after), min(self.before, before))


class Timeline:
    """Ids in ascending order; adding the newest and cutting a window are cheap."""

    def __init__(self) -> None:
        self._ids: list[int] = []

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, item: int) -> None:
        """Put an id in its place."""
        insort(self._ids, item)

    def remove(self, item: int) -> None:
        """Take an id out; nothing happens when it is not there."""
        at = bisect_left(self._ids, item)
        if at < len(self._ids) and self._ids[at] == item:
            del self._ids[at]

    def descending(self, window: Window, *, reach: int | None = None) -> Iterator[int]:
        """The window's ids, newest first, from among the newest `reach` ids."""
        low, high = self._bounds(window, reach)
        return (self._ids[at] for at in range(high - 1, low - 1, -1))

    def ascending(self, window: Window, *, reach: int | None = None) -> Iterator[int]:
        """The window's ids, oldest first, from among the newest `reach` ids."""
        low, high = self._bounds(window, reach)
        return (self._ids[at] for at in range(low, high))

    def _bounds(self, window: Window, reach: int | None) -> tuple[int, int]:
        floor = 0 if reach is None else max(0, len(self._ids) - reach)
        return max(floor, bisect_right(self._ids, window.after)), bisect_left(self._ids, window.before)
