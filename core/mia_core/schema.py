"""The database's schema: which migration it is at, and how it gets to the newest."""

from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from mia_core.database import Database
from mia_core.errors import DatabaseError
from mia_core.tables import metadata

_MIGRATIONS = Path(__file__).with_name("migrations")


async def require_current(database: Database) -> None:
    """Raise DatabaseError, with the command to run, unless every migration has been applied."""
    current = await current_revision(database)
    newest = newest_revision()
    if current != newest:
        found = f"at migration {current}" if current else "empty"
        raise DatabaseError(f"the database is {found}, the program needs {newest}: run `mia db upgrade`")


async def upgrade(database: Database, revision: str = "head") -> None:
    """Apply the migrations that are missing, each in its transaction."""

    def run(connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415 - slow to import, and most processes never upgrade

        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with database.writing() as connection:
        await connection.run_sync(run)


async def current_revision(database: Database) -> str | None:
    """The migration that the database is at; None when it is empty."""
    async with database.reading() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


async def differences(database: Database) -> list[str]:
    """What the stored schema has that the tables in code do not, and the other way round."""

    def compare(connection: Connection) -> list[str]:
        from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - slow to import

        return [
            str(difference) for difference in compare_metadata(MigrationContext.configure(connection), metadata)
        ]

    async with database.reading() as connection:
        return await connection.run_sync(compare)


def newest_revision() -> str:
    """The newest migration that the program brings."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise DatabaseError("the program brings no migrations: it is not installed whole")
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
