"""Pace: how often one person may have the model think, and how long the pauses are for who floods or insults."""

from datetime import datetime, timedelta

BURST = 40
"""Turns that may come at once, after a time of rest."""
PAUSES = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=24))
"""The first pause, the second, and every further one."""
MOST_STRIKES = 3
"""Insulting turns from which on there is a pause."""
FORGIVEN = timedelta(days=1)
"""After which a strike counts no more; a pause, after thirty times as long."""


def next_turn(turns_until: datetime | None, now: datetime, per_hour: int) -> datetime | None:
    """The pace after one more turn; None when there is no room for it now.

    The generic cell rate algorithm (ITU-T I.371): one moment holds the whole of a person's pace.
    """
    each = timedelta(hours=1) / per_hour
    begun = max(turns_until or now, now)
    return begun + each if begun - now <= each * BURST else None


def pause_length(pauses: int) -> timedelta:
    """How long the next pause is for who has had so many."""
    return PAUSES[min(pauses, len(PAUSES) - 1)]


def strikes_left(strikes: int, struck_at: datetime | None, now: datetime) -> int:
    """Strikes that still count: one fewer for each day without another."""
    if struck_at is None:
        return 0
    return max(strikes - (now - struck_at) // FORGIVEN, 0)
