"""The demo's data folder: held by one demo at a time, and emptied of nothing but what a demo made."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mia_core.errors import OperatorError

_LOCK = "demo.lock"
_MADE = ("mia.sqlite3*", "mia.key*", "sandbox.json", ".sandbox.json.*")
"""Patterns of the names of all that the demo's processes leave behind."""


@contextmanager
def data_folder(path: Path, *, fresh: bool) -> Iterator[Path]:
    """Make the folder if need be and hold it for the block. `fresh` first deletes what earlier demos made.

    Raises OperatorError when it cannot be used, or another demo uses it.
    """
    folder = path.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("w")
    except OSError as error:
        raise OperatorError(f"--data {path}: cannot be used as a folder: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperatorError(f"--data {path}: another demo uses this folder; stop it or name another") from None
        if fresh:
            _empty(folder)
        yield folder


def _empty(folder: Path) -> None:
    for pattern in _MADE:
        for file in folder.glob(pattern):
            file.unlink()
