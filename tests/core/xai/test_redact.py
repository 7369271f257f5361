"""Redaction: secrets do not pass, whatever stands around them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_core.xai.redact import HIDDEN, label, redact

keys = st.text(string.ascii_letters + string.digits, min_size=8, max_size=80).map(lambda tail: f"xai-{tail}")
around = st.text(st.characters(exclude_characters="[]"), max_size=80)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Incorrect API key provided: xa***7Hc. Get one", f"Incorrect API key provided: {HIDDEN} Get one"),
        ("key xai-abc123DEF, please", f"key {HIDDEN}, please"),
        ("Authorization: Bearer abc.def/ghi", f"Authorization: Bearer {HIDDEN}"),
        ("Your team 0e1f2a3b-1111-4222-8333-444455556666 has", f"Your team {HIDDEN} has"),
        (
            "see https://console.x.ai/team/0e1f2a3b-1111-4222-8333-444455556666",
            f"see https://console.x.ai/team/{HIDDEN}",
        ),
        ("The model grok-4.3 does not exist", "The model grok-4.3 does not exist"),
        ("two\nlines\x1b[31m", "two lines [31m"),
    ],
)
def test_keys_tokens_and_teams_are_hidden_and_the_rest_is_told(text: str, told: str) -> None:
    assert redact(text) == told


@given(around, keys, around)
def test_no_key_passes(before: str, key: str, after: str) -> None:
    assert key not in redact(f"{before} {key} {after}")


@given(around, st.uuids(), around)
def test_no_uuid_passes(before: str, team: object, after: str) -> None:
    assert str(team) not in redact(f"{before}{team}{after}")


@given(around, st.text(string.ascii_letters, min_size=12, max_size=40), around)
def test_the_configured_key_passes_in_no_form(before: str, key: str, after: str) -> None:
    assert key not in redact(f"{before}{key}{after}", key)


@given(st.text())
def test_what_is_told_is_one_short_line(text: str) -> None:
    told = redact(text)
    assert len(told) <= 300
    assert len(told.splitlines()) <= 1


@pytest.mark.parametrize(
    ("value", "told"),
    [("invalid-argument", "invalid-argument"), ("my dog Luna", "unknown"), (7, "unknown"), ("a" * 61, "unknown")],
)
def test_only_a_word_is_a_code(value: object, told: str) -> None:
    assert label(value) == told
