"""X's ids carry their time: milliseconds since 2010-11-04T01:42:54.657Z, then 22 bits."""

from datetime import timedelta

_BITS = 22


def earlier(post_id: int, by: timedelta) -> int:
    """An id that is older by a span of time; 0 at least."""
    return max(post_id - (by // timedelta(milliseconds=1) << _BITS), 0)
