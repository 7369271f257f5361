"""Ids that sort by time: 41 bits of milliseconds since 2026, then 22 bits that begin at random.

Made in the process, without asking the database, so that they work over any number of machines. Within one
process they always rise; two processes meet only if they draw the same 22 bits in the same millisecond *for
the same person*, as every key begins with `person_id`.
"""

import secrets
from datetime import UTC, datetime, timedelta

from mia_core.clock import Clock

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 22


class IdMaker:
    """Makes rising 63-bit ids from a clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def __call__(self) -> int:
        """A new id, greater than all that this maker made before."""
        milliseconds = max((self._clock() - _EPOCH) // timedelta(milliseconds=1), 0)
        fresh = milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS - 1)
        self._last = max(fresh, self._last + 1)
        return self._last
