"""The command `mia`, as one meets it in a terminal."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forking import mia

COMMANDS = (
    "bot",
    "care",
    "chat",
    "db",
    "demo",
    "doctor",
    "inbox",
    "jobs",
    "keys",
    "legacy",
    "memories",
    "notes",
    "outbox",
    "sandbox",
    "site",
)
MIA = "import sys; from mia_core.cli import main; sys.argv[0] = 'mia'; main()"
HEAVY = {"alembic", "apscheduler", "cryptography", "httpx", "numpy", "pydantic", "sqlalchemy", "starlette"} | {
    "structlog",
    "tweepy",
    "uvicorn",
}


def test_help_lists_every_command(tmp_path: Path) -> None:
    shown = mia("--help", folder=tmp_path)
    assert shown.returncode == 0
    listed = {line.split()[1] for line in shown.stdout.splitlines() if line.startswith("│ ") and line[2].islower()}
    assert listed == set(COMMANDS)


@pytest.mark.parametrize(
    "command",
    [(name,) for name in COMMANDS]
    + [("bot", "login"), ("db", "upgrade"), ("db", "copy"), ("inbox", "retry"), ("outbox", "drop")],
)
def test_every_command_explains_itself(command: tuple[str, ...], tmp_path: Path) -> None:
    shown = mia(*command, "--help", folder=tmp_path)
    assert shown.returncode == 0
    assert f"Usage: mia {' '.join(command)}" in shown.stdout


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    told = "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    spy = f"import atexit, json, sys; atexit.register(lambda: {told})"
    shown = subprocess.run(
        [sys.executable, "-c", f"{spy}\n{MIA}", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    imported = {name.partition(".")[0] for name in json.loads(shown.stderr)}
    assert not imported & HEAVY


def test_an_unknown_command_is_refused(tmp_path: Path) -> None:
    refused = mia("dance", folder=tmp_path)
    assert refused.returncode == 2
    assert "No such command 'dance'" in refused.stderr


@pytest.mark.parametrize("command", ["bot", "site", "jobs", "chat"])
def test_a_database_that_was_not_migrated_is_one_sentence_with_the_command_to_run(
    command: str, tmp_path: Path
) -> None:
    refused = mia(command, folder=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith("mia: the database is empty")
    assert refused.stderr.endswith("run `mia db upgrade`\n")
    assert len(refused.stderr.splitlines()) == 1


def test_a_wrong_setting_is_one_sentence_and_no_trace(tmp_path: Path) -> None:
    refused = mia("db", "current", folder=tmp_path, MIA_SITE__PORT="many")
    assert refused.returncode == 2
    assert refused.stderr.startswith("mia: site.port (MIA_SITE__PORT): ")
    assert len(refused.stderr.splitlines()) == 1


def test_a_new_database_is_migrated_and_found_in_order(tmp_path: Path) -> None:
    assert "upgraded to" in mia("db", "upgrade", folder=tmp_path).stdout
    assert "already at" in mia("db", "upgrade", folder=tmp_path).stdout
    assert "in order" in mia("db", "check", folder=tmp_path).stdout


def test_doctor_names_what_is_to_mend(tmp_path: Path) -> None:
    examined = mia("doctor", folder=tmp_path, COLUMNS="300")
    assert examined.returncode == 1
    assert "mia db upgrade" in examined.stdout
    assert "xai.api_key" in examined.stdout


def test_new_keys_differ_and_the_vault_takes_them(tmp_path: Path) -> None:
    one, other = (mia("keys", "new", folder=tmp_path).stdout.strip() for _ in range(2))
    assert one != other
    found = mia("doctor", folder=tmp_path, COLUMNS="300", MIA_VAULT__TOKEN_KEYS=json.dumps([one])).stdout
    assert "keys seal and open" in found
