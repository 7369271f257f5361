"""The composition root: opens every resource that a process needs, and closes them in reverse."""

import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from mia_core.clock import Clock, system_clock
from mia_core.credentials import Credentials
from mia_core.cursors import Cursors
from mia_core.database import Database, open_database
from mia_core.ids import IdMaker
from mia_core.inbox import Inbox
from mia_core.leases import Leases
from mia_core.limits import Limits
from mia_core.memory.embed import USE, Embedder, UseEmbedder, open_embedder
from mia_core.memory.index import MemoryIndexes
from mia_core.memory.publics import Publics
from mia_core.meters import Meters
from mia_core.notes import Notes
from mia_core.outbox import Outbox
from mia_core.pace import Pace
from mia_core.prompt.compose import Prompts
from mia_core.schema import require_current
from mia_core.settings import Settings
from mia_core.signals import Signals
from mia_core.spending import Spending
from mia_core.throttle import Throttles
from mia_core.vault import Vault, open_vault
from mia_core.xai.client import Xai, open_xai


@dataclass(frozen=True)
class App:
    """All that is open, in one typed place. Made by `open_app`, handed to whoever needs it."""

    settings: Settings
    clock: Clock
    ids: IdMaker
    owner: str
    """This process, as it signs leases."""
    database: Database
    vault: Vault
    credentials: Credentials
    signals: Signals
    leases: Leases
    cursors: Cursors
    limits: Limits
    pace: Pace
    meters: Meters
    throttles: Throttles
    notes: Notes
    inbox: Inbox
    outbox: Outbox
    spending: Spending
    xai: Xai
    embedder: Embedder
    meaning: Embedder
    """What the gate's sense was fitted to; the embedder itself, unless the configuration names another."""
    indexes: MemoryIndexes
    publics: Publics
    prompts: Prompts
    resources: AsyncExitStack
    """For what a part opens late, to be closed before all this."""


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    embedder: Embedder | None = None,
    spent_today: Callable[[], Awaitable[int]] | None = None,
) -> AsyncIterator[App]:
    """Open everything. Raises OperatorError, in one sentence, for whatever is not as it should be.

    An `embedder` that is handed in stays open; loading one takes a second, in a thread of its own. `spent_today`
    tells the day's ticks when more is spent than this database knows of.
    """
    async with AsyncExitStack() as stack:
        vault = open_vault(settings)
        prompts = Prompts(username=settings.x.username, persona_file=settings.persona.file)
        database = await stack.enter_async_context(open_database(settings.database))
        await require_current(database)
        if embedder is None:
            opened = open_embedder(settings.memory)
            stack.callback(opened.close)
            embedder = opened
        meaning = embedder
        if meaning.name != USE:
            meaning = UseEmbedder()
            stack.callback(meaning.close)
        ids = IdMaker(clock)
        spending = Spending(database, ids, clock)
        xai = await stack.enter_async_context(
            open_xai(settings.xai, clock=clock, spent_today=spent_today or spending.today)
        )
        lease = timedelta(seconds=settings.bot.lease_s)
        cursors, signals, limits = Cursors(database, clock), Signals(database), Limits(database, clock)
        stack.push_async_callback(signals.close)
        yield App(
            settings=settings,
            clock=clock,
            ids=ids,
            owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}",
            database=database,
            vault=vault,
            credentials=Credentials(database, vault, clock),
            signals=signals,
            leases=Leases(database, clock),
            cursors=cursors,
            limits=limits,
            pace=Pace(limits, clock, settings.care.turns_per_minute),
            meters=Meters(database, clock),
            throttles=Throttles(database, clock),
            notes=Notes(database, ids, clock),
            inbox=Inbox(database, ids, clock, lease, signals),
            outbox=Outbox(database, ids, clock, lease, signals),
            spending=spending,
            xai=xai,
            embedder=embedder,
            meaning=meaning,
            indexes=MemoryIndexes(database, embedder),
            publics=Publics(database, embedder, cursors, clock),
            prompts=prompts,
            resources=await stack.enter_async_context(AsyncExitStack()),
        )
