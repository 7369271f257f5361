"""Lengths and links as X counts and finds them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_bot.text.length import weighted_length
from mia_bot.text.links import find_links


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("héllo", 5),
        ("日本", 4),
        ("👨‍👩‍👧‍👦", 2),
        ("🇩🇪 1️⃣", 5),
        ("e\u0301", 1),
        ("see example.com.", 4 + 23 + 1),
        ("https://example.com/" + "a" * 500, 23),
        ("my_script.py", 12),
        ("😀" + "\u0301" * 100, 102),
    ],
)
def test_a_text_weighs_what_x_counts(text: str, length: int) -> None:
    assert weighted_length(text) == length


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("see example.com.", ["example.com"]),
        ("(https://example.com/a_(b))", ["https://example.com/a_(b)"]),
        ("日本https://example.com/aです", ["https://example.com/a"]),
        ("あ.foo.com あ-bar.com", ["foo.com", "bar.com"]),
        ("anna@example.com my_script.py 3.14 e.g. z.B. this.nosuchdomain", []),
        ("http://localhost/x ftp://example.com/y", ["http://localhost/x", "ftp://example.com/y"]),
    ],
)
def test_links_are_found_where_x_sees_them(text: str, addresses: list[str]) -> None:
    assert [link.address for link in find_links(text)] == addresses


@given(st.text(st.sampled_from("ab.-_/:@(あ ?é"), max_size=40).map(lambda rest: f"http://{rest}com a.com/{rest}"))
def test_links_stand_where_they_say_and_in_order(text: str) -> None:
    at = 0
    for link in find_links(text):
        assert at <= link.start < link.end
        assert text[link.start : link.end] == link.address
        at = link.end


@pytest.mark.parametrize("text", ["😀" * 10_000, "a." * 10_000, "a.com/(" * 3_000, "あ." * 10_000])
def test_ten_thousand_characters_are_counted_at_once(text: str) -> None:
    weighted_length("a.com")  # reads the list of domains
    began = time.perf_counter()
    weighted_length(text)
    assert time.perf_counter() - began < 0.5
