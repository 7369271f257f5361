"""Workers: each claims a person, takes the turn, and lets nothing that breaks stop the others."""

import asyncio
from datetime import timedelta

import structlog

from mia_bot.reasons import reason_of
from mia_core.app import App
from mia_core.errors import LeaseLost
from mia_core.inbox import Claim
from mia_core.turn import Shape, take_turn

log = structlog.get_logger(__name__)

_IDLE_S = 1.0
"""How often a worker looks for what other processes received, and for what is due again."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 5.0, 600.0


async def work(app: App, shape: Shape, name: str, stop: asyncio.Event) -> None:
    """Take turns until told to stop; the turn in hand is finished."""
    while not stop.is_set():
        claim = await _claim(app, name)
        if claim is None:
            await app.inbox.wait(_IDLE_S)
        else:
            await _take(app, claim, shape)


async def _claim(app: App, name: str) -> Claim | None:
    try:
        return await app.inbox.claim(f"{app.owner}/{name}")
    except Exception as error:  # noqa: BLE001 - the database may be away; the worker stays
        log.error("inbox_failed", reason=reason_of(error))
        await asyncio.sleep(_FIRST_PAUSE_S)
        return None


async def _take(app: App, claim: Claim, shape: Shape) -> None:
    """One turn. Whatever it raises is logged, and the turn tried again later, until it is dead."""
    facts = {
        "person": app.vault.pseudonym(claim.person_id),
        "event_ids": [event.event_id for event in claim.events],
        "attempt": claim.attempts,
    }
    started = app.clock()
    try:
        taken = await take_turn(app, claim, shape)
    except LeaseLost as error:
        log.warning("turn_lost", reason=str(error), **facts)
    except Exception as error:  # noqa: BLE001 - one poisoned event must not stop anybody else's
        await _postpone(app, claim, error, facts)
    else:
        lag = started - claim.events[0].at
        took = app.clock() - started
        log.info(
            "turn_taken",
            outcome=taken.outcome,
            lag_s=round(lag.total_seconds(), 1),
            took_s=round(took.total_seconds(), 2),
            **facts,
        )


async def _postpone(app: App, claim: Claim, error: Exception, facts: dict[str, object]) -> None:
    reason = reason_of(error)
    pause = min(_FIRST_PAUSE_S * 2 ** (claim.attempts - 1), _LONGEST_PAUSE_S)
    log.error("turn_failed", reason=reason, again_in_s=pause, **facts)
    try:
        await app.inbox.postpone(claim, until=app.clock() + timedelta(seconds=pause), reason=reason)
    except Exception as second:  # noqa: BLE001 - then the lease lapses, and the turn is taken over
        log.error("postpone_failed", reason=reason_of(second), **facts)
