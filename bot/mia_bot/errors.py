"""Everything that X can do to a request, as one tree.

    MiaError (core)
    └── XError
        ├── XRateLimited     429: certainly not done; heals at `retry_at`
        ├── XUnavailable     no connection, an error on a read, a wall before X: not done; heals by waiting
        ├── XUncertain       a write without a clear answer: it may have been done; ask before trying again
        ├── XRefused         X said no to this very request; `kind` says why; trying again is pointless
        ├── XUnauthorized    the token is not taken (any more): refresh it, or the operator signs in again
        └── XOutOfCredits    402: the operator must buy credits

Messages hold X's words for the operator, never a token and never a person's text.
"""

from datetime import datetime
from typing import Literal

from mia_core.errors import MiaError

Refusal = Literal[
    "duplicate", "not_summoned", "blocked", "dm_closed", "deleted", "locked", "scope", "too_long", "other"
]


class XError(MiaError):
    """X did not do what it was asked."""


class XRateLimited(XError):
    """Too many requests to this endpoint."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"X's rate limit is used up until {retry_at:%H:%M:%S} UTC")
        self.retry_at = retry_at


class XUnavailable(XError):
    """X could not be asked, or could not answer; nothing was changed."""


class XUncertain(XError):
    """A write may or may not have been done."""


class XRefused(XError):
    """X refused, for a reason of its own."""

    def __init__(self, kind: Refusal, words: str) -> None:
        super().__init__(f"X refused ({kind}): {words}")
        self.kind = kind


class XUnauthorized(XError):
    """The token is unknown, expired or revoked."""


class XOutOfCredits(XError):
    """The account's credits are gone."""
