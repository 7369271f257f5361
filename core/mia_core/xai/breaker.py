"""Circuit breaker: after failures that concern every call, none is made until a pause is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from mia_core.clock import Clock
from mia_core.errors import ModelBusy, ModelError, ModelHalted, ModelRejected

log = structlog.get_logger(__name__)

FAILURES = 5
"""Failures in a row, each after its own retries, that open the circuit."""
PAUSE = timedelta(seconds=30)
"""Least time that the circuit stays open."""


class Breaker:
    """Closed: all may ask. Open until a moment: nobody. From then on half-open: one tries for all.

    A halt opens it at once. Overload, and requests rejected as invalid, open it when FAILURES of them follow one
    another: a single rejected request is that request's own fault, many in a row are the configuration's. Any
    answer, even a refused or a garbled one, closes it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kind: type[ModelError] | None = None
        self._failures = 0
        self._cause: ModelBusy | ModelHalted | None = None
        self._trial = False

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Wrap one try, retries included. Raises ModelBusy or ModelHalted again while the circuit is open."""
        trial = self._admit()
        try:
            yield
        except ModelHalted as halt:
            self._open(halt.reason, halt.retry_at, halted=True)
            raise
        except ModelBusy as busy:
            if self._in_a_row(ModelBusy) >= FAILURES or trial:
                self._open(busy.reason, busy.retry_at, halted=False)
            raise
        except ModelRejected as rejection:
            if self._in_a_row(ModelRejected) >= FAILURES:
                reason = f"one request after another is rejected ({rejection}); check the settings under [xai]"
                self._open(reason, self._clock(), halted=True)
            raise
        except ModelError:
            self._close()
            raise
        else:
            self._close()
        finally:
            if trial:
                self._trial = False

    def _admit(self) -> bool:
        """Whether this try is the trial of a half-open circuit."""
        if self._cause is None:
            return False
        now = self._clock()
        if now < self._cause.retry_at:
            raise _again(self._cause, self._cause.retry_at)
        if self._trial:
            raise _again(self._cause, now + PAUSE)
        self._trial = True
        return True

    def _in_a_row(self, kind: type[ModelError]) -> int:
        """How many failures of this kind followed one another, this one included."""
        self._failures = self._failures + 1 if kind is self._kind else 1
        self._kind = kind
        return self._failures

    def _open(self, reason: str, retry_at: datetime, *, halted: bool) -> None:
        now = self._clock()
        until = max(retry_at, now + PAUSE)
        if self._cause is None or self._cause.retry_at <= now:
            log.error("xai_circuit_opened", reason=reason, until=until.isoformat())
        self._cause = ModelHalted(reason, until) if halted else ModelBusy(reason, until)

    def _close(self) -> None:
        if self._cause is not None:
            log.info("xai_circuit_closed")
        self._kind, self._failures, self._cause = None, 0, None


def _again(cause: ModelBusy | ModelHalted, retry_at: datetime) -> ModelBusy | ModelHalted:
    """The cause as an error of its own for each caller."""
    return type(cause)(cause.reason, retry_at)
