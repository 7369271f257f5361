"""The jobs' command: `mia jobs`. It imports what it needs when it runs."""

import asyncio

import typer

from mia_core.cli_options import ConfigFile


def register(cli: typer.Typer) -> None:
    """Add the jobs' command."""
    cli.command()(jobs)


def jobs(config: ConfigFile = None) -> None:
    """Run the scheduled jobs until SIGTERM or Ctrl-C; of several such processes one leads, others stand by."""
    from mia_jobs.run import run_process  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(run_process(config))
