"""What `mia legacy` does."""

import json
from pathlib import Path

import structlog
import typer
from sqlalchemy import func, select
from sqlmodel import col

from mia_core.clock import system_clock
from mia_core.desk.office import open_office
from mia_core.desk.operator import operator
from mia_core.desk.view import printable
from mia_core.ids import IdMaker
from mia_core.legacy.deadline import Deadline
from mia_core.legacy.importing import import_accounts
from mia_core.legacy.reading import read_accounts
from mia_core.settings import load_settings
from mia_core.tables import LegacyAccount

log = structlog.get_logger(__name__)


async def import_file(config: Path | None, file: Path, *, dry_run: bool) -> int:
    """Store what is new, and say what became of the file; answers how many lines are no account."""
    async with open_office(config, "legacy") as office:
        done = await import_accounts(
            office.database, IdMaker(system_clock), system_clock, read_accounts(file), dry_run=dry_run
        )
        if not dry_run:
            log.info("legacy_imported", who=operator(), accounts=done.accounts, faults=len(done.faults))
    for read in done.faults:
        typer.echo(f"{file}, line {read.line}: {printable(read.fault)}", err=True)
    would = "would be " if dry_run else ""
    typer.echo(
        f"legacy: {done.accounts} accounts {would}imported, with {done.memories} memories and {done.messages} "
        f"messages; {done.there_already} there already; {len(done.faults)} lines passed over"
    )
    return len(done.faults)


async def show_status(config: Path | None, *, as_json: bool) -> None:
    """Print the figures."""
    deadline = Deadline(load_settings(config).site.legacy_deadline)
    statement = select(func.count(), func.count(col(LegacyAccount.joined_at)))
    async with open_office(config, "legacy") as office, office.database.reading() as connection:
        accounts, joined = (await connection.execute(statement)).one()
    day, deletion = deadline.day, deadline.deletion
    if as_json:
        figures = {
            "accounts": accounts,
            "joined": joined,
            "waiting": accounts - joined,
            "deadline": day and day.isoformat(),
            "deletion": deletion and deletion.isoformat(),
        }
        typer.echo(json.dumps(figures))
        return
    typer.echo(f"legacy: {accounts} accounts; {joined} joined to X, {accounts - joined} waiting")
    typer.echo(f"deadline {day}, deletion {deletion}" if day else "no deadline (site.legacy_deadline)")
