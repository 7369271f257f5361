"""Which faults happen, and how often: one typed value, from a file or from PUT /sandbox/faults."""

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

Kind = Literal[
    "rate_limited",
    "rate_limited_bare",
    "server_error",
    "server_error_after",
    "cut_before",
    "cut_after",
    "slow",
    "token_expires",
    "clock_skew",
    "page_omits",
    "page_repeats",
    "page_disorders",
    "stream_silent",
    "stream_repeats",
    "stream_disorders",
    "stream_drops",
    "stream_closes",
    "xai_slow",
    "xai_busy",
    "xai_garbled",
    "xai_no_credits",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

Share = Annotated[float, Field(ge=0, le=1)]

MODEST: dict[Kind, float] = {
    "rate_limited": 0.01,
    "rate_limited_bare": 0.0005,
    "server_error": 0.02,
    "server_error_after": 0.03,
    "cut_before": 0.02,
    "cut_after": 0.03,
    "slow": 0.02,
    "token_expires": 0.005,
    "clock_skew": 0.05,
    "page_omits": 0.03,
    "page_repeats": 0.05,
    "page_disorders": 0.05,
    "stream_silent": 0.005,
    "stream_repeats": 0.05,
    "stream_disorders": 0.03,
    "stream_drops": 0.05,
    "stream_closes": 0.02,
    "xai_slow": 0.02,
    "xai_busy": 0.03,
    "xai_garbled": 0.02,
    "xai_no_credits": 0.0002,
}
"""What `"all"` stands for: often enough to strike in a minute, seldom enough to get anywhere."""


class FaultPlan(BaseModel):
    """All that can be set; an empty plan is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shares: dict[Kind, Share] = {}
    """Of the calls, pages, objects or lines that a kind can strike, the part that it does."""
    seed: int = 0
    slow_s: float = Field(2, ge=0, le=600)
    """How long a slow answer takes."""
    skew_s: float = Field(30, ge=-86_400, le=86_400)
    """How far X's clock is ahead, when it is."""
    hide_s: float = Field(5, ge=0, le=86_400)
    """How long what a page leaves out stays out of all pages."""
    reset_s: float = Field(5, ge=0, le=86_400)
    """When a limit that is said to be used up is said to be full again."""
    routes: tuple[str, ...] = ()
    """Beginnings of paths that calls are struck on; all of X's and xAI's if none."""

    @field_validator("shares", mode="before")
    @classmethod
    def _all(cls, value: object) -> object:
        return MODEST if value == "all" else value
