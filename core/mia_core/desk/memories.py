"""What `mia memories` does; each look at a statement, and each decision, is logged."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
import typer
from rich.console import Console
from rich.table import Table

from mia_core.clock import system_clock
from mia_core.database import Database, open_database
from mia_core.desk.operator import operator
from mia_core.desk.view import printable
from mia_core.errors import OperatorError
from mia_core.log import configure
from mia_core.memory.publication import Decision, Offered, decide, publications
from mia_core.schema import require_current
from mia_core.settings import load_settings
from mia_core.vault import Vault, open_vault

log = structlog.get_logger(__name__)

STATES = ("offered", "approved", "declined", "revoked")


async def show_publications(config: Path | None, state: str, limit: int, *, as_json: bool) -> None:
    """Print the statements in a state: their words alone, with a name only where it may be told."""
    if state not in STATES:
        raise OperatorError(f"--state: publications are {', '.join(STATES)}")
    async with _open(config) as (database, vault):
        found = await publications(database, state, limit)
        for each in found:
            _tell("operator_looked", vault, each)
    if as_json:
        typer.echo(json.dumps([_as_json(each) for each in found], ensure_ascii=False))
    elif found:
        Console().print(_table(found))
    else:
        typer.echo(f"memories: nothing is {state}")


async def decide_offer(config: Path | None, publication_id: int, decision: Decision) -> None:
    """Approve or decline, and say so. Raises OperatorError when there is nothing to decide any more."""
    async with _open(config) as (database, vault):
        decided = await decide(database, system_clock, publication_id, decision, operator())
        _tell("operator_decided", vault, decided)
    typer.echo(f"memories {publication_id}: {decision}")


@asynccontextmanager
async def _open(config: Path | None) -> AsyncIterator[tuple[Database, Vault]]:
    settings = load_settings(config)
    # no setting keeps these lines back: they are what an operator answers with for having looked
    configure(settings.log.model_copy(update={"level": "info"}), process="memories")
    async with open_database(settings.database) as database:
        await require_current(database)
        yield database, open_vault(settings)


def _tell(event: str, vault: Vault, seen: Offered) -> None:
    what = f"memories {seen.id}"
    log.info(event, who=operator(), what=what, person=vault.pseudonym(seen.person_id), state=seen.state)


def _table(found: list[Offered]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("id, since", no_wrap=True)
    table.add_column("said with", no_wrap=True)
    table.add_column("statement", overflow="fold")
    for each in found:
        named = f"@{each.username}" if each.username else "no name"
        table.add_row(f"{each.id}\n{each.offered_at:%Y-%m-%d}", printable(named), printable(each.statement))
    return table


def _as_json(seen: Offered) -> dict[str, Any]:
    return {
        "id": str(seen.id),
        "state": seen.state,
        "statement": seen.statement,
        "said_with": seen.username,
        "offered_at": seen.offered_at.isoformat(),
        "decided_by": seen.decided_by,
    }
