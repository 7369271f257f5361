"""What a reply may not hold is taken out, and nothing else."""

import time

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from mia_bot.text.clean import clean

# X's documented rules, written down a second time and more simply.
_X_LINK = regex.compile(
    r"(?<![A-Za-z0-9@＠$#＃])https?://[a-z0-9あ-]+\.com(?![A-Za-z0-9@+-])"
    r"|(?:^|[^A-Za-z0-9é@＠$#＃._/-])[a-z0-9é]+\.com(?![A-Za-z0-9@+-])",
    regex.IGNORECASE,
)
_X_CASHTAG = regex.compile(r"(?:^|\s)\$[a-z]{1,6}(?=$|\s|[.,!?])", regex.IGNORECASE)

_PARTS = [
    "@",
    "＠",
    "a",
    "bob",
    " @bob ",
    "RT",
    "rt:",
    "$ABC",
    " $ABC ",
    "#",
    "é",
    "あ",
    "!",
    "(",
    ")",
    ".",
    "-",
    "_",
]
_LINK_PARTS = [".com", "x.com", "evil.com", "https://", "http://evil.com", "/", "/p", "?q=1", ":"]
_SPACES = [" ", "\n", "\t", "\r", "\x00"]
_texts = st.lists(st.sampled_from(_PARTS + _LINK_PARTS + _SPACES), max_size=30).map("".join)


def _notifies(text: str) -> bool:
    """Whether an @ stands before a name, and not behind a word (except RT) or one of X's exempt signs."""
    for at, sign in enumerate(text):
        before, after = text[:at], text[at + 1 : at + 2]
        if sign not in "@＠" or not (after == "_" or (after.isascii() and after.isalnum())):
            continue
        if regex.search(r"(?<![A-Za-z0-9_+~.\-])(?i:rt)\Z", before) or not regex.search(
            r"[A-Za-z0-9_!#$%&*@＠]\Z", before
        ):
            return True
    return False


def _clean(text: str, *names: str) -> str:
    return clean(text, may_name=names, may_link=lambda address: "good.com" in address)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hi @bob and ＠anna!", "Hi bob and anna!"),
        ("RT@bob said", "RTbob said"),
        ("write to anna@example.com", "write to anna@example.com"),
        ("look at https://evil.com/a?b=1 now", "look at now"),
        ("look at evil.com.", "look at."),
        ("a link (https://evil.com) here", "a link here"),
        ("https://evil.com first", "first"),
        ("keep good.com and https://good.com/x", "keep good.com and https://good.com/x"),
        ("http://localhost:8080/x is hers", "is hers"),
        ("I think so.So do I.", "I think so. So do I."),
        ("$ABC beats $DEF and $5", "$ABC beats DEF and $5"),
        ("a\x00b\x07 \r\nc  \n\n\n\nd ", "ab\nc\n\nd"),
        ("https://evil.com", ""),
        ("a.http://evil.com b", "a. b"),
        ("#éevil.com", "#"),
        ("3.14 e.g. z.B. my_script.py", "3.14 e.g. z.B. my_script.py"),
    ],
)
def test_only_what_may_not_go_out_is_taken_out(text: str, left: str) -> None:
    assert _clean(text) == left


def test_names_that_are_allowed_keep_their_sign_in_any_case() -> None:
    assert _clean("@Bob @bobby", "bob") == "@Bob bobby"


@given(_texts)
def test_nothing_forbidden_is_left_by_xs_own_rules(text: str) -> None:
    cleaned = _clean(text)
    assert not _notifies(cleaned)
    assert not _X_LINK.search(cleaned)
    assert len(_X_CASHTAG.findall(cleaned)) <= 1
    assert not regex.search(r"[\x00-\x09\x0b-\x1f\x7f]|\n{3}|[ ]\n|[ ]\Z", cleaned)


@given(_texts | st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert _clean(_clean(text)) == _clean(text)


@given(st.lists(st.sampled_from(["hello", "you.", "日本", "😀", "5$", "a@b.example"]), min_size=1))
def test_harmless_words_all_stay(words: list[str]) -> None:
    assert _clean(" ".join(words)) == " ".join(words)


@pytest.mark.parametrize("text", [" \t" * 20_000 + "x", "@" * 40_000, "@a.com/" * 5_000, "$" * 40_000 + "1"])
def test_long_texts_are_cleaned_at_once(text: str) -> None:
    _clean("a.com")  # reads the list of domains
    began = time.perf_counter()
    _clean(text)
    assert time.perf_counter() - began < 1
