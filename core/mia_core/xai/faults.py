"""What a call that brought no answer means: xAI's table of errors, as values of our own tree.

| status | and | becomes |
|---|---|---|
| any 4xx | wrong key, no such model, out of credits | ModelHalted |
| 403 | a failed safety check | ModelRefused |
| 408, 409, 425, 429, 5xx | | Overloaded, worth trying again |
| 400, 413, 422 | anything else | ModelRejected: this very request is at fault |
| the rest | | ModelHalted: key, address or rights are not as they should be |

xAI's words can hold pieces of the request, and so of what people wrote. They are told, redacted, only where they
are known words about key, model or credits; key and model are looked for at their *beginning*, lest a quoted
request pass for a wrong key.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from mia_core.errors import ModelBusy, ModelError, ModelHalted, ModelRefused, ModelRejected
from mia_core.xai.redact import label, redact
from mia_core.xai.wire import read_document

HALT = timedelta(minutes=5)
"""How long to wait before a halted call is tried again: the operator may have mended it by then."""
BUSY = timedelta(seconds=15)
"""How long to wait after overload, past the retries, where xAI names no time."""
LONGEST = timedelta(hours=1)
"""A Retry-After beyond this is cut to it."""

_BUSY_STATUS = frozenset({408, 409, 425, 429})
_REJECTED_STATUS = frozenset({400, 413, 422})
_WRONG_KEY = re.compile(r"\W*(incorrect|invalid|missing|no|unknown)\s+api[ _-]?key", re.IGNORECASE)
_NO_MODEL = re.compile(
    r"\W*((the |requested )*model\b.{0,120}?(not found|does not exist|not exist)|model not found)", re.IGNORECASE
)
_NO_CREDITS = re.compile(
    r"used all available credits|monthly spending limit|doesn't have any credits|insufficient[_ ]quota",
    re.IGNORECASE,
)
_CHECK = re.compile(r"SAFETY_CHECK_TYPE_[A-Z0-9_]{1,60}")
_GUIDELINES = re.compile(r"violates (our |xai'?s? )?usage guidelines", re.IGNORECASE)


class Overloaded(ModelBusy):
    """One call met overload or no connection; `wait` is what xAI asked for, None where it named nothing."""

    def __init__(self, reason: str, now: datetime, wait: timedelta | None = None) -> None:
        super().__init__(reason, now + (BUSY if wait is None else wait))
        self.wait = wait


def fault(
    status: int, headers: Mapping[str, str], content: bytes, *, now: datetime, secrets: tuple[str, ...] = ()
) -> ModelError:
    """The error that a response without success stands for. `secrets` are never told."""
    text, code = _read(content)
    if halt := _operators(status, text):
        known = _WRONG_KEY.match(text) or _NO_MODEL.match(text) or _NO_CREDITS.search(text)
        return ModelHalted(
            f"{halt}: {redact(text, *secrets)}" if known else f"{halt} ({status} {code})", now + HALT
        )
    if status == 403 and (check := _check(text)):
        return ModelRefused(check)
    if status in _BUSY_STATUS or status >= 500:
        return Overloaded(f"xAI answers {status} {code}", now, retry_after(headers.get("retry-after"), now))
    if status in _REJECTED_STATUS:
        return ModelRejected(f"xAI calls the request invalid: {status} {code}")
    advice = f"xAI answers {status} {code}; check xai.api_key, xai.base_url and the team's rights"
    return ModelHalted(advice, now + HALT)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for, in seconds or as an HTTP date; None if it names none."""
    if value is None:
        return None
    try:
        if re.fullmatch(r"\s*\d{1,9}(\.\d+)?\s*", value):
            wait = timedelta(seconds=float(value))
        else:
            date = parsedate_to_datetime(value)
            wait = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST)


def _operators(status: int, text: str) -> str | None:
    """What the operator has to mend, if that is what the response says."""
    if not 400 <= status < 500:
        return None
    if status == 402 or (status in (403, 429) and _NO_CREDITS.search(text)):
        return "the xAI team is out of credits or has reached its spending limit"
    if status == 401 or _WRONG_KEY.match(text):
        return "xAI does not take xai.api_key (MIA_XAI__API_KEY)"
    if status == 404 or _NO_MODEL.match(text):
        return "xAI has no such model, or xai.base_url is not its address; `mia doctor` lists the models"
    return None


def _check(text: str) -> str | None:
    if found := _CHECK.search(text):
        return found[0]
    return "usage_guidelines" if _GUIDELINES.search(text) else None


def _read(content: bytes) -> tuple[str, str]:
    """Text and code of an error, from either of xAI's shapes or from plain text; HTML says nothing."""
    document = read_document(content)
    if document is None:
        text = content[:2000].decode("utf-8", "replace").strip()
        return ("" if text.startswith("<") else text), _code(None)
    error: Any = document.get("error")
    if isinstance(error, Mapping):
        return _words(error.get("message")), _code(error.get("code") or error.get("type"))
    return _words(error), _code(document.get("code"))


def _words(value: object) -> str:
    return value if isinstance(value, str) else ""


def _code(value: object) -> str:
    return "without a code" if value is None else label(value)
