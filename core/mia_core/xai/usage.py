"""What a call to xAI took: tokens, cost, time. One record for every HTTP call, whatever came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Outcome = Literal["ok", "refused", "garbled", "busy", "halted"]

TICKS_PER_USD = 10_000_000_000
"""xAI's unit of cost: `cost_in_usd_ticks`."""
_LARGEST = 2**53


@dataclass(frozen=True)
class Usage:
    """Tokens and cost of one call, as xAI told them; zero where it told nothing."""

    input_tokens: int = 0
    cached_tokens: int = 0
    """Those of the input that came out of xAI's cache."""
    output_tokens: int = 0
    """Visible ones; reasoning is billed beside them."""
    reasoning_tokens: int = 0
    cost_ticks: int = 0
    cost_told: bool = False


@dataclass(frozen=True)
class CallRecord:
    """One HTTP call, in the form of the table `model_call`. Holds no text."""

    at: datetime
    model: str
    outcome: Outcome
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost_ticks: int = 0
    duration_ms: int = 0
    request_id: str | None = None
    """x-request-id; where no response came, the x-client-request-id that was sent. xAI's support finds both."""


def read_usage(document: Mapping[str, Any]) -> Usage:
    """The usage that a response tells, where it tells any; what is not a count is taken as zero."""
    usage = document.get("usage")
    return Usage(
        input_tokens=_count(usage, "input_tokens"),
        cached_tokens=_count(usage, "input_tokens_details", "cached_tokens"),
        output_tokens=_count(usage, "output_tokens"),
        reasoning_tokens=_count(usage, "output_tokens_details", "reasoning_tokens"),
        cost_ticks=_count(usage, "cost_in_usd_ticks"),
        cost_told=isinstance(usage, Mapping) and usage.get("cost_in_usd_ticks") is not None,
    )


def _count(value: Any, *path: str) -> int:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, int) and 0 <= value <= _LARGEST else 0
