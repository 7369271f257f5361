"""The command `mia`: gathers each package's sub-commands by entry points."""

import os
import sys
from importlib.metadata import entry_points

import typer

from mia_core.errors import MiaError, OperatorError

_GROUP = "mia.commands"


def main() -> None:
    """Run `mia`. An error that the operator can mend is one sentence and exit code 2, never a trace."""
    # On matrices as small as one person's, numpy's threads only spin for each other; it reads this when imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        build()()
    except OperatorError as error:
        _say(error)
        sys.exit(error.exit_code)
    except MiaError as error:
        _say(error)
        sys.exit(1)


def build() -> typer.Typer:
    """The command line of all installed packages; their modules stay light, and import when they run."""
    cli = typer.Typer(
        name="mia",
        help="MIA, an AI companion who lives on X.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    for entry in sorted(entry_points(group=_GROUP), key=lambda entry: entry.name):
        entry.load()(cli)
    return cli


def _say(error: MiaError) -> None:
    for sentence in str(error).splitlines():
        typer.secho(f"mia: {sentence}", err=True, fg=typer.colors.RED)
