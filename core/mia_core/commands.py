"""Core's commands: `mia db`, `mia keys`, `mia chat`, `mia doctor`. Each imports what it needs when it runs."""

import asyncio
from typing import Annotated

import typer

from mia_core import cli_care, cli_delivery, cli_legacy, cli_memories
from mia_core.cli_options import ConfigFile


def register(cli: typer.Typer) -> None:
    """Add core's commands."""
    database = typer.Typer(help="The database: its migrations, and copies of it.", no_args_is_help=True)
    database.command("upgrade")(upgrade)
    database.command("current")(current)
    database.command("check")(check)
    database.command("copy")(copy)
    cli.add_typer(database, name="db")
    cli_delivery.register(cli)
    cli_memories.register(cli)
    cli_care.register(cli)
    cli_legacy.register(cli)
    keys = typer.Typer(help="Keys for the vault.", no_args_is_help=True)
    keys.command("new")(new)
    cli.add_typer(keys, name="keys")
    cli.command()(chat)
    cli.command()(doctor)


def upgrade(config: ConfigFile = None) -> None:
    """Apply the migrations that the database has not had yet."""
    from mia_core.cli_database import upgrade_database  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(upgrade_database(config))


def current(config: ConfigFile = None) -> None:
    """Say which migration the database is at."""
    from mia_core.cli_database import show_current  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(show_current(config))


def check(config: ConfigFile = None) -> None:
    """Check that the database is reachable, whole, and as the program needs it; exit 1 if not."""
    from mia_core.cli_database import check_database  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(check_database(config))


def copy(
    to: Annotated[str, typer.Option(metavar="URL", help="An empty database, as in database.url.")],
    config: ConfigFile = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="Database to copy; else database.url.")
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="N/COUNT", help="Copy only what belongs into this of so many shards.")
    ] = None,
    even_if_running: Annotated[
        bool, typer.Option("--even-if-running", help="Copy what is there now, though processes are at work.")
    ] = False,
) -> None:
    """Copy every row into an empty database, SQLite or PostgreSQL, and compare each; then say what to do next."""
    from mia_core.cli_database import copy_to  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(copy_to(config, to=to, source=source, shard=shard, even_if_running=even_if_running))


def new() -> None:
    """Print a fresh key for vault.token_keys or vault.hash_key."""
    from mia_core.vault import new_key  # noqa: PLC0415 - `mia --help` stays quick

    typer.echo(new_key())


def chat(config: ConfigFile = None) -> None:
    """Talk with MIA in the terminal: her whole mind, without X."""
    from mia_core.chat import run_chat  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(run_chat(config))


def doctor(
    config: ConfigFile = None,
    persona: Annotated[
        bool, typer.Option("--persona", help="Talk with the configured model instead: is she herself in it?")
    ] = False,
) -> None:
    """Look over configuration, database, keys and xAI; say what to mend; exit 1 if anything is broken."""
    from mia_core.doctor import run_doctor  # noqa: PLC0415 - `mia --help` stays quick
    from mia_core.regression import run_regression  # noqa: PLC0415 - as above

    raise typer.Exit(asyncio.run(run_regression(config) if persona else run_doctor(config)))
