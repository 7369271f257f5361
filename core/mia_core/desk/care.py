"""What `mia care` and `mia notes` do; each look at a person's words, and each decision, is logged."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
import typer
from rich.console import Console
from rich.table import Table

from mia_core.clock import system_clock
from mia_core.desk.office import Office, open_office
from mia_core.desk.operator import operator
from mia_core.desk.view import printable, span
from mia_core.errors import OperatorError
from mia_core.gate.cases import Decision, SeenCase, cases, decide_case, words_of
from mia_core.ids import IdMaker
from mia_core.meters import Meters
from mia_core.notes import Notes

log = structlog.get_logger(__name__)

STATES = ("open", "closed")


async def show_cases(config: Path | None, state: str, limit: int, *, as_json: bool) -> None:
    """Print the cases in a state."""
    if state not in STATES:
        raise OperatorError(f"--state: cases are {' or '.join(STATES)}")
    async with open_office(config, "care") as office:
        found = await cases(office.database, state, limit)
        lines = [_as_json(office, case) for case in found]
    if as_json:
        typer.echo(json.dumps(lines, ensure_ascii=False))
    elif found:
        rows = [
            (line["id"], line["person"], f"{case.kind}: {case.sign}", span(system_clock() - case.opened_at))
            for line, case in zip(lines, found, strict=True)
        ]
        Console().print(_table(("id", "person", "what", "since"), rows))
    else:
        typer.echo(f"care: nothing is {state}")


async def show_case(config: Path | None, case_id: int) -> None:
    """Print a case and the words that opened it; the line in the log comes first."""
    async with open_office(config, "care") as office:
        case, words = await words_of(office.database, case_id)
        log.info(
            "operator_looked", who=operator(), what=f"care {case_id}", person=office.pseudonym(case.person_id)
        )
        rows = [(name, str(value)) for name, value in _as_json(office, case).items() if value is not None]
        Console().print(_table(("", ""), [*rows, ("text", words)]))


async def decide(config: Path | None, case_id: int, decision: Decision) -> None:
    """Lift or confirm, and say so. Raises OperatorError when there is nothing to decide any more."""
    async with open_office(config, "care") as office:
        case = await decide_case(office.database, system_clock, case_id, decision, operator())
        facts = {"what": f"care {case_id}", "person": office.pseudonym(case.person_id), "decision": decision}
        log.info("operator_decided", who=operator(), **facts)
    typer.echo(f"care {case_id}: {decision}")


async def show_counts(config: Path | None, *, as_json: bool) -> None:
    """Print how often each level of a crisis was met in each year."""
    async with open_office(config, "care") as office:
        totals = await Meters(office.database, system_clock).by_year("crisis.")
    lines = [
        {"year": year, "level": name.partition(".")[2], "count": count}
        for (year, name), count in sorted(totals.items())
    ]
    if as_json:
        typer.echo(json.dumps(lines))
    elif lines:
        Console().print(_table(("year", "level", "count"), [tuple(map(str, line.values())) for line in lines]))
    else:
        typer.echo("care: nobody has spoken of a crisis")


async def show_notes(config: Path | None, limit: int, *, as_json: bool) -> None:
    """Print the notes, the newest first."""
    async with open_office(config, "notes") as office:
        found = await Notes(office.database, IdMaker(system_clock), system_clock).latest(limit)
    if as_json:
        documents = [{"at": note.at.isoformat(), "kind": note.kind, "value": note.value} for note in found]
        typer.echo(json.dumps(documents, ensure_ascii=False))
    elif found:
        rows = [(f"{note.at:%Y-%m-%d %H:%M}", note.kind, note.value) for note in found]
        Console().print(_table(("since (UTC)", "what", "is"), rows))
    else:
        typer.echo("notes: she has not answered anybody yet")


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(printable(cell) for cell in row))
    return table


def _as_json(office: Office, case: SeenCase) -> dict[str, Any]:
    return {
        "id": str(case.id),
        "person": office.pseudonym(case.person_id),
        "kind": case.kind,
        "sign": case.sign,
        "channel": case.channel,
        "event_id": case.event_id,
        "state": case.state,
        "opened_at": case.opened_at.isoformat(),
        "decision": case.decision,
        "decided_by": case.decided_by,
    }
