"""What an answer of X's that is no success means: one pure function from status and body to our errors."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mia_bot.errors import (
    Refusal,
    XError,
    XOutOfCredits,
    XRateLimited,
    XRefused,
    XUnauthorized,
    XUnavailable,
    XUncertain,
)

UNTOLD = timedelta(minutes=1)
"""The wait when a 429 does not say for how long: asking once a minute costs nothing, even if a window is long."""
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(days=1)
"""A reset that X's clock has behind it must not make us ask without a pause; its longest window is a day."""
_LONGEST = 300
_TIMED_OUT = 408

_SIGNS: Mapping[Refusal, str] = {
    "duplicate": r"duplicate",
    "blocked": r"\bblocked",
    "not_summoned": r"not been mentioned|reply to this conversation is not allowed",
    "deleted": r"deleted|not visible to you|could not find|user has been suspended",
    "locked": r"\blocked|suspended",
    "dm_closed": r"permission to dm|cannot send messages|direct message",
    "scope": r"\bscope|permission|authenticating with",
    "too_long": r"too long",
}
"""Words in X's refusals, the more telling first: X gives all of these as a 403, told apart in prose only."""


def fault(  # noqa: PLR0911 - a table, one line a status
    status: int, headers: Mapping[str, str], body: bytes, *, write: bool, now: datetime
) -> XError:
    """The error for a response with this status.

    `write`: the request would have changed something, so that a failing server leaves it open whether it did.
    A refusal is one that comes as X's own document; HTML says that something before X's API was in the way.
    """
    document = _document(body)
    words = _words(document)
    if status == 429:
        reset = moment_of(headers.get("x-rate-limit-reset", "")) or now + UNTOLD
        return XRateLimited(min(max(reset, now + _SHORTEST_WAIT), now + _LONGEST_WAIT))
    if status == 401:
        return XUnauthorized(f"X does not take the token: {words}")
    if status == 402:
        return XOutOfCredits(f"X's credits are used up: {words}")
    if 400 <= status < 500 and status != _TIMED_OUT:
        if document is None:
            return XUnavailable(f"something before X's API answered {status}")
        return XRefused("deleted" if status == 404 else _kind(words), words)
    if write:
        return XUncertain(f"X answered {status}")
    return XUnavailable(f"X answered {status}")


def moment_of(seconds: str) -> datetime | None:
    """A moment that a header gives in seconds since 1970, if it does."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _kind(words: str) -> Refusal:
    return next((kind for kind, signs in _SIGNS.items() if re.search(signs, words, re.IGNORECASE)), "other")


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _words(document: dict[str, Any] | None) -> str:
    """What a problem document or a list of errors says."""
    if document is None:
        return "no reason given"
    errors = document.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    for said in (document.get("detail"), first.get("message"), first.get("detail"), document.get("title")):
        if isinstance(said, str) and said:
            return said[:_LONGEST]
    return "no reason given"
