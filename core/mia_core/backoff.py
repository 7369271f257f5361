"""Back-off: how long to wait after so many failures, by tenacity's rule."""

from datetime import timedelta

from tenacity import RetryCallState, Retrying, wait_exponential_jitter

_FIRST_S, _LONGEST_S, _JITTER_S = 5.0, 600.0, 2.0
_WAIT = wait_exponential_jitter(multiplier=_FIRST_S, max=_LONGEST_S, jitter=_JITTER_S)
_RETRYING = Retrying()


def pause_after(attempts: int) -> timedelta:
    """The pause after the n-th failed attempt, n from 1: five seconds doubling to ten minutes, with jitter."""
    state = RetryCallState(_RETRYING, None, (), {})
    state.attempt_number = max(attempts, 1)
    return timedelta(seconds=_WAIT(state))
