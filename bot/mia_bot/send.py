"""The sender: what stands in the outbox goes out once; what is unclear is looked up before it goes again."""

import asyncio
from datetime import datetime, timedelta

import structlog

from mia_bot.errors import Refusal, XOutOfCredits, XRateLimited, XRefused, XUnauthorized, XUncertain
from mia_bot.lookup import find_sent
from mia_bot.reasons import reason_of
from mia_bot.text.vary import varied
from mia_bot.x.client import XClient, sending_limits
from mia_bot.x.shapes import User
from mia_core.app import App
from mia_core.backoff import pause_after
from mia_core.errors import MiaError, OperatorError
from mia_core.heartbeat import kept
from mia_core.outbox import CHANNELS, Channel, Outgoing

log = structlog.get_logger(__name__)

SHOWN = timedelta(minutes=5)
"""What X calls a duplicate and still does not show after this is another text with the same words."""
PATIENCE = timedelta(hours=6)
"""How long X may be away before a text is given up: its outages take hours, and cost nobody an answer."""
_LOOKS = 2
"""X leaves things out of its lists at times: only what is missing twice, half a grace time apart, was not sent."""
_HANDS = 10
"""Texts of a channel that one process sends at once."""
_LONGEST_WAIT_S = 10.0
"""After this one looks for what is due even if no signal has come: signals may be lost."""
_CROWDED_S = 0.05
_NO_DATABASE_S = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=2)
"""Between two tries of one text. However many wait, X's limits bound how often she tries; and a text need not wait
long once X is well again."""
_OPERATOR_PAUSE = timedelta(minutes=1)
_OF_HER_ACCOUNT: tuple[Refusal, ...] = ("locked", "scope")


class Sender:
    """Sends what is due, and settles each text with its own outcome."""

    def __init__(self, app: App, x: XClient, me: User) -> None:
        self._app = app
        self._x = x
        self._me = me
        self._grace = timedelta(seconds=app.settings.bot.grace_s)
        self._lease = timedelta(seconds=app.settings.bot.lease_s)
        self._closed_until: dict[Channel, datetime] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop; what is in hand is settled, unless this is cancelled."""
        self._app.signals.serve("outbox")
        async with asyncio.TaskGroup() as tasks:
            for channel in CHANNELS:
                tasks.create_task(self._serve(channel, stop))
            await stop.wait()
            self._app.signals.remind("outbox")

    async def _serve(self, channel: Channel, stop: asyncio.Event) -> None:
        """Send the channel's texts side by side: one that X is slow with must not hold up the others."""
        busy: set[asyncio.Task[None]] = set()

        def settled(task: "asyncio.Task[None]") -> None:
            busy.discard(task)
            self._app.signals.remind("outbox")

        async with asyncio.TaskGroup() as sending:
            while not stop.is_set():
                heard = self._app.signals.count("outbox")
                taken, pause_s = await self._take(channel, _HANDS - len(busy))
                for out in taken:
                    task = sending.create_task(self._send_held(out))
                    busy.add(task)
                    task.add_done_callback(settled)
                if not taken and not stop.is_set():
                    await self._app.signals.wait("outbox", since=heard, timeout_s=pause_s)

    async def _take(self, channel: Channel, most: int) -> tuple[list[Outgoing], float]:
        """Texts that may go out now, at most so many; or none, and how long to wait."""
        try:
            return await self._claim(channel, most)
        except Exception as error:  # noqa: BLE001 - the database may be away; the sender stays
            log.error("outbox_failed", reason=reason_of(error), again_in_s=_NO_DATABASE_S)
            await asyncio.sleep(_NO_DATABASE_S)
            return [], 0.0

    async def _claim(self, channel: Channel, most: int) -> tuple[list[Outgoing], float]:
        """As many as are due and X's limit has room for, which is set aside for them."""
        outbox, limits, now = self._app.outbox, self._app.limits, self._app.clock()
        waiting = await outbox.waiting(channel, most)
        due = sum(moment <= now for moment in waiting)
        if not due:
            until = (waiting[0] - now).total_seconds() if waiting else _LONGEST_WAIT_S
            return [], min(until, _LONGEST_WAIT_S)
        names = sending_limits(channel)
        grant = await limits.reserve(names, due)
        if grant.free_at:
            self._tell_of_wait(channel, grant.free_at, due)
            return [], min(max((grant.free_at - now).total_seconds(), _CROWDED_S), _LONGEST_WAIT_S)
        taken = await outbox.claim(self._app.owner, channel, most=grant.count, grace=self._grace)
        await limits.give_back(names, grant.count - len(taken))
        return taken, _CROWDED_S

    def _tell_of_wait(self, channel: Channel, until: datetime, due: int) -> None:
        """Nothing may go out for a while: told once for each such time."""
        if self._closed_until.get(channel) != until:
            self._closed_until[channel] = until
            log.warning("sends_paced", channel=channel, until=until.isoformat(), waiting_at_least=due)

    async def _send_held(self, out: Outgoing) -> None:
        """Send one text, held for as long as it takes; whatever happens, the others go on."""
        try:
            async with kept(lambda: self._app.outbox.renew(out), self._lease):
                await self.send(out)
        except Exception as error:  # noqa: BLE001 - its lease lapses, it is looked up, and the others go on
            log.error("send_not_settled", reason=reason_of(error), **self._facts(out))

    async def send(self, out: Outgoing) -> None:
        """Send one text, or find out that it was sent, and keep what became of it."""
        if out.state == "unknown" and not await self._is_absent(out):
            return
        try:
            sent_id = await self._put(out)
        except MiaError as error:
            await self._learn_limits(out)
            await self._settle(out, error)
        else:
            await self._sent(out, sent_id, found=False)
            await self._learn_limits(out)

    async def _is_absent(self, out: Outgoing) -> bool:
        """Ask X whether the text is there. True when it may be sent again; else its row is settled for now."""
        try:
            if sent_id := await self._find(out):
                await self._app.limits.give_back(sending_limits(out.channel), 1)
                await self._sent(out, sent_id, found=True)
                return False
        except MiaError as error:
            await self._wait(out, error)
            return False
        if out.looks + 1 < _LOOKS:
            again = self._app.clock() + self._grace / 2
            await self._app.outbox.unknown(out, at=again, reason="not seen at X so far", looks=out.looks + 1)
            return False
        await self._app.outbox.resend(out)
        return True

    async def _find(self, out: Outgoing) -> str | None:
        return await find_sent(self._x, self._me, out, self._app.outbox.others_sent)

    async def _learn_limits(self, out: Outgoing) -> None:
        """What X's answer told is for all processes, and for those to come."""
        await self._app.limits.learn(self._x.told(sending_limits(out.channel)))

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
            await self._app.limits.close(sending_limits(out.channel)[0], now + _OPERATOR_PAUSE)
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
        await self._app.outbox.unknown(
            out, at=now + max(self._grace, _pause(out, now)), reason=str(error), looks=0
        )

    async def _repeated(self, out: Outgoing, error: XRefused) -> None:
        """X has these words already: from an earlier try whose answer was lost, or from another post of hers."""
        try:
            sent_id = await self._find(out) if out.attempts > 1 else None
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
    """Longer with each try, but no longer than a quarter of the age: short for what is young, or tried first."""
    young = max((now - out.created_at) / 4, _FIRST_PAUSE)
    return min(pause_after(out.attempts), young, _LONGEST_PAUSE)
