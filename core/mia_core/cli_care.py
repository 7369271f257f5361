"""The commands `mia care` and `mia notes`: what waits for an operator's eyes, and what changed about her."""

import asyncio
from typing import Annotated

import typer

from mia_core.cli_options import AsJson, ConfigFile

Limit = Annotated[int, typer.Option(min=1, help="Lines at most.")]
CaseId = Annotated[int, typer.Argument(metavar="ID", min=0, max=2**63 - 1, help="As `list` shows it.")]


def register(cli: typer.Typer) -> None:
    """Add `mia care list|show|lift|confirm|counts` and `mia notes`."""
    commands = typer.Typer(
        name="care", help="Signs of age, and pauses: look, lift or confirm.", no_args_is_help=True
    )
    commands.command("list")(list_)
    commands.command()(show)
    commands.command()(lift)
    commands.command()(confirm)
    commands.command()(counts)
    cli.add_typer(commands)
    cli.command()(notes)


def list_(
    config: ConfigFile = None,
    state: Annotated[str, typer.Option(help="open or closed.")] = "open",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show the cases in a state, those that wait by default, without anybody's words."""
    from mia_core.desk.care import show_cases  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(show_cases(config, state, limit, as_json=as_json))


def show(case: CaseId, config: ConfigFile = None) -> None:
    """Show a case with what the person wrote in the message that opened it; the look is logged."""
    from mia_core.desk.care import show_case  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(show_case(config, case))


def lift(case: CaseId, config: ConfigFile = None) -> None:
    """Let MIA answer the person again."""
    from mia_core.desk.care import decide  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(decide(config, case, "lifted"))


def confirm(case: CaseId, config: ConfigFile = None) -> None:
    """Keep it as it is; of somebody under 13, all that they said is deleted."""
    from mia_core.desk.care import decide  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(decide(config, case, "confirmed"))


def counts(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show how often somebody spoke of a crisis, by year and level: numbers alone."""
    from mia_core.desk.care import show_counts  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(show_counts(config, as_json=as_json))


def notes(config: ConfigFile = None, limit: Limit = 50, as_json: AsJson = False) -> None:
    """Show since when which persona and which model answer, the newest first."""
    from mia_core.desk.care import show_notes  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(show_notes(config, limit, as_json=as_json))
