"""How rows look in a terminal: nothing in them is taken for an order, and lengths of time are read at a glance."""

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_core.desk.view import printable, span


@given(st.text())
def test_no_character_that_moves_a_terminal_is_printed(text: str) -> None:
    shown = printable(text).plain
    assert not {unicodedata.category(letter) for letter in shown.replace("\n", "")} & {"Cc", "Cs"}


@pytest.mark.parametrize("text", ["Grüße, 日本語 [bold]", "👩‍👩‍👧 عربى", "two\nlines"])
def test_what_people_write_is_printed_as_it_stands(text: str) -> None:
    assert printable(text).plain == text


@pytest.mark.parametrize(
    ("text", "shown"), [("\x1b[2J", r"\x1b[2J"), ("a\u202eb", r"a\u202eb"), ("\r", r"\r"), ("\x9b", r"\x9b")]
)
def test_what_would_move_a_terminal_is_spelt_out(text: str, shown: str) -> None:
    assert printable(text).plain == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=59.4), "59 s"),
        (timedelta(seconds=90), "1 min"),
        (timedelta(hours=25), "1 d"),
        (timedelta(hours=23, minutes=59), "23 h"),
    ],
)
def test_a_length_of_time_is_told_in_its_largest_unit(length: timedelta, shown: str) -> None:
    assert span(length) == shown
