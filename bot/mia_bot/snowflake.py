"""X's ids carry their time: milliseconds since 2010-11-04T01:42:54.657Z, then 22 bits."""

from datetime import UTC, datetime, timedelta

_BITS = 22
_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
_BELIEVABLE = timedelta(days=1)
_LATEST_MS = (1 << 41) - 1


def earlier(post_id: int, by: timedelta) -> int:
    """An id that is older by a span of time; 0 at least."""
    return max(post_id - (by // timedelta(milliseconds=1) << _BITS), 0)


def written_at(object_id: str, told: datetime) -> datetime:
    """When a post or a message was written, by its id: whole answers of X can come with another clock's times.

    `told`, its `created_at`, stands where the id is none of these or says something far from it.
    """
    if not object_id.isdecimal():
        return told
    by_id = _EPOCH + timedelta(milliseconds=min(int(object_id) >> _BITS, _LATEST_MS))
    return by_id if abs(by_id - told) < _BELIEVABLE else told
