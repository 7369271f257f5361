"""Reading an answer: strict about its shape, lenient about its values."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_core.xai.answer import Answer, answer_schema, read_answer
from tests.core.xai.standin import ANSWER

MEMORY: dict[str, Any] = ANSWER["memories"][0]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def read(**changes: Any) -> Answer:
    result = read_answer(json.dumps(ANSWER | changes))
    assert result
    return result[0]


@given(st.floats(allow_nan=False) | st.integers())
def test_numbers_out_of_range_become_the_nearest_end(number: float) -> None:
    appraisal = read(appraisal=ANSWER["appraisal"] | {"warmth": number, "hostility": number}).appraisal
    assert appraisal.warmth == min(max(number, -1), 1)
    assert appraisal.hostility == min(max(number, 0), 1)


@given(anything)
def test_a_memory_that_cannot_be_read_is_dropped_and_the_reply_stands(odd: Any) -> None:
    result = read_answer(json.dumps(ANSWER | {"memories": [odd, MEMORY]}))
    assert result is not None
    answer, dropped = result
    assert answer.reply == ANSWER["reply"]
    assert [memory.statement for memory in answer.memories] == [MEMORY["statement"]]
    assert dropped == 1


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "secret"},
        {"statement": " \x00 "},
        {"said_by": "somebody"},
        {"confidence": "much"},
        {"importance": None},
    ],
)
def test_a_memory_with_a_wrong_value_is_dropped(change: dict[str, Any]) -> None:
    result = read_answer(json.dumps(ANSWER | {"memories": [MEMORY | change]}))
    assert result is not None
    assert (result[0].memories, result[1]) == ([], 1)


@given(st.dictionaries(st.sampled_from(list(ANSWER)), anything))
def test_whatever_the_model_sends_is_an_answer_with_words_or_none(changes: dict[str, Any]) -> None:
    result = read_answer(json.dumps(ANSWER | changes))
    assert result is None or result[0].reply.strip()


@given(st.text())
def test_whatever_text_comes_nothing_is_raised(text: str) -> None:
    assert read_answer(text) is None


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-27T18:00:00+02:00", datetime(2026, 11, 27, 16, tzinfo=UTC)),
        ("2026-11-27T18:00:00Z", datetime(2026, 11, 27, 18, tzinfo=UTC)),
        ("2026-11-27T18:00:00", datetime(2026, 11, 27, 18, tzinfo=UTC)),
        ("2026-11-27", datetime(2026, 11, 27, tzinfo=UTC)),
        ("2026", None),
        ("2026-11", None),
        ("next Friday", None),
        ("", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1795780800, None),
        (None, None),
    ],
)
def test_times_are_read_in_utc_and_what_is_no_time_is_unknown(written: object, moment: datetime | None) -> None:
    (memory,) = read(memories=[MEMORY | {"valid_until": written}]).memories
    assert memory.valid_until == moment


def test_null_bytes_half_emoji_and_outer_spaces_are_taken_away() -> None:
    answer = read(reply="  Hi\x00 there \ud83d\ude00 \ud83d\n", memories=[MEMORY | {"statement": "\x00 Luna "}])
    assert answer.reply == "Hi there \U0001f600 \ufffd"
    assert answer.memories[0].statement == "Luna"


@pytest.mark.parametrize(
    ("given_tag", "tag"),
    [
        ("pt-BR", "pt-BR"),
        ("pt_BR", "pt-BR"),
        (" en ", "en"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("English", ""),
        ("", ""),
    ],
)
def test_what_is_no_language_tag_is_left_empty(given_tag: str, tag: str) -> None:
    assert read(language=given_tag).language == tag


def test_properties_that_were_not_asked_for_are_not_read() -> None:
    assert read(mood="sunny") == read()


def test_the_schema_requires_every_property_and_allows_no_other() -> None:
    schema = answer_schema()
    for part in (schema, *schema["$defs"].values()):
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False


def test_the_schema_keeps_to_what_every_server_knows() -> None:
    text = json.dumps(answer_schema())
    for keyword in ("minimum", "maximum", "minLength", "maxLength", "pattern", "default", "allOf"):
        assert f'"{keyword}"' not in text
