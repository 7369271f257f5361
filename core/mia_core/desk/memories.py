"""What `mia memories` does; each look at a statement, and each decision, is logged."""

import json
from pathlib import Path
from typing import Any

import structlog
import typer
from rich.console import Console
from rich.table import Table

from mia_core.clock import system_clock
from mia_core.desk.office import Office, open_office
from mia_core.desk.operator import operator
from mia_core.desk.view import printable
from mia_core.errors import OperatorError
from mia_core.memory.publication import Decision, Offered, decide, publications

log = structlog.get_logger(__name__)

STATES = ("offered", "approved", "declined", "revoked")


async def show_publications(config: Path | None, state: str, limit: int, *, as_json: bool) -> None:
    """Print the statements in a state: their words alone, with a name only where it may be told."""
    if state not in STATES:
        raise OperatorError(f"--state: publications are {', '.join(STATES)}")
    async with open_office(config, "memories") as office:
        found = await publications(office.database, state, limit)
        for each in found:
            _tell("operator_looked", office, each)
    if as_json:
        typer.echo(json.dumps([_as_json(each) for each in found], ensure_ascii=False))
    elif found:
        Console().print(_table(found))
    else:
        typer.echo(f"memories: nothing is {state}")


async def decide_offer(config: Path | None, publication_id: int, decision: Decision) -> None:
    """Approve or decline, and say so. Raises OperatorError when there is nothing to decide any more."""
    async with open_office(config, "memories") as office:
        decided = await decide(office.database, system_clock, publication_id, decision, operator())
        _tell("operator_decided", office, decided)
    typer.echo(f"memories {publication_id}: {decision}")


def _tell(event: str, office: Office, seen: Offered) -> None:
    what = f"memories {seen.id}"
    log.info(event, who=operator(), what=what, person=office.pseudonym(seen.person_id), state=seen.state)


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
