"""The sender: what stands in the outbox goes out once; what is unclear is looked up before it goes again."""

import asyncio
from datetime import datetime, timedelta

import structlog

from mia_bot.errors import Refusal, XOutOfCredits, XRateLimited, XRefused, XUnauthorized, XUncertain
from mia_bot.lookup import find_sent
from mia_bot.reasons import reason_of
from mia_bot.text.vary import varied
from mia_bot.x.client import XClient
from mia_bot.x.shapes import User
from mia_core.app import App
from mia_core.errors import MiaError, OperatorError
from mia_core.outbox import Outgoing

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=20)
"""How long X may take to show what was sent, before its absence means anything."""
SHOWN = timedelta(minutes=5)
"""What X calls a duplicate and still does not show after this is another text with the same words."""
PATIENCE = timedelta(hours=6)
"""How long X may be away before a text is given up: its outages take hours, and cost nobody an answer."""
_IDLE_S = 1.0
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
_OPERATOR_PAUSE = timedelta(minutes=5)
_OF_HER_ACCOUNT: tuple[Refusal, ...] = ("locked", "scope")


class Sender:
    """Sends what is due, and settles each text with its own outcome."""

    def __init__(self, app: App, x: XClient, me: User) -> None:
        self._app = app
        self._x = x
        self._me = me

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop; what is in hand is settled.

        What is held goes out side by side: it is one text a person and channel at most, and one that X is slow
        with must not use up the others' lease.
        """
        while not stop.is_set():
            try:
                held = await self._app.outbox.claim(f"{self._app.owner}/sender")
            except Exception as error:  # noqa: BLE001 - the database may be away; the sender stays
                log.error("outbox_failed", reason=reason_of(error))
                held = []
            await asyncio.gather(*map(self._send_alone, held))
            if not held:
                await self._app.outbox.wait(_IDLE_S)

    async def _send_alone(self, out: Outgoing) -> None:
        try:
            await self.send(out)
        except Exception as error:  # noqa: BLE001 - its lease lapses, it is looked up, and the others go on
            log.error("send_not_settled", reason=reason_of(error), **self._facts(out))

    async def send(self, out: Outgoing) -> None:
        """Send one text, or find out that it was sent, and keep what became of it."""
        try:
            if out.state == "unknown" and (sent_id := await find_sent(self._x, self._me, out)):
                await self._sent(out, sent_id, found=True)
                return
        except MiaError as error:
            await self._wait(out, error)
            return
        try:
            if free := self._x.free_again(out.channel, out.address, self._app.clock()):
                raise XRateLimited(free)
            sent_id = await self._put(out)
        except MiaError as error:
            await self._settle(out, error)
            return
        await self._sent(out, sent_id, found=False)

    async def _put(self, out: Outgoing) -> str:
        if out.channel == "dm":
            return await self._x.send_dm(out.address, out.text)
        return await self._x.post(out.text, in_reply_to=out.address)

    async def _sent(self, out: Outgoing, sent_id: str, *, found: bool) -> None:
        await self._app.outbox.sent(out, sent_id)
        log.info("sent", sent_id=sent_id, found_at_x=found, **self._facts(out))

    async def _settle(self, out: Outgoing, error: MiaError) -> None:
        """The outcome of a failed try: it must be looked up, it is final, or it heals by waiting."""
        if isinstance(error, XUncertain):
            await self._look_later(out, error)
        elif isinstance(error, XRefused) and error.kind == "duplicate":
            await self._repeated(out, error)
        else:
            await self._wait(out, error)

    async def _wait(self, out: Outgoing, error: MiaError) -> None:
        """It was not sent now, or could not be looked up. What may have been sent before is looked up again."""
        now, facts = self._app.clock(), self._facts(out)
        if isinstance(error, XRateLimited):
            log.warning("send_rate_limited", until=error.retry_at.isoformat(), **facts)
            await self._again(out, error, at=error.retry_at)
        elif _needs_operator(error):
            log.error("send_needs_operator", reason=str(error), **facts)
            await self._again(out, error, at=now + _OPERATOR_PAUSE)
        elif isinstance(error, XRefused) or self._worn_out(out, now):
            await self._dead(out, str(error))
        else:
            pause = _pause(out, now)
            log.warning("send_failed", reason=str(error), again_in_s=pause.total_seconds(), **facts)
            await self._again(out, error, at=now + pause, counted=True)

    async def _again(self, out: Outgoing, error: MiaError, *, at: datetime, counted: bool = False) -> None:
        if out.state == "unknown":
            await self._app.outbox.unknown(out, at=at, reason=str(error))
        else:
            await self._app.outbox.retry(out, at=at, reason=str(error), counted=counted)

    async def _look_later(self, out: Outgoing, error: MiaError) -> None:
        """It may be there; what never shows is dead in the end."""
        now = self._app.clock()
        if self._worn_out(out, now):
            await self._dead(out, f"{error}; never seen at X")
            return
        log.warning("send_unclear", reason=str(error), **self._facts(out))
        await self._app.outbox.unknown(out, at=now + max(GRACE, _pause(out, now)), reason=str(error))

    async def _repeated(self, out: Outgoing, error: XRefused) -> None:
        """X has these words already: from an earlier try whose answer was lost, or from another post of hers."""
        try:
            sent_id = await find_sent(self._x, self._me, out) if out.attempts > 1 else None
        except MiaError as second:
            await self._look_later(out, second)
            return
        if sent_id:
            await self._sent(out, sent_id, found=True)
        elif out.attempts > 1 and self._app.clock() < out.created_at + SHOWN:
            await self._look_later(out, error)
        elif out.channel == "post":
            log.info("send_reworded", **self._facts(out))
            words = varied(out.text, out.attempts + out.id, self._app.settings.bot.post_length)
            await self._app.outbox.reword(out, words)
        else:
            await self._dead(out, str(error))

    async def _dead(self, out: Outgoing, reason: str) -> None:
        log.error("send_dead", reason=reason, **self._facts(out))
        await self._app.outbox.dead(out, reason=reason)

    def _worn_out(self, out: Outgoing, now: datetime) -> bool:
        return out.attempts >= self._app.settings.bot.max_attempts and now >= out.created_at + PATIENCE

    def _facts(self, out: Outgoing) -> dict[str, object]:
        return {
            "channel": out.channel,
            "outbox_id": out.id,
            "person": self._app.vault.pseudonym(out.person_id),
            "attempt": out.attempts,
        }


def _needs_operator(error: MiaError) -> bool:
    """Whether it is her account or configuration that X or we stumble over, not this one text."""
    if isinstance(error, XRefused):
        return error.kind in _OF_HER_ACCOUNT
    return isinstance(error, XUnauthorized | XOutOfCredits | OperatorError)


def _pause(out: Outgoing, now: datetime) -> timedelta:
    """A quarter of the time that it has waited already: short at first, then ever longer."""
    return min(max((now - out.created_at) / 4, _FIRST_PAUSE), _LONGEST_PAUSE)
