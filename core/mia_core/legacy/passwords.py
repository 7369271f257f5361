"""Proves an old password, in the same time whether there is such an account or not."""

import asyncio
from functools import cache

import bcrypt
from sqlalchemy import select
from sqlmodel import col

from mia_core.database import Database
from mia_core.legacy.reading import fold
from mia_core.tables import LegacyAccount

_COST = 12
"""Of the hash that stands in for one that is not there."""
_LONGEST = 72
"""bcrypt reads so many bytes of a password; older libraries cut there in silence, newer ones refuse more."""


async def proves(database: Database, username: str, password: str) -> str | None:
    """The account's name if it is there, not joined to anybody, and the password is its own; else None."""
    name = fold(username)
    statement = select(col(LegacyAccount.password_hash)).where(
        col(LegacyAccount.username) == name, col(LegacyAccount.joined_at).is_(None)
    )
    async with database.reading() as connection:
        kept = (await connection.execute(statement)).scalar_one_or_none()
    right = await asyncio.to_thread(_check, password, kept or _nobodys())
    return name if right and kept else None


def _check(password: str, kept: str) -> bool:
    try:
        return bcrypt.checkpw(password.encode()[:_LONGEST], kept.encode())
    except ValueError:
        return False


@cache
def _nobodys() -> str:
    return bcrypt.hashpw(b"nobody", bcrypt.gensalt(_COST)).decode()
