"""What nobody brought along goes 30 days after the deadline, and not a day before; what was joined stays."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlmodel import col

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.legacy.importing import import_accounts
from mia_core.legacy.joining import join
from mia_core.legacy.reading import Account, OldMemory, Read
from mia_core.tables import LegacyAccount, Memory, Person
from mia_jobs.legacy_deadline import BATCH, legacy_deadline
from tests.core.events import ANA, NOON, dm

HASH = "$2b$12$" + "a" * 53


def account(number: int) -> Read:
    """An account with a memory."""
    memories = (OldMemory(statement=f"Thing {number}", at=NOON),)
    return Read(number, Account(username=f"u{number}", password_hash=HASH, created=NOON, memories=memories))


def dated(app: App, deadline: date | None) -> App:
    """The app with this deadline."""
    site = app.settings.site.model_copy(update={"legacy_deadline": deadline})
    return replace(app, settings=app.settings.model_copy(update={"site": site}))


@pytest.mark.parametrize(
    ("deadline", "left"),
    [(None, BATCH + 2), (date(2026, 10, 25), BATCH + 2), (date(2026, 10, 24), 1), (date(2020, 1, 1), 1)],
)
async def test_what_nobody_brought_along_goes_on_its_day(
    app: App, clock: ManualClock, deadline: date | None, left: int
) -> None:
    await app.inbox.accept([dm("hello")])
    accounts = [account(number) for number in range(BATCH + 2)]
    await import_accounts(app.database, app.ids, app.clock, accounts)
    await join(app, "u0", ANA.person_id, "yes")
    await legacy_deadline(dated(app, deadline))
    async with app.database.reading() as connection:
        names = (await connection.execute(select(col(LegacyAccount.username)))).scalars().all()
        memories = (await connection.execute(select(col(Memory.person_id)))).scalars().all()
        people = (await connection.execute(select(col(Person.id)))).scalars().all()
    assert len(names) == len(memories) == left
    assert "u0" in names
    assert ANA.person_id in memories
    assert len(people) == left + 1
