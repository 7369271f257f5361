"""Every command in the documents is run here, or in `.ci/run`, or held against the real command line."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.bench.care.__main__ import read_lines
from tests.e2e.running import MIA, free_port
from tests.forking import mia, own_environment
from tests.house.commands import DOCUMENTS, ROOT, Shown, blocks, languages, require_known, shown_commands
from tests.postgres import Postgres

ENDS = {
    ("db", "upgrade"),
    ("db", "current"),
    ("db", "check"),
    ("db", "copy"),
    ("inbox", "list"),
    ("care", "list"),
    ("care", "counts"),
    ("notes",),
    ("memories", "pending"),
    ("memories", "list"),
    ("legacy", "import", "accounts.jsonl"),
    ("legacy", "status"),
    ("inbox", "retry"),
    ("outbox", "list"),
    ("outbox", "retry"),
    ("keys", "new"),
    ("chat",),
}
"""Commands of `mia` that come to an end by themselves and need no key."""
SERVES = {"demo": "MIA is up", "sandbox": "sandbox_started", "site": "site_started", "jobs": "jobs_started"}
"""Those that run until they are stopped, and what they say when they are up."""
NEEDS_KEYS = {("bot",), ("bot", "login"), ("bot", "webhook"), ("doctor",)}
"""Those that need a real account or key to come to anything: held against the command line alone."""

COMMANDS = shown_commands()
OF_MIA = [shown for shown in COMMANDS if shown.words[0] == "mia"]
OTHERS = [shown for shown in COMMANDS if shown.words[0] != "mia"]


def names(shown: Shown) -> tuple[str, ...]:
    """The sub-command, without options."""
    words = shown.words[1:]
    return tuple(words[: next((place for place, word in enumerate(words) if word.startswith("-")), len(words))])


@pytest.fixture
def migrated_folder(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A folder as `mia db upgrade` leaves it, which the documents have before all else; and the file they show."""
    shutil.copy(migrated_sqlite, tmp_path / "mia.sqlite3")
    (tmp_path / "accounts.jsonl").write_text("\n".join(text for _, text in blocks("jsonl")), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("shown", OF_MIA, ids=str)
def test_the_command_line_has_each_command_and_option_that_is_shown(shown: Shown) -> None:
    require_known(shown.words)
    assert names(shown) in ENDS | NEEDS_KEYS or names(shown)[0] in SERVES, "say above how it is checked"


@pytest.mark.parametrize("shown", [shown for shown in OF_MIA if names(shown) in ENDS], ids=str)
def test_a_command_that_ends_by_itself_ends_well(
    shown: Shown, migrated_folder: Path, request: pytest.FixtureRequest
) -> None:
    def real(word: str) -> str:
        """A database of its own in place of the one that the document names."""
        if not word.startswith("postgresql://"):
            return word
        server: Postgres = request.getfixturevalue("postgres")
        return server.new_database()

    done = mia(*(real(word) for word in shown.words[1:]), folder=migrated_folder)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("shown", [shown for shown in OF_MIA if names(shown)[0] in SERVES], ids=str)
def test_a_command_that_serves_comes_up_and_stops_cleanly(shown: Shown, migrated_folder: Path) -> None:
    with serving(shown.words[1:], migrated_folder) as output:
        assert "Traceback" not in output.read_text()


class serving:  # noqa: N801 - reads as a verb
    """`mia` with these arguments, on ports that are free; stopped with Ctrl-C at the end."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        self._ready = SERVES[arguments[0]]
        # the last of two equal options counts
        moved = ["--port", str(free_port())] if arguments[0] in ("demo", "sandbox") else []
        self._output = folder / "output.log"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", MIA, *arguments, *moved],
                cwd=folder,
                env=own_environment(MIA_SITE__PORT="0"),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Path:
        deadline = time.monotonic() + 60
        while self._ready not in self._output.read_text():
            assert self._process.poll() is None, self._output.read_text()
            assert time.monotonic() < deadline, self._output.read_text()
            time.sleep(0.05)
        return self._output

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGINT)
        try:
            assert self._process.wait(20) == 0, self._output.read_text()
        finally:
            if self._process.poll() is None:
                self._process.kill()


@pytest.mark.parametrize("shown", OTHERS, ids=str)
def test_every_other_command_is_run_by_ci_or_here(shown: Shown) -> None:
    ci = " ".join((ROOT / ".ci" / "run").read_text().replace("\\\n", " ").split())
    if shown.text == ".ci/run":
        assert os.access(ROOT / ".ci" / "run", os.X_OK)
        subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)
    elif shown.words[:2] == ["python", "-m"]:
        module = shown.words[2:]
        if module == ["tests.house.example"]:
            assert (ROOT / "tests" / "house" / "example.py").exists(), "run by test_config_example"
        else:
            subprocess.run([sys.executable, "-m", *module], cwd=ROOT, check=True, capture_output=True, timeout=60)
    else:
        assert shown.text in ci, "no one runs it: add it to .ci/run, or say here how it is checked"


@pytest.fixture
def sandbox_origin(tmp_path: Path) -> Iterator[str]:
    with serving(["sandbox"], tmp_path) as output:
        found = re.search(r"http://127\.0\.0\.1:\d+", output.read_text())
        assert found
        yield found[0]


def test_every_request_that_is_shown_is_answered_by_the_sandbox(sandbox_origin: str) -> None:
    requests = [request for _, text in blocks("http") for request in re.split(r"\n(?=[A-Z]+ /)", text.strip())]
    assert requests
    for request in requests:
        line, _, body = request.partition("\n")
        method, path = line.split()
        answer = httpx.request(method, sandbox_origin + path, content=body, trust_env=False)
        assert answer.is_success, f"{request}: {answer.text}"


def test_blocks_are_of_languages_that_are_checked_or_are_no_commands() -> None:
    assert languages() <= {"sh", "http", "toml", "sql", "json", "jsonl"}


def test_the_labelled_lines_that_are_shown_are_read_by_the_bench(tmp_path: Path) -> None:
    file = tmp_path / "shown.jsonl"
    file.write_text("\n".join(text for _, text in blocks("json")), encoding="utf-8")
    assert {line.task for line in read_lines(file)} == {"crisis", "age", "stop"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_every_path_in_code_type_exists() -> None:
    for document in DOCUMENTS:
        for path in re.findall(
            r"`((?:core|bot|jobs|site|tests|docs)/[\w./]+)`", document.read_text(encoding="utf-8")
        ):
            assert (ROOT / path).exists(), f"{document.name}: {path}"
