"""What `mia db` does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import text

from mia_core.clock import system_clock
from mia_core.cursors import Cursors
from mia_core.database import Database, async_url, named, open_database
from mia_core.database_copy import CopiedTable, copy_rows, count_rows, everything, prepare, who_works
from mia_core.errors import DatabaseError, SettingsError
from mia_core.schema import current_revision, differences, newest_revision, require_current, upgrade
from mia_core.settings import DatabaseSettings, load_settings
from mia_core.shards import PLACE, Place


async def upgrade_database(config: Path | None) -> None:
    """Bring the database, and each shard, to the newest migration."""
    for settings in load_settings(config).database.each():
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
    """Raise DatabaseError unless the database, and each shard, is whole and of the schema that is needed."""
    for settings in load_settings(config).database.each():
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


async def copy_to(
    config: Path | None, *, to: str, source: str | None, shard: str | None, even_if_running: bool
) -> None:
    """Copy the database, or one shard's share of it, into an empty one, compare, and say what to do next."""
    place = _place(shard) if shard else None
    settings = _settings(source, "--from") if source else load_settings(config).database
    if async_url(settings.url) == async_url(_settings(to, "--to").url):
        raise DatabaseError("--to: this is the database that would be copied")
    async with open_database(settings) as original, _target(to) as target:
        await require_current(original)
        if not even_if_running:
            await _require_at_rest(original, "stop every process first, or copy with --even-if-running")
        await prepare(target)
        tables = await _copy_watched(original, target, place)
        if not even_if_running:
            await _require_at_rest(original, "it began meanwhile; stop it, empty the target and copy again")
        if place:
            await Cursors(target, system_clock).move(PLACE, str(place))
    _tell_copied(tables, to, place)


def _place(written: str) -> Place:
    try:
        return Place.read(written)
    except ValueError:
        raise SettingsError("--shard: should be NUMBER/COUNT, as in 1/2 and 2/2") from None


def _settings(url: str, option: str) -> DatabaseSettings:
    try:
        return DatabaseSettings(url=url)
    except ValidationError:
        meaning = DatabaseSettings.model_fields["url"].description
        raise SettingsError(f"{option}: should be {meaning}") from None


@asynccontextmanager
async def _target(url: str) -> AsyncIterator[Database]:
    try:
        async with open_database(_settings(url, "--to")) as database:
            yield database
    except DatabaseError as error:
        raise DatabaseError(str(error).replace("database.url:", "--to:", 1)) from None


async def _require_at_rest(database: Database, what_to_do: str) -> None:
    if owners := await who_works(database, system_clock()):
        raise DatabaseError(f"{', '.join(owners)} works on the database: {what_to_do}")


async def _copy_watched(original: Database, target: Database, place: Place | None) -> list[CopiedTable]:
    """Copy, with a bar on a terminal: half of it is for the comparison."""
    columns = (TextColumn("copied and compared"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=2 * await count_rows(original))
        belongs = place.holds if place else everything
        return await copy_rows(original, target, lambda rows: bar.advance(task, rows), belongs)


def _tell_copied(tables: list[CopiedTable], to: str, place: Place | None) -> None:
    shown = Table("table", "rows", "sha256", box=None)
    for each in tables:
        shown.add_row(each.name, f"{each.rows}", each.digest)
    Console().print(shown)
    typer.echo(f"{sum(each.rows for each in tables)} rows copied, read back and found the same.")
    if place:
        typer.echo(
            f"{named(to)} is shard {place}. Next: copy the others, and set database.url and database.shards."
        )
    else:
        typer.echo(f"Next: set database.url (MIA_DATABASE__URL) to {named(to)}, and start the processes.")
    typer.echo("No process may go on with the old database: each would answer for itself.")
