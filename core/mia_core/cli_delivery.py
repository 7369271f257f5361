"""The commands `mia inbox` and `mia outbox`, alike but for their rows; each imports what it needs when it runs."""

import asyncio
from typing import Annotated, Literal

import typer

from mia_core.cli_options import ConfigFile

OnlyPerson = Annotated[
    str | None, typer.Option("--person", metavar="USERNAME_OR_ID", help="Only rows of this person.")
]
_LARGEST = 2**63 - 1
RowId = Annotated[int, typer.Argument(metavar="ID", min=0, max=_LARGEST, help="A row's id, as `list` shows it.")]


def register(cli: typer.Typer) -> None:
    """Add both."""
    cli.add_typer(_commands("inbox", "Events that came in: see what waits or died, and put it right."))
    cli.add_typer(_commands("outbox", "Texts to be sent: see what waits or died, and put it right."))


def _commands(box: Literal["inbox", "outbox"], about: str) -> typer.Typer:
    """`list`, `show`, `retry` and `drop` for one of the two."""
    commands = typer.Typer(name=box, help=about, no_args_is_help=True)

    @commands.command("list")
    def list_(
        config: ConfigFile = None,
        state: Annotated[
            str | None, typer.Option(help="Only rows in this state; else what waits and what is dead.")
        ] = None,
        person: OnlyPerson = None,
        limit: Annotated[int, typer.Option(min=1, help="Rows at most, the newest first.")] = 50,
        as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    ) -> None:
        """List rows without anybody's words: what waits, what is dead, and why."""
        from mia_core.desk.terminal import list_rows  # noqa: PLC0415 - `mia --help` stays quick

        asyncio.run(list_rows(box, config, state=state, person=person, limit=limit, as_json=as_json))

    @commands.command()
    def show(row_id: RowId, config: ConfigFile = None, person: OnlyPerson = None) -> None:
        """Show one row whole, with what the person said; the look is logged."""
        from mia_core.desk.terminal import show_row  # noqa: PLC0415 - `mia --help` stays quick

        asyncio.run(show_row(box, config, row_id, person=person))

    @commands.command()
    def retry(
        row_ids: Annotated[
            list[int] | None,
            typer.Argument(metavar="ID...", min=0, max=_LARGEST, help="Ids of dead rows, as `list` shows them."),
        ] = None,
        config: ConfigFile = None,
        all_dead: Annotated[bool, typer.Option("--all-dead", help="All that are dead.")] = False,
        person: OnlyPerson = None,
    ) -> None:
        """Let dead rows be tried again, in each person's order; what may have been sent is looked up first."""
        from mia_core.desk.terminal import retry_rows  # noqa: PLC0415 - `mia --help` stays quick

        asyncio.run(retry_rows(box, config, row_ids or [], all_dead=all_dead, person=person))

    @commands.command()
    def drop(
        row_id: RowId,
        reason: Annotated[str, typer.Option(help="Why, for whoever looks at it later.")],
        config: ConfigFile = None,
        person: OnlyPerson = None,
    ) -> None:
        """End a row for good, unless a process has it in hand at this moment."""
        from mia_core.desk.terminal import drop_row  # noqa: PLC0415 - `mia --help` stays quick

        asyncio.run(drop_row(box, config, row_id, reason, person=person))

    return commands
