"""X's ids: milliseconds since X's epoch in the upper bits, so that ids sort by time."""

from datetime import UTC, datetime

from mia_core.clock import Clock

EPOCH_MS = 1_288_834_974_657
_SHIFT = 22


def first_id_at(moment: datetime) -> int:
    """The smallest id that a thing made at that moment can have."""
    return max(0, int(moment.timestamp() * 1000) - EPOCH_MS) << _SHIFT


def moment_of(snowflake: int) -> datetime:
    """When the thing with this id was made, in UTC."""
    return datetime.fromtimestamp(((snowflake >> _SHIFT) + EPOCH_MS) / 1000, UTC)


class Snowflakes:
    """Makes ids that always grow, even when the clock stands still or is set back."""

    def __init__(self, clock: Clock, *, last: int = 0) -> None:
        self._clock = clock
        self._last = last

    def next(self) -> int:
        """A fresh id."""
        self._last = max(self._last + 1, first_id_at(self._clock()))
        return self._last
