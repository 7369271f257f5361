"""Job: accounts from before sign-in with X that nobody has brought along go 30 days after the deadline."""

from sqlalchemy import delete, select
from sqlmodel import col

from mia_core.app import App
from mia_core.legacy.deadline import Deadline
from mia_core.tables import LegacyAccount, Person
from mia_jobs.job import Counts

BATCH = 50
"""Accounts of one transaction, with all that is theirs: short, so that nobody waits for it."""


async def legacy_deadline(app: App) -> Counts:
    """Delete what is left, account by account whole; a run that is cut short goes on the next day."""
    if not Deadline(app.settings.site.legacy_deadline).is_deleted(app.clock()):
        return {"deleted": 0}
    waiting = (
        select(col(LegacyAccount.person_id)).where(col(LegacyAccount.joined_at).is_(None)).limit(BATCH)
    ).scalar_subquery()
    deleted = 0
    while True:
        async with app.database.writing() as connection:
            gone = await connection.execute(delete(Person).where(col(Person.id).in_(waiting)))
        if gone.rowcount == 0:
            return {"deleted": deleted}
        deleted += gone.rowcount
