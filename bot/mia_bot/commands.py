"""x"""

import typer


def register(cli: typer.Typer) -> None:
    """Nothing yet."""
