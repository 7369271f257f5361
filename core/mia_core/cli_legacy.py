"""The commands `mia legacy`: accounts from before sign-in with X."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from mia_core.cli_options import AsJson, ConfigFile


def register(cli: typer.Typer) -> None:
    """Add `import` and `status`."""
    commands = typer.Typer(
        name="legacy",
        help="Accounts from before sign-in with X: bring them in, see how far they are.",
        no_args_is_help=True,
    )
    commands.command("import")(import_)
    commands.command()(status)
    cli.add_typer(commands)


def import_(
    file: Annotated[Path, typer.Argument(help="JSON Lines, or CSV by its name; docs/operating.md tells how.")],
    config: ConfigFile = None,
    dry_run: Annotated[bool, typer.Option(help="Read and check everything, write nothing.")] = False,
) -> None:
    """Store the accounts of a file that are not there yet. Lines that are none are named, and exit with 1."""
    from mia_core.desk.legacy import import_file  # noqa: PLC0415 - `mia --help` stays quick

    if asyncio.run(import_file(config, file, dry_run=dry_run)):
        raise typer.Exit(1)


def status(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show how many accounts wait, how many were brought along, the deadline, and the day of deletion."""
    from mia_core.desk.legacy import show_status  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(show_status(config, as_json=as_json))
