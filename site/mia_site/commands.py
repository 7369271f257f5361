"""The site's command: `mia site`. It imports what it needs when it runs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; else $MIA_CONFIG, else config.toml.")
]


def register(cli: typer.Typer) -> None:
    """Add the site's command."""
    cli.command()(site)


def site(config: ConfigFile = None) -> None:
    """Serve the companion site until SIGTERM or Ctrl-C."""
    from mia_site.serve import serve_site  # noqa: PLC0415 - `mia --help` stays quick

    asyncio.run(serve_site(config))
