"""How long a receiver waits until its next look: rules alone, in seconds."""

from datetime import datetime, timedelta

from mia_core.limits import WINDOW, Told

_PATIENCE = 8
"""A pause is the time that has been quiet, divided by this: 20 s after nearly three minutes without a message."""
_GROWTH = 1.3
"""Each pause is this much longer than the last, while a window's looks are spent faster than they come back."""


def while_talking(silence_s: float, quick_s: float, quiet_s: float) -> float:
    """The pause after so long without anything new: quick while somebody talks, growing to the quiet one."""
    return min(max(quick_s, silence_s / _PATIENCE), max(quick_s, quiet_s))


def within_limit(told: Told | None, now: datetime, reserve: int = 0) -> float:
    """The shortest pause that X's limit allows, with `reserve` requests kept for a burst of pages.

    Looks come quickly at first, then ever more slowly: the pauses of the window's remaining looks are a geometric
    series that ends at the reset, so the limit never runs dry before it. Longer than a window it never is.
    """
    left = min((told.resets_at - now) / timedelta(seconds=1), WINDOW.total_seconds()) if told else 0.0
    if told is None or left <= 0:
        return 0.0
    looks = told.remaining - reserve
    if looks <= 1:
        return left
    # Beyond a hundred looks the first pauses are next to nothing, and the power outgrows a float.
    return left * (_GROWTH - 1) / (_GROWTH ** min(looks, 100) - 1)


def until_midnight(now: datetime) -> float:
    """Until the UTC day ends, with which the budget of reads begins anew."""
    tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (tomorrow - now) / timedelta(seconds=1)
