"""Options that many commands have."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; else $MIA_CONFIG, else config.toml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
