"""Credentials of her own accounts, sealed before they are stored."""

import json
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from mia_core.clock import Clock
from mia_core.database import Database
from mia_core.statements import upsert
from mia_core.tables import Credential
from mia_core.vault import Vault


class Credentials:
    """Keeps small documents of secrets, by name. Nothing of them is ever stored or logged in plain text."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    async def load(self, name: str) -> dict[str, Any] | None:
        """The document, or None. Raises VaultError when no configured key opens it."""
        async with self._database.reading() as connection:
            sealed = (
                await connection.execute(select(col(Credential.sealed)).where(col(Credential.name) == name))
            ).scalar_one_or_none()
        if sealed is None:
            return None
        document: dict[str, Any] = json.loads(self._vault.open(sealed))
        return document

    async def store(self, name: str, document: dict[str, Any]) -> None:
        """Seal and keep the document; committed when this returns."""
        row = {
            "name": name,
            "sealed": self._vault.seal(json.dumps(document).encode()),
            "changed_at": self._clock(),
        }
        statement = upsert(self._database, Credential, key=("name",), changed=("sealed", "changed_at"))
        async with self._database.writing() as connection:
            await connection.execute(statement, [row])
