"""`mia chat` as a real process: her whole mind at the terminal, without X."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.core.xai.standin import StandinXai, answering, xai_error
from tests.e2e.running import MIA


def chat(said: str, folder: Path, migrated: Path, model: StandinXai) -> subprocess.CompletedProcess[str]:
    """Type lines into `mia chat`."""
    file = folder / "mia.sqlite3"
    if not file.exists():
        shutil.copy(migrated, file)
    own = {name: value for name, value in os.environ.items() if not name.startswith("MIA_")}
    settings = {
        "MIA_DATABASE__URL": f"sqlite:///{file}",
        "MIA_XAI__BASE_URL": model.base_url,
        "MIA_XAI__ATTEMPTS": "1",
        "MIA_VAULT__KEY_FILE": str(folder / "mia.key"),
    }
    return subprocess.run(
        [sys.executable, "-c", MIA, "chat"],
        input=said,
        capture_output=True,
        text=True,
        env=own | settings,
        cwd=folder,
        timeout=60,
        check=False,
    )


def test_she_answers_at_the_terminal_and_remembers_the_next_time(
    tmp_path: Path, migrated_sqlite: Path, model: StandinXai
) -> None:
    first = chat("My dog is called Luna.\nShe is two.\n\n", tmp_path, migrated_sqlite, model)
    assert (first.returncode, first.stdout.count("Luna sounds lovely!")) == (0, 2)
    assert "an AI" in first.stdout
    model.will(answering(reply="Luna!"))
    second = chat("What is my dog's name?\n", tmp_path, migrated_sqlite, model)
    assert (second.returncode, "Luna!" in second.stdout) == (0, True)
    assert "Ana's dog is called Luna." in json.dumps(model.seen[-1].body["input"])


def test_when_she_cannot_think_the_reason_is_told_and_what_was_said_is_kept(
    tmp_path: Path, migrated_sqlite: Path, model: StandinXai
) -> None:
    model.will(xai_error(400, "invalid-argument", "Incorrect API key provided: xa***99."))
    found = chat("hello\n", tmp_path, migrated_sqlite, model)
    assert found.returncode == 0
    assert "cannot think at the moment" in found.stdout
    assert "key" in found.stderr
    assert "Traceback" not in found.stderr
