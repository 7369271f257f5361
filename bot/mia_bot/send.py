"""The sender: what stands in the outbox goes out once; what is unclear is looked up before it goes again."""

import asyncio
from datetime import timedelta

import structlog

from mia_bot.errors import (
    XError,
    XOutOfCredits,
    XRateLimited,
    XRefused,
    XUnauthorized,
    XUnavailable,
    XUncertain,
)
from mia_bot.text.vary import varied
from mia_bot.x.client import XClient
from mia_bot.x.shapes import DmEvent, Post, User
from mia_core.app import App
from mia_core.outbox import Outgoing

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=20)
"""How long X may take to show what was sent, before its absence means anything."""
_IDLE_S = 1.0
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)
_OPERATOR_PAUSE = timedelta(minutes=5)


class Sender:
    """Sends what is due, and settles each text with its own outcome."""

    def __init__(self, app: App, x: XClient, me: User) -> None:
        self._app = app
        self._x = x
        self._me = me

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop; what is in hand is settled."""
        while not stop.is_set():
            try:
                held = await self._app.outbox.claim(f"{self._app.owner}/sender")
                for out in held:
                    await self.send(out)
            except Exception as error:  # noqa: BLE001 - the database may be away; the sender stays
                log.error("outbox_failed", reason=type(error).__name__)
                held = []
            if not held:
                await self._app.outbox.wait(_IDLE_S)

    async def send(self, out: Outgoing) -> None:
        """Send one text, or find out that it was sent, and keep what became of it."""
        now = self._app.clock()
        try:
            if out.state == "unknown":
                if now < out.created_at + GRACE:
                    await self._app.outbox.unknown(
                        out, at=out.created_at + GRACE, reason="waiting for X to show it"
                    )
                    return
                if sent_id := await self._find(out):
                    await self._sent(out, sent_id, found=True)
                    return
            if free := self._x.free_again(out.channel, out.address, now):
                raise XRateLimited(free)
            await self._sent(out, await self._put(out), found=False)
        except XError as error:
            await self._settle(out, error)

    async def _put(self, out: Outgoing) -> str:
        if out.channel == "dm":
            return await self._x.send_dm(out.address, out.text)
        return await self._x.post(out.text, in_reply_to=out.address)

    async def _find(self, out: Outgoing) -> str | None:
        """Id of the text at X, if it is there."""
        if out.channel == "dm":
            page = await self._x.dm_events_with(out.address)
            return next((event.id for event in page.events if self._is_dm(event, out)), None)
        own = await self._x.posts_of(self._me.id, since_id=out.address)
        return next((post.id for post in own.posts if _is_post(post, out)), None)

    def _is_dm(self, event: DmEvent, out: Outgoing) -> bool:
        """Hers, the same words, and not older than the row."""
        return (
            event.sender_id == self._me.id
            and _same(event.text, out.text)
            and event.created_at is not None
            and event.created_at >= out.created_at - GRACE
        )

    async def _sent(self, out: Outgoing, sent_id: str, *, found: bool) -> None:
        await self._app.outbox.sent(out, sent_id)
        log.info("sent", sent_id=sent_id, found_at_x=found, **self._facts(out))

    async def _settle(self, out: Outgoing, error: XError) -> None:
        """The outcome of a failure: when it heals by waiting, when it must be looked up, when it is final."""
        now, facts = self._app.clock(), self._facts(out)
        outbox = self._app.outbox
        pause = min(_FIRST_PAUSE * 2 ** min(out.attempts - 1, 10), _LONGEST_PAUSE)
        if isinstance(error, XRateLimited):
            log.warning("send_rate_limited", until=error.retry_at.isoformat(), **facts)
            await outbox.retry(out, at=max(error.retry_at, now), reason=str(error), counted=False)
        elif isinstance(error, XUnauthorized | XOutOfCredits):
            log.error("send_needs_operator", reason=str(error), **facts)
            await outbox.retry(out, at=now + _OPERATOR_PAUSE, reason=str(error), counted=False)
        elif _said_before(out, error):
            log.info("send_reworded", **facts)
            await outbox.reword(out, varied(out.text, out.attempts + out.id, self._app.settings.bot.post_length))
        elif isinstance(error, XUncertain) or _is_duplicate(error):
            await self._look_later(out, error)
        elif isinstance(error, XRefused) or out.attempts >= self._app.settings.bot.max_attempts:
            log.error("send_dead", reason=str(error), **facts)
            await outbox.dead(out, reason=str(error))
        elif out.state == "unknown":
            await outbox.unknown(out, at=now + pause, reason=str(error))
        elif isinstance(error, XUnavailable):
            log.warning("send_failed", reason=str(error), again_in_s=pause.total_seconds(), **facts)
            await outbox.retry(out, at=now + pause, reason=str(error))

    async def _look_later(self, out: Outgoing, error: XError) -> None:
        """It may be there; what never shows is dead in the end."""
        now, facts = self._app.clock(), self._facts(out)
        if out.attempts >= self._app.settings.bot.max_attempts:
            log.error("send_dead", reason=str(error), **facts)
            await self._app.outbox.dead(out, reason=f"{error}; never seen at X")
            return
        log.warning("send_unclear", reason=str(error), **facts)
        await self._app.outbox.unknown(out, at=now + GRACE, reason=str(error))

    def _facts(self, out: Outgoing) -> dict[str, object]:
        return {
            "channel": out.channel,
            "outbox_id": out.id,
            "person": self._app.vault.pseudonym(out.person_id),
            "attempt": out.attempts,
        }


def _is_duplicate(error: XError) -> bool:
    return isinstance(error, XRefused) and error.kind == "duplicate"


def _said_before(out: Outgoing, error: XError) -> bool:
    """Whether X has these words from another post of hers: this one was never under way before."""
    return _is_duplicate(error) and out.channel == "post" and out.state == "sending"


def _is_post(post: Post, out: Outgoing) -> bool:
    """One reply an interaction: an own post under the answered one is the answer."""
    return post.referenced("replied_to") == out.address


def _same(theirs: str, ours: str) -> bool:
    """Whether X's text is ours; X turns links into t.co and trims spaces."""
    return theirs.split() == ours.split() or ("http" in ours and theirs.split()[:3] == ours.split()[:3])
