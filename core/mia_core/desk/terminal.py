"""What `mia inbox` and `mia outbox` do; each look at a person's data, and each change, is logged."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import structlog
import typer
from rich.console import Console

from mia_core.clock import Clock, system_clock
from mia_core.database import Database, open_database
from mia_core.desk.inbox import InboxDesk
from mia_core.desk.operator import operator
from mia_core.desk.outbox import OutboxDesk
from mia_core.desk.rows import Change, Desk, Wanted, find_people
from mia_core.desk.view import as_json as line_as_json
from mia_core.desk.view import details, overview
from mia_core.errors import OperatorError
from mia_core.log import configure
from mia_core.schema import require_current
from mia_core.settings import load_settings
from mia_core.signals import Signals
from mia_core.vault import Vault, open_vault

log = structlog.get_logger(__name__)

Box = Literal["inbox", "outbox"]
_MEANING = {"unknown": ", X is asked for it before it is sent"}


@dataclass(frozen=True)
class _Office:
    """A desk, and what is needed around it."""

    desk: Desk
    database: Database
    vault: Vault
    clock: Clock

    async def people(self, named: str | None) -> tuple[int, ...] | None:
        """Whom `--person` means; None for everybody."""
        return None if named is None else await find_people(self.database, named)

    def tell(self, event: str, person_id: int, what: str, **facts: str) -> None:
        """Leave a line: who looked at or changed what, and whose it is."""
        log.info(event, who=operator(), what=what, person=self.vault.pseudonym(person_id), **facts)


@asynccontextmanager
async def _open(box: Box, config: Path | None) -> AsyncIterator[_Office]:
    settings = load_settings(config)
    # no setting keeps these lines back: they are what an operator answers with for having looked
    configure(settings.log.model_copy(update={"level": "info"}), process=box)
    vault = open_vault(settings)
    async with open_database(settings.database) as database:
        await require_current(database)
        signals = Signals(database)
        kind = InboxDesk if box == "inbox" else OutboxDesk
        try:
            yield _Office(kind(database, system_clock, signals), database, vault, system_clock)
        finally:
            await signals.close()


async def list_rows(
    box: Box, config: Path | None, *, state: str | None, person: str | None, limit: int, as_json: bool
) -> None:
    """Print rows, newest first, as a table or as JSON."""
    async with _open(box, config) as office:
        if state is not None and state not in office.desk.states:
            raise OperatorError(f"--state: {box} rows are {', '.join(office.desk.states)}")
        people = await office.people(person)
        for person_id in people or ():
            office.tell("operator_looked", person_id, f"{box} list")
        lines = await office.desk.lines(Wanted(state, people, limit))
        if as_json:
            now = office.clock()
            typer.echo(json.dumps([line_as_json(line, office.vault, now) for line in lines], ensure_ascii=False))
        elif lines:
            Console().print(overview(lines, office.vault, office.clock()))
        else:
            typer.echo(f"{box}: {f'nothing is {state}' if state else 'nothing waits, and nothing is dead'}")


async def show_row(box: Box, config: Path | None, row_id: int, *, person: str | None) -> None:
    """Print one row with all that is in it; the line in the log comes first."""
    async with _open(box, config) as office:
        person_id, row_id = await office.desk.find(row_id, await office.people(person))
        office.tell("operator_looked", person_id, f"{box} {row_id}")
        Console().print(details(await office.desk.whole(person_id, row_id)))


async def retry_rows(
    box: Box, config: Path | None, row_ids: Sequence[int], *, all_dead: bool, person: str | None
) -> None:
    """Let dead rows be tried again, person by person. Raises OperatorError that says which ones stay, and why."""
    if all_dead == bool(row_ids):
        raise OperatorError("name the rows to try again, or --all-dead")
    async with _open(box, config) as office:
        people = await office.people(person)
        if all_dead:
            keys = await office.desk.dead(people)
        else:
            keys = [await office.desk.find(row_id, people) for row_id in row_ids]
        refusals: list[str] = []
        for person_id, of_person in groupby(sorted(keys), key=lambda key: key[0]):
            retried = await office.desk.retry(person_id, [row_id for _, row_id in of_person])
            _say(office, "operator_retried", retried.changes)
            refusals += retried.refusals
        if not keys:
            typer.echo(f"{box}: nothing is dead")
    if refusals:
        raise OperatorError("\n".join(refusals))


async def drop_row(box: Box, config: Path | None, row_id: int, reason: str, *, person: str | None) -> None:
    """End a row, and say what it is now."""
    if not reason.strip():
        raise OperatorError("--reason: say why, for whoever looks at it later")
    async with _open(box, config) as office:
        person_id, row_id = await office.desk.find(row_id, await office.people(person))
        _say(office, "operator_dropped", await office.desk.drop(person_id, row_id, reason), reason=reason)


def _say(office: _Office, event: str, changes: Sequence[Change], **facts: str) -> None:
    """Print and log what was changed."""
    for change in changes:
        what = f"{office.desk.name} {change.id}"
        office.tell(event, change.person_id, what, state=change.state, **facts)
        typer.echo(f"{what}: {change.state}{_MEANING.get(change.state, '')}")
