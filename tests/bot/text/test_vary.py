"""Saying the same in another way: within the limit, and different each time."""

from hypothesis import given
from hypothesis import strategies as st

from mia_bot.text.length import weighted_length
from mia_bot.text.vary import MARKS, varied


@given(st.text(min_size=1, max_size=400), st.integers(0, 2**63))
def test_a_varied_post_stays_within_the_limit(text: str, number: int) -> None:
    assert weighted_length(varied(f"a{text}", number, 280)) <= 280


def test_each_number_in_a_row_gives_other_words() -> None:
    assert len({varied("Thank you!", number, 280) for number in range(len(MARKS))}) == len(MARKS)
