"""The commands `mia memories`: what people offered to everybody, for an admin to decide."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from mia_core.cli_options import AsJson, ConfigFile

Limit = Annotated[int, typer.Option(min=1, help="Statements at most, the oldest first.")]
OfferId = Annotated[int, typer.Argument(metavar="ID", min=0, max=2**63 - 1, help="As `pending` shows it.")]


def register(cli: typer.Typer) -> None:
    """Add `pending`, `list`, `approve` and `decline`."""
    commands = typer.Typer(
        name="memories", help="What people offered to everybody: approve or decline it.", no_args_is_help=True
    )
    commands.command()(pending)
    commands.command("list")(list_)
    commands.command()(approve)
    commands.command()(decline)
    cli.add_typer(commands)


def pending(config: ConfigFile = None, limit: Limit = 50, as_json: AsJson = False) -> None:
    """Show the statements that wait for a decision, and nothing else of their people; the look is logged."""
    _show(config, "offered", limit, as_json)


def list_(
    config: ConfigFile = None,
    state: Annotated[str, typer.Option(help="offered, approved, declined or revoked.")] = "approved",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show the statements in a state, those that everybody may know by default; the look is logged."""
    _show(config, state, limit, as_json)


def approve(offer: OfferId, config: ConfigFile = None) -> None:
    """Let MIA tell it to everybody, until its person takes it back."""
    from mia_core.desk.memories import decide_offer  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(decide_offer(config, offer, "approved"))


def decline(offer: OfferId, config: ConfigFile = None) -> None:
    """Keep it between MIA and its person."""
    from mia_core.desk.memories import decide_offer  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(decide_offer(config, offer, "declined"))


def _show(config: Path | None, state: str, limit: int, as_json: bool) -> None:
    from mia_core.desk.memories import show_publications  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(show_publications(config, state, limit, as_json=as_json))
