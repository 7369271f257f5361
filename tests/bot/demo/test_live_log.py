"""Log lines of the demo's processes, made readable."""

import io
import json

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mia_bot.demo.live_log import read_line, show_line


def shown(line: str, *, process: str = "bot", terminal: bool = False) -> str:
    output = io.StringIO()
    show_line(Console(file=output, force_terminal=terminal, width=60), process, read_line(line))
    return output.getvalue()


def test_a_log_line_becomes_time_process_event_and_a_few_keys_on_one_line() -> None:
    line = {"event": "turn_taken", "timestamp": "2026-11-23T12:00:01.5Z", "level": "info", "process": "bot"}
    text = shown(json.dumps(line | {"outcome": "answered", "took_s": 0.4, "event_ids": ["1", "2"]}))
    assert text[2] == text[5] == ":"
    assert text[8:] == '  bot      turn_taken  outcome=answered  took_s=0.4  event_ids=["1", "2"]\n'


def test_many_keys_and_long_values_are_cut() -> None:
    line = {"event": "e"} | {f"key{number}": "x" * 500 for number in range(30)}
    text = shown(json.dumps(line))
    assert len(text.splitlines()) == 1
    assert len(text) < 1000


def test_a_trace_stands_below_its_line() -> None:
    text = shown(json.dumps({"event": "page_failed", "exception": "Traceback\n  ValueError"}))
    assert text.splitlines()[1:] == ["Traceback", "  ValueError"]


def test_colours_are_for_terminals_alone() -> None:
    line = json.dumps({"event": "site_not_ready", "level": "warning"})
    assert "\x1b[" in shown(line, terminal=True)
    assert "\x1b[" not in shown(line)


def test_markup_in_a_line_is_shown_as_it_is() -> None:
    assert "[red]not a colour[/red]" in shown("[red]not a colour[/red]")


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))))
def test_whatever_a_process_prints_can_be_shown(text: str) -> None:
    assert text.strip() in shown(text) or not text.strip()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_json_a_process_prints_can_be_shown(value: object) -> None:
    shown(json.dumps(value))
    shown(json.dumps({"event": value, "timestamp": value, "level": value, "key": value}))
