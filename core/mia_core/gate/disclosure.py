"""Disclosure: people are told that she is an AI, at the start of each talk and again and again while it goes on.

New York's law on AI companions (General Business Law art. 47, in force since November 2025) asks for it at the
beginning and every three hours; California's SB 243 has like rules for minors, to whom it is said every hour here.
"""

from datetime import datetime, timedelta
from typing import Literal

EVERY, EVERY_FOR_MINORS = timedelta(hours=3), timedelta(hours=1)
LONG = timedelta(hours=2)
"""Length of a session from which a break is suggested."""
Notice = Literal["first", "again", "break"]


def notice_due(
    told_at: datetime | None, session_started_at: datetime | None, now: datetime, *, minor: bool
) -> Notice | None:
    """Which notice goes with what is said now; `session_started_at` is None at the start of a session."""
    if told_at is None:
        return "first"
    began = session_started_at or now
    if told_at >= began and now - told_at < (EVERY_FOR_MINORS if minor else EVERY):
        return None
    return "break" if now - began >= LONG else "again"
