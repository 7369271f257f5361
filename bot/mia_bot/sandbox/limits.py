"""Rate limits: fixed windows per operation and caller, told in X's x-rate-limit headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

QUARTER_S = 15 * 60
DAY_S = 24 * 60 * 60


@dataclass(frozen=True)
class Limit:
    """So many requests in a window of so many seconds."""

    requests: int
    seconds: int = QUARTER_S


GENEROUS = (Limit(100_000),)
"""What the sandbox grants unless X's real limits are asked for."""


@dataclass(frozen=True)
class Standing:
    """How a caller stands after a request; `reset` is in seconds since 1970."""

    limit: int
    remaining: int
    reset: int
    refused: bool

    @property
    def headers(self) -> dict[str, str]:
        """X's three headers."""
        return {
            "x-rate-limit-limit": str(self.limit),
            "x-rate-limit-remaining": str(self.remaining),
            "x-rate-limit-reset": str(self.reset),
        }


@dataclass
class _Count:
    opened: float
    used: int = 0


class Limiter:
    """Counts requests; a window opens with its first request."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int], _Count] = {}

    def take(self, bucket: str, caller: str, limits: Sequence[Limit], now: datetime) -> Standing:
        """Count one request against every window, unless one of them is used up already.

        The answer tells of the window with the fewest requests left.
        """
        moment = now.timestamp()
        counts = [self._count(bucket, caller, limit, moment) for limit in limits]
        pairs = list(zip(limits, counts, strict=True))
        refused = any(count.used >= limit.requests for limit, count in pairs)
        if not refused:
            for count in counts:
                count.used += 1
        limit, count = min(pairs, key=lambda pair: (pair[0].requests - pair[1].used, -pair[0].seconds))
        return Standing(
            limit=limit.requests,
            remaining=limit.requests - count.used,
            reset=int(count.opened + limit.seconds),
            refused=refused,
        )

    def _count(self, bucket: str, caller: str, limit: Limit, moment: float) -> _Count:
        key = (bucket, caller, limit.seconds)
        count = self._counts.get(key)
        if count is None or moment >= count.opened + limit.seconds:
            count = self._counts[key] = _Count(opened=moment)
        return count
