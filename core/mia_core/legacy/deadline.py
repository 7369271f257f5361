"""Until when old accounts can be brought along, and what happens then."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

GRACE = timedelta(days=30)
"""From the deadline to the deletion of what nobody brought along, as the privacy policy says."""


@dataclass(frozen=True)
class Deadline:
    """The last day (UTC) that was named; None as long as none was."""

    day: date | None

    @property
    def deletion(self) -> date | None:
        """The day on which what is left is deleted."""
        return self.day + GRACE if self.day else None

    def has_passed(self, now: datetime) -> bool:
        """Whether the last day is over."""
        return self.day is not None and now.date() > self.day

    def is_deleted(self, now: datetime) -> bool:
        """Whether the day of deletion has come."""
        return self.deletion is not None and now.date() >= self.deletion
