"""What `mia db` does."""

from pathlib import Path

import typer
from sqlalchemy import text

from mia_core.database import Database, named, open_database
from mia_core.errors import DatabaseError
from mia_core.schema import current_revision, differences, newest_revision, require_current, upgrade
from mia_core.settings import load_settings


async def upgrade_database(config: Path | None) -> None:
    """Bring the database to the newest migration."""
    settings = load_settings(config).database
    async with open_database(settings) as database:
        before = await current_revision(database)
        await upgrade(database)
    now = newest_revision()
    typer.echo(f"{named(settings.url)}: {'already at' if before == now else 'upgraded to'} {now}")


async def show_current(config: Path | None) -> None:
    """Print the migration that the database is at, and the newest."""
    async with open_database(load_settings(config).database) as database:
        current = await current_revision(database)
    newest = newest_revision()
    typer.echo(f"{current or 'empty'}{'' if current == newest else f' (newest: {newest})'}")


async def check_database(config: Path | None) -> None:
    """Raise DatabaseError unless the database is whole and of the schema that the program needs."""
    settings = load_settings(config).database
    async with open_database(settings) as database:
        await require_current(database)
        if different := await differences(database):
            raise DatabaseError(f"the schema differs from what the program needs: {'; '.join(different)}")
        await _require_whole(database)
    typer.echo(f"{named(settings.url)}: in order")


async def _require_whole(database: Database) -> None:
    """SQLite can check its own file; PostgreSQL looks after itself."""
    if database.is_sqlite:
        async with database.reading() as connection:
            found = (await connection.execute(text("PRAGMA quick_check(1)"))).scalar_one()
        if found != "ok":
            raise DatabaseError(f"the file is damaged ({found}): restore a backup")
