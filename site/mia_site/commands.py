"""The site's command: `mia site`. It imports what it needs when it runs."""

import asyncio

import typer

from mia_core.cli_options import ConfigFile


def register(cli: typer.Typer) -> None:
    """Add the site's command."""
    cli.command()(site)


def site(config: ConfigFile = None) -> None:
    """Serve the companion site until SIGTERM or Ctrl-C."""
    from mia_site.serve import serve_site  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(serve_site(config))
