"""The version of a person's memories, by which every process sees that what it keeps of them is old."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from mia_core.tables import Person


async def raise_version(connection: AsyncConnection, person_id: int) -> int:
    """The next version; their row is locked before all others, as turns do. Rows changed with it may name it."""
    risen = (
        update(Person)
        .where(col(Person.id) == person_id)
        .values(memory_version=col(Person.memory_version) + 1)
        .returning(col(Person.memory_version))
    )
    return int((await connection.execute(risen)).scalar_one())
