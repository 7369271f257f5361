"""Recall finds what answers a question whatever languages the memory and the question are in."""

from tests.bench.languages.__main__ import measure, read_set

UNKNOWN_TO_THE_MODEL = {"hi"}
"""Within Hindi the words that are shared find most; across languages nothing does, with the default model."""


async def test_what_answers_comes_first_within_a_language_and_mostly_across_languages() -> None:
    figures = await measure(read_set())
    assert figures["same"]["first"] > 88
    assert figures["same"]["first_three"] > 95
    for language, share in figures["mixed"]["first_by_question"].items():
        assert share > 70 or language in UNKNOWN_TO_THE_MODEL
