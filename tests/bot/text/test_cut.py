"""Long texts become pieces."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from mia_bot.text.cut import cut
from mia_bot.text.length import weighted_length

_words = st.text(st.sampled_from("abcé.!?。、日😀‍👩🏽\u0301"), min_size=1, max_size=60)
_texts = st.lists(st.tuples(_words, st.sampled_from([" ", "\n", "\n\n", ". "])), max_size=40).map(
    lambda parts: "".join(word + gap for word, gap in parts)
)


def _bare(text: str) -> str:
    return "".join(text.split())


def test_a_short_text_stays_one_piece() -> None:
    assert cut(" Hello.\n\nYou. ", 280, weighted_length, 3) == ["Hello.\n\nYou."]


def test_a_text_without_words_has_no_pieces() -> None:
    assert cut(" \n ", 280, len, 3) == []


def test_cuts_fall_between_paragraphs_then_sentences_then_words() -> None:
    assert cut("One two.\n\nThree. Four.", 16, len, 9) == ["One two.", "Three. Four."]
    assert cut("One two. Three four five.", 20, len, 9) == ["One two.", "Three four five."]
    assert cut("one two three four", 10, len, 9) == ["one two", "three four"]
    assert cut("今日は。明日は来る。", 6, len, 9) == ["今日は。", "明日は来る。"]


def test_what_does_not_fit_ends_with_an_ellipsis_at_a_sentence_or_word_end() -> None:
    assert cut("One two. Three four five. Six.", 12, len, 2) == ["One two.", "Three four…"]
    assert cut("One. Two. Three four five six", 14, len, 1) == ["One. Two…"]


def test_a_word_longer_than_a_piece_is_cut_between_grapheme_clusters() -> None:
    family = "👨‍👩‍👧‍👦"
    assert cut(family * 5, 6, weighted_length, 9) == [family * 3, family * 2]


def test_a_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="room"):
        cut("hello", 1, len, 3)
    with pytest.raises(ValueError, match="room"):
        cut("hello", 10, len, 0)


@given(_texts, st.integers(20, 120))
def test_pieces_hold_the_whole_text_in_order_within_the_limit(text: str, limit: int) -> None:
    pieces = cut(text, limit, weighted_length, 10_000)
    assert all(piece.strip() and weighted_length(piece) <= limit for piece in pieces)
    assert _bare("".join(pieces)) == _bare(text)


@given(_texts, st.integers(20, 120), st.integers(1, 4))
def test_no_more_pieces_than_allowed_and_only_the_end_is_left_out(text: str, limit: int, most: int) -> None:
    pieces = cut(text, limit, weighted_length, most)
    assert len(pieces) <= most
    assert all(weighted_length(piece) <= limit for piece in pieces)
    said = _bare("".join(pieces))
    assert said == _bare(text) or (said.endswith("…") and _bare(text).startswith(said.removesuffix("…")))


@given(st.lists(st.sampled_from(["a", "é", "e\u0301", "👩🏽‍🚀", "🇩🇪", "日"]), min_size=1, max_size=80))
def test_grapheme_clusters_stay_whole(clusters: list[str]) -> None:
    text = "".join(clusters)
    pieces = cut(text, 10, weighted_length, 1000)
    assert [cluster for piece in pieces for cluster in regex.findall(r"\X", piece)] == regex.findall(r"\X", text)


@pytest.mark.parametrize(
    "text", ["😀" * 20_000, "word " * 20_000, "x" * 40_000, "(a.com)" * 3_000, "あ。" * 20_000]
)
def test_long_texts_are_measured_a_bounded_number_of_times(text: str) -> None:
    measured = 0

    def counting(piece: str) -> int:
        nonlocal measured
        measured += len(piece)
        return weighted_length(piece)

    cut(text, 280, counting, 100_000)
    assert measured < 20 * len(text)
