"""`mia memories` as real processes: an admin sees a statement and nothing else, and decides once."""

import os
import pwd
from pathlib import Path

import pytest

from mia_core.app import App
from mia_core.tables import Publication
from tests.core.test_cli_delivery import Terminal, logged
from tests.core.test_turn import rows
from tests.core.wishes.test_share import offered
from tests.core.xai.standin import StandinXai

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def terminal(app: App, tmp_path: Path) -> Terminal:
    return Terminal(app, tmp_path)


async def test_an_admin_sees_the_statement_alone_and_each_look_is_logged(
    app: App, model: StandinXai, terminal: Terminal
) -> None:
    publication = await offered(app, model)
    (seen,) = terminal.json("memories", "pending", "--json")
    assert (seen["id"], seen["statement"], seen["said_with"]) == (str(publication), "Ana plays chess.", None)
    ran = terminal.run("memories", "pending")
    assert "Ana plays chess." in ran.stdout
    assert "@ana" not in ran.stdout
    (line,) = logged(ran)
    assert (line["event"], line["who"], line["what"]) == ("operator_looked", ME, f"memories {publication}")
    assert "chess" not in ran.stderr


async def test_a_decision_is_kept_with_its_maker_and_made_once(
    app: App, model: StandinXai, terminal: Terminal
) -> None:
    publication = await offered(app, model)
    ran = terminal.run("memories", "approve", str(publication))
    assert ran.stdout == f"memories {publication}: approved\n"
    assert [line["event"] for line in logged(ran)] == ["operator_decided"]
    (row,) = await rows(app, Publication)
    assert (row.state, row.decided_by) == ("approved", ME)
    again = terminal.run("memories", "decline", str(publication))
    assert again.returncode == 2
    assert f"approved already by {ME}" in again.stderr
    assert "nothing is offered" in terminal.run("memories", "pending").stdout
    assert [each["id"] for each in terminal.json("memories", "list", "--json")] == [str(publication)]


async def test_a_slip_of_the_pen_is_answered_in_one_sentence(terminal: Terminal) -> None:
    assert "offered, approved, declined, revoked" in terminal.run("memories", "list", "--state", "secret").stderr
    assert "no such offer" in terminal.run("memories", "approve", "77").stderr
