"""The workers of a process: who is due is claimed and answered; what breaks in one turn stops no other."""

import asyncio
from datetime import timedelta

import structlog

from mia_bot.reasons import reason_of
from mia_core.app import App
from mia_core.backoff import pause_after
from mia_core.errors import LeaseLost
from mia_core.heartbeat import kept
from mia_core.inbox import Claim
from mia_core.outage import advice
from mia_core.turn import Shape, Taken, take_turn

log = structlog.get_logger(__name__)

_LONGEST_WAIT_S = 10.0
"""After this one looks for what is due even if no signal has come: signals may be lost."""
_CROWDED_S = 0.05
"""The pause when somebody is due, but in other hands at this very moment."""
_NO_DATABASE_S = 2.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)


class Workers:
    """Takes turns, `bot.workers` at once at most."""

    def __init__(self, app: App, shape: Shape) -> None:
        self._app = app
        self._shape = shape
        self._free = asyncio.Semaphore(app.settings.bot.workers)
        self._lease = timedelta(seconds=app.settings.bot.lease_s)

    async def run(self, stop: asyncio.Event) -> None:
        """Take turns until told to stop; those in hand are finished, unless this is cancelled."""
        async with asyncio.TaskGroup() as turns:
            turns.create_task(self._look(turns, stop))
            await stop.wait()
            self._app.signals.remind("inbox")

    async def _look(self, turns: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        """Claim person after person while there is a free hand, and wait while nobody is due."""
        while not stop.is_set():
            await self._free.acquire()
            claim = await self._next(stop)
            if claim is None:
                self._free.release()
            else:
                turns.create_task(self._take(claim))

    async def _next(self, stop: asyncio.Event) -> Claim | None:
        """The next person, as soon as there is one; None when a stop came first."""
        heard = self._app.signals.count("inbox")
        while not stop.is_set():
            try:
                if claim := await self._app.inbox.claim(self._app.owner):
                    return claim
                pause_s = _CROWDED_S
                while not stop.is_set() and (until_due := await self._until_due()) > 0:
                    await self._app.signals.wait("inbox", since=heard, timeout_s=until_due)
                    heard, pause_s = self._app.signals.count("inbox"), 0.0
            except Exception as error:  # noqa: BLE001 - the database may be away; the workers stay
                pause_s = _NO_DATABASE_S
                log.error("inbox_failed", reason=reason_of(error), again_in_s=pause_s)
            await asyncio.sleep(pause_s)
        return None

    async def _until_due(self) -> float:
        """Seconds until somebody is due, as far as is known now."""
        due = await self._app.inbox.next_due()
        if due is None:
            return _LONGEST_WAIT_S
        return min((due - self._app.clock()).total_seconds(), _LONGEST_WAIT_S)

    async def _take(self, claim: Claim) -> None:
        """One turn. Whatever it raises is logged, and the turn tried again later, until it is dead."""
        facts = {
            "person": self._app.vault.pseudonym(claim.person_id),
            "event_ids": [event.event_id for event in claim.events],
            "attempt": claim.attempts,
        }
        try:
            taken, took_s = await self._take_held(claim)
        except LeaseLost as error:
            log.warning("turn_lost", reason=str(error), **facts)
        except Exception as error:  # noqa: BLE001 - one poisoned event must not stop anybody else's
            await self._postpone(claim, error, facts)
        else:
            log.info("turn_taken", outcome=taken.outcome, took_s=took_s, lag_s=self._lag_s(claim, took_s), **facts)
        finally:
            self._free.release()
            self._app.signals.remind("inbox")

    async def _take_held(self, claim: Claim) -> tuple[Taken, float]:
        """The turn, its person held for as long as it goes on; and how many seconds it took."""
        started = self._app.clock()
        async with kept(lambda: self._app.inbox.renew(claim), self._lease):
            taken = await take_turn(self._app, claim, self._shape)
        return taken, round((self._app.clock() - started).total_seconds(), 2)

    def _lag_s(self, claim: Claim, took_s: float) -> float:
        """How long the oldest event had waited when the turn began."""
        return round((self._app.clock() - claim.events[0].at).total_seconds() - took_s, 1)

    async def _postpone(self, claim: Claim, error: Exception, facts: dict[str, object]) -> None:
        """Try again later. An outage of the database is not the turn's fault, and kills none however long."""
        outage = advice(error) is not None
        pause = self._pause_in_outage(claim) if outage else pause_after(claim.attempts)
        reason, until = reason_of(error), self._app.clock() + pause
        log.error("turn_failed", reason=reason, again_in_s=round(pause.total_seconds(), 1), **facts)
        try:
            await self._app.inbox.postpone(claim, until=until, reason=reason, counted=not outage)
        except Exception as second:  # noqa: BLE001 - then the lease lapses, and the turn is taken over
            log.error("postpone_failed", reason=reason_of(second), **facts)

    def _pause_in_outage(self, claim: Claim) -> timedelta:
        """A quarter of the time that the event has waited: each try costs a call to the model."""
        waited = self._app.clock() - claim.events[0].at
        return min(max(waited / 4, _SHORTEST_PAUSE), _LONGEST_PAUSE)
