"""Fulfils wishes: each command is a small function from what is known to what she says and what is written."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from mia_core.app import App
from mia_core.inbox import Claim
from mia_core.memory.learn import NewMemories
from mia_core.memory.mind import index_of
from mia_core.wishes.confirm import ToForget, ToOffer, drop, waiting
from mia_core.wishes.feelings import ask_to_reset, do_reset, feelings
from mia_core.wishes.forgetting import do_forget, forget_about, forget_all, forget_last
from mia_core.wishes.look import explain, recall, why
from mia_core.wishes.request import Command, Request
from mia_core.wishes.share import ask_to_offer, do_offer, take_back
from mia_core.wishes.values import Answered, CommandName, Fulfilled, Wished


async def fulfil(
    app: App, claim: Claim, wished: Wished, now: datetime, *, learnt: NewMemories | None = None
) -> Fulfilled | None:
    """Prepare what is wished for; nothing is written before `Fulfilled.write` is called.

    `learnt`: what the message that wishes has taught. None for a yes or no that nobody waits for, and for what has
    no command: the turn goes on as usual.
    """
    request = Request(app, claim, wished, await index_of(app, claim.person), now, learnt)
    if wished.command in ("yes", "yes_named", "no"):
        return await _answered(request)
    command = _COMMANDS.get(wished.command)
    return await command(request) if command else None


async def _answered(request: Request) -> Fulfilled | None:
    asked = await waiting(request.app.database, request.claim.person, request.app.clock())
    if asked is None:
        return None
    if request.wished.command == "no":
        return Fulfilled(request.say("left_as_it_is"), write=partial(_drop, request.claim.person_id))
    if isinstance(asked, ToOffer):
        return await do_offer(request, asked)
    return await (do_forget(request, asked) if isinstance(asked, ToForget) else do_reset(request))


async def _drop(person_id: int, connection: AsyncConnection, _version: int) -> None:
    await drop(connection, person_id)


async def _pause(request: Request) -> Fulfilled:
    """Pause memory."""
    paused_at = request.claim.person.memory_paused_at or request.now
    return Fulfilled(request.say("paused"), person=(("memory_paused_at", paused_at),))


async def _resume(request: Request) -> Fulfilled:
    """Resume memory."""
    return Fulfilled(request.say("resumed"), person=(("memory_paused_at", None),))


_COMMANDS: Mapping[CommandName | Answered, Command] = {
    "recall": recall,
    "forget_last": forget_last,
    "forget_about": forget_about,
    "forget_all": forget_all,
    "pause": _pause,
    "resume": _resume,
    "why": why,
    "feelings": feelings,
    "reset_feelings": ask_to_reset,
    "offer": ask_to_offer,
    "revoke": take_back,
    "help": explain,
}
