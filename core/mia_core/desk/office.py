"""What an operator's command works with: the database, the keys, and a log that cannot be turned down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mia_core.database import Database, open_database
from mia_core.log import configure
from mia_core.schema import require_current
from mia_core.settings import load_settings
from mia_core.vault import Vault, open_vault


@dataclass(frozen=True)
class Office:
    """What is open while a command runs."""

    database: Database
    vault: Vault

    def pseudonym(self, person_id: int) -> str:
        """A person as the log names them."""
        return self.vault.pseudonym(person_id)


@asynccontextmanager
async def open_office(config: Path | None, process: str) -> AsyncIterator[Office]:
    """Open it. Raises OperatorError for a database that is not reachable or not migrated."""
    settings = load_settings(config)
    # no setting keeps these lines back: they are what an operator answers with for having looked
    configure(settings.log.model_copy(update={"level": "info"}), process=process)
    async with open_database(settings.database) as database:
        await require_current(database)
        yield Office(database, open_vault(settings))
