"""The jobs' command: `mia jobs`. It imports what it needs when it runs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; else $MIA_CONFIG, else config.toml.")
]


def register(cli: typer.Typer) -> None:
    """Add the jobs' command."""
    cli.command()(jobs)


def jobs(config: ConfigFile = None) -> None:
    """Run the scheduled jobs until SIGTERM or Ctrl-C; of several such processes one leads, others stand by."""
    from mia_jobs.run import run_process  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(run_process(config))
