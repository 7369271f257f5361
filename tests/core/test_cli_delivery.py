"""`mia inbox` and `mia outbox` as real processes, on a database that others have open."""

import json
import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mia_core.app import App
from mia_core.clock import ManualClock, system_clock
from mia_core.outbox import Outgoing
from tests.core.events import ANA, BRUNO, dm, mention
from tests.forking import mia

WORDS = "Zwetschgenknödel"
"""Stands in what people say and are told here, and may be printed by nothing but `show`."""
HOSTILE = f"{WORDS} \x1b[31m [bold]\u202e"
"""With what a terminal, rich and readers could be led astray by."""


class Terminal:
    """Types commands in a folder, at the database of the app."""

    def __init__(self, app: App, folder: Path) -> None:
        self._settings = app.settings
        self._folder = folder

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command."""
        return mia(
            *arguments,
            folder=self._folder,
            COLUMNS="200",
            MIA_DATABASE__URL=self._settings.database.url,
            MIA_VAULT__KEY_FILE=str(self._settings.vault.key_file),
            MIA_LOG__LEVEL="error",
        )

    def json(self, *arguments: str) -> Any:
        """One command that prints JSON."""
        return json.loads(self.run(*arguments).stdout)


@pytest.fixture
def terminal(app: App, tmp_path: Path) -> Terminal:
    return Terminal(app, tmp_path)


def logged(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The lines that a command left in the log."""
    return [json.loads(line) for line in ran.stderr.splitlines() if line.startswith("{")]


async def dead_event(app: App) -> int:
    """An event of Ana's that killed every try."""
    await app.inbox.accept([mention(HOSTILE)])
    claim = await app.inbox.claim("worker")
    assert claim is not None
    await app.inbox.end(claim, state="dead", reason="6 tries failed")
    return claim.inbox_ids[0]


async def dead_text(app: App) -> Outgoing:
    """A text for Ana that could not be sent."""
    await app.inbox.accept([dm("hello")])
    async with app.database.writing() as connection:
        await app.outbox.fix(
            connection, person_id=ANA.person_id, key="turn:1", channel="dm", address="1001", texts=[WORDS]
        )
    (out,) = await app.outbox.claim("sender", "dm")
    await app.outbox.dead(out, reason="X refused (dm_closed): no")
    return out


async def test_the_list_shows_what_is_dead_and_why_and_nobodys_words(app: App, terminal: Terminal) -> None:
    row_id = await dead_event(app)
    shown = terminal.run("inbox", "list")
    assert shown.returncode == 0, shown.stderr
    assert str(row_id) in shown.stdout
    assert "6 tries failed" in shown.stdout
    assert WORDS not in shown.stdout + shown.stderr
    (row,) = terminal.json("inbox", "list", "--json", "--state", "dead")
    assert (row["id"], row["reason"], row["channel"]) == (str(row_id), "6 tries failed", "mention")
    assert row["person"] == app.vault.pseudonym(ANA.person_id)
    assert (row["held_by"], row["attempts"]) == (None, None)


async def test_a_list_can_be_of_one_person_which_is_logged(app: App, terminal: Terminal) -> None:
    row_id = await dead_event(app)
    await app.inbox.accept([mention("hi", author=BRUNO)])
    assert [row["id"] for row in terminal.json("inbox", "list", "--json", "--person", "@ana")] == [str(row_id)]
    assert len(terminal.json("inbox", "list", "--json")) == 2
    assert len(terminal.json("inbox", "list", "--json", "--limit", "1")) == 1
    (line,) = logged(terminal.run("inbox", "list", "--person", str(ANA.person_id)))
    assert (line["event"], line["person"]) == ("operator_looked", app.vault.pseudonym(ANA.person_id))


async def test_a_look_at_a_row_shows_all_of_it_and_is_logged_at_every_level(app: App, terminal: Terminal) -> None:
    row_id = await dead_event(app)
    shown = terminal.run("inbox", "show", str(row_id))
    assert "\x1b" not in shown.stdout
    assert "\u202e" not in shown.stdout
    assert f"{WORDS} \\\\u001b[31m [bold]\\u202e" in shown.stdout.replace("\\u001b", "\\\\u001b")
    assert "ana" in shown.stdout
    (line,) = logged(shown)
    assert line["event"] == "operator_looked"
    assert line["who"] == pwd.getpwuid(os.getuid()).pw_name
    assert line["what"] == f"inbox {row_id}"
    assert line["person"] == app.vault.pseudonym(ANA.person_id)
    assert WORDS not in shown.stderr


async def test_all_that_is_dead_can_be_retried_at_once(app: App, terminal: Terminal, clock: ManualClock) -> None:
    row_id = await dead_event(app)
    ran = terminal.run("inbox", "retry", "--all-dead")
    assert (ran.returncode, ran.stdout) == (0, f"inbox {row_id}: open\n")
    assert [line["event"] for line in logged(ran)] == ["operator_retried"]
    clock.now = system_clock()
    claim = await app.inbox.claim("worker")
    assert claim is not None
    assert claim.inbox_ids == (row_id,)
    assert terminal.run("inbox", "retry", "--all-dead").stdout == "inbox: nothing is dead\n"


async def test_a_text_that_may_have_been_sent_is_said_to_be_looked_up_first(app: App, terminal: Terminal) -> None:
    out = await dead_text(app)
    listed = terminal.run("outbox", "list", "--state", "dead")
    assert "dm_closed" in listed.stdout
    assert WORDS not in listed.stdout
    ran = terminal.run("outbox", "retry", str(out.id))
    assert ran.stdout == f"outbox {out.id}: unknown, X is asked for it before it is sent\n"
    assert WORDS in terminal.run("outbox", "show", str(out.id)).stdout


async def test_a_row_is_dropped_with_a_reason_that_is_kept(app: App, terminal: Terminal) -> None:
    out = await dead_text(app)
    ran = terminal.run("outbox", "drop", str(out.id), "--reason", "she left X")
    assert (ran.returncode, ran.stdout) == (0, f"outbox {out.id}: dead\n")
    (line,) = logged(ran)
    assert (line["event"], line["reason"]) == ("operator_dropped", "she left X")
    assert terminal.json("outbox", "list", "--json") == []
    (row,) = terminal.json("outbox", "list", "--json", "--state", "dead")
    assert row["reason"] == "dropped by the operator: she left X"


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(app: App, terminal: Terminal) -> None:
    await app.inbox.accept([mention("hello")])
    (row,) = terminal.json("inbox", "list", "--json")
    refusals = {
        ("inbox", "show", "7"): "mia: inbox 7: there is no such row",
        ("outbox", "retry", "7"): "mia: outbox 7: there is no such row",
        ("inbox", "retry", row["id"]): f"mia: inbox {row['id']} is open already: it waits for its turn",
        ("inbox", "retry"): "mia: name the rows to try again, or --all-dead",
        ("inbox", "retry", "7", "--all-dead"): "mia: name the rows to try again, or --all-dead",
        ("inbox", "list", "--state", "gone"): "mia: --state: inbox rows are open, done, ignored, dead",
        ("inbox", "list", "--person", "zoe"): "mia: nobody is known by the name or id 'zoe'",
        ("inbox", "drop", row["id"], "--reason", " "): "mia: --reason: say why, for whoever looks at it later",
    }
    for arguments, sentence in refusals.items():
        ran = terminal.run(*arguments)
        assert (ran.returncode, ran.stderr, ran.stdout) == (2, f"{sentence}\n", ""), arguments
