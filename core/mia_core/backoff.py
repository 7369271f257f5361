"""Back-off: how long to wait after so many failures, by tenacity's rule."""

from datetime import timedelta

from tenacity import RetryCallState, Retrying, wait_exponential_jitter

_LONGEST_S, _JITTER = 600.0, 0.4
_RETRYING = Retrying()


def pause_after(failures: int, *, first_s: float = 5.0) -> timedelta:
    """The pause after the n-th failure in a row, n from 1: doubling to ten minutes, and a random part more."""
    state = RetryCallState(_RETRYING, None, (), {})
    state.attempt_number = max(failures, 1)
    wait = wait_exponential_jitter(multiplier=first_s, max=_LONGEST_S, jitter=first_s * _JITTER)
    return timedelta(seconds=wait(state))
