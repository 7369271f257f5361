"""Processes of their own that start at once: forked from one that has imported the program before."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

_fork = multiprocessing.get_context("forkserver")
# read once, by the server that all are forked from
_fork.set_forkserver_preload(
    [
        "tests.bot.crashing",
        "tests.warm",
        "mia_core.desk.terminal",
        "mia_core.desk.memories",
        "mia_core.desk.care",
        "mia_core.doctor",
        "mia_core.cli_database",
        "mia_core.database_copy",
        "httpcore",
        "anyio._backends._asyncio",
        "pytest",
    ]
)


def run_forked(main: Callable[..., None], *arguments: object) -> int | None:
    """Call a function in a process of its own, for a minute at most.

    Answers the exit code, negative for a signal; None when the minute was not enough.
    """
    process = _fork.Process(target=main, args=arguments)
    process.start()
    process.join(60)
    code = process.exitcode
    process.kill()
    process.join()
    process.close()
    return code


def own_environment(**variables: str) -> dict[str, str]:
    """This environment with no configuration of MIA's but these variables."""
    own = {
        name: value for name, value in os.environ.items() if not name.startswith("MIA_") and name != "XAI_API_KEY"
    }
    return own | variables


def mia(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `mia` in a folder, with no configuration but these variables, and nothing to read from.

    Raises TimeoutError after a minute.
    """
    environment = own_environment(**variables)
    with tempfile.TemporaryDirectory() as told:
        output, errors = Path(told) / "stdout", Path(told) / "stderr"
        code = run_forked(_main, arguments, folder, environment, output, errors)
        if code is None:
            raise TimeoutError(f"mia {' '.join(arguments)}: {output.read_text()}{errors.read_text()}")
        return subprocess.CompletedProcess(arguments, code, output.read_text(), errors.read_text())


def _main(
    arguments: tuple[str, ...], folder: Path, environment: dict[str, str], output: Path, errors: Path
) -> None:
    for path, stream in ((output, 1), (errors, 2)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, stream)
        os.close(file)
    sys.stdout, sys.stderr = (open(stream, "w", encoding="utf-8", closefd=False) for stream in (1, 2))  # noqa: SIM115 - the process's own
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["mia", *arguments]
    from mia_core.cli import main  # noqa: PLC0415 - the parent need not have it

    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
