"""What an answer of X's that is no success means: one pure function from status and body to our errors."""

import json
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

WINDOW = timedelta(minutes=15)
"""X's limits count by quarters of an hour; the wait when a 429 does not say for how long."""
_LONGEST = 300

_SIGNS: tuple[tuple[Refusal, tuple[str, ...]], ...] = (
    ("duplicate", ("duplicate content", "duplicate")),
    ("blocked", ("blocked",)),
    ("not_summoned", ("not been mentioned", "reply to this conversation is not allowed")),
    ("deleted", ("deleted", "not visible to you", "could not find")),
    ("locked", ("locked", "suspended")),
    ("scope", ("scope", "permission", "not permitted to use oauth")),
    ("too_long", ("too long",)),
    ("dm_closed", ("cannot send messages", "direct message", "dm")),
)
"""Words in X's refusals, the more telling first: X gives all of these as a 403, told apart in prose only."""


def fault(  # noqa: PLR0911 - a table, one line a status
    status: int, headers: Mapping[str, str], body: bytes, *, write: bool, now: datetime
) -> XError:
    """The error for a response with this status.

    `write`: the request would have changed something, so that a failing server leaves it open whether it did.
    """
    words = _words(body)
    if status == 429:
        return XRateLimited(reset_of(headers) or now + WINDOW)
    if status == 401:
        return XUnauthorized(f"X does not take the token: {words}")
    if status == 402:
        return XOutOfCredits(f"X's credits are used up: {words}")
    if status == 404:
        return XRefused("deleted", words)
    if 400 <= status < 500:
        return XRefused(_kind(words), words)
    if write:
        return XUncertain(f"X answered {status}")
    return XUnavailable(f"X answered {status}")


def reset_of(headers: Mapping[str, str]) -> datetime | None:
    """When the endpoint's limit is full again, if the headers say so."""
    try:
        return datetime.fromtimestamp(int(headers["x-rate-limit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def _kind(words: str) -> Refusal:
    said = words.casefold()
    return next((kind for kind, signs in _SIGNS if any(sign in said for sign in signs)), "other")


def _words(body: bytes) -> str:
    """What a problem document or a list of errors says; HTML from the edge says nothing of use."""
    try:
        document: Any = json.loads(body)
    except ValueError:
        return "no reason given"
    if not isinstance(document, dict):
        return "no reason given"
    errors = document.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    for said in (document.get("detail"), first.get("message"), first.get("detail"), document.get("title")):
        if isinstance(said, str) and said:
            return said[:_LONGEST]
    return "no reason given"
