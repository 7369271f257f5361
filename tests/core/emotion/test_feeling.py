"""Feelings: bounded, decaying, the same for the same input; trust slow to win and quicker to lose."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mia_core.emotion.feeling import BASELINE, Feeling, as_of, feel
from mia_core.emotion.pad import Pad
from mia_core.emotion.trust import Trust
from mia_core.xai.answer import NEUTRAL, Appraisal

START = datetime(2026, 1, 1, tzinfo=UTC)
signed, unsigned = st.floats(-1, 1), st.floats(0, 1)
pads = st.builds(Pad, signed, signed, signed)
appraisals = st.builds(
    Appraisal,
    desirability=signed,
    praise=signed,
    warmth=signed,
    hostility=unsigned,
    apology=unsigned,
    intensity=unsigned,
)
feelings = st.builds(Feeling, at=st.just(START), emotion=pads, mood=pads, trust=st.builds(Trust, value=unsigned))
KIND = NEUTRAL.model_copy(update={"warmth": 1, "praise": 1, "intensity": 1})
CRUEL = NEUTRAL.model_copy(update={"hostility": 1, "warmth": -1, "intensity": 1})
DAY = date(2026, 1, 1)


def largest(pad: Pad) -> float:
    """The coordinate farthest from zero."""
    return max(abs(pad.pleasure), abs(pad.arousal), abs(pad.dominance))


@given(feelings, st.lists(appraisals, max_size=30))
def test_no_sequence_of_messages_leaves_the_bounds(feeling: Feeling, said: list[Appraisal]) -> None:
    for appraisal in said:
        feeling = feel(feeling, appraisal, feeling.at + timedelta(seconds=20))
    assert max(largest(feeling.emotion), largest(feeling.mood)) <= 1
    assert 0 <= feeling.trust.value <= 1


@given(feelings, appraisals)
def test_one_message_moves_emotion_by_a_bounded_step(feeling: Feeling, appraisal: Appraisal) -> None:
    after = feel(feeling, appraisal, feeling.at)
    assert largest(after.emotion.moved(feeling.emotion.scaled(-1))) <= 0.3501


@given(feelings, st.integers(1, 400))
def test_time_alone_only_nears_the_baseline_and_never_costs_trust(feeling: Feeling, days: int) -> None:
    later = as_of(feeling, feeling.at + timedelta(days=days))
    assert later.mood.distance(BASELINE) <= feeling.mood.distance(BASELINE) + 1e-9
    assert later.trust == feeling.trust


@given(feelings)
def test_after_a_month_she_is_at_ease_again(feeling: Feeling) -> None:
    later = as_of(feeling, feeling.at + timedelta(days=30))
    assert later.emotion.distance(BASELINE) < 0.01


@given(feelings, st.integers(0, 10_000), st.integers(0, 10_000))
def test_decay_does_not_depend_on_how_often_it_is_read(feeling: Feeling, first: int, second: int) -> None:
    end = feeling.at + timedelta(seconds=first + second)
    in_between = as_of(feeling, feeling.at + timedelta(seconds=first))
    assert as_of(in_between, end).mood.distance(as_of(feeling, end).mood) < 1e-9


@given(feelings)
def test_a_clock_that_is_set_back_changes_nothing(feeling: Feeling) -> None:
    assert as_of(feeling, feeling.at - timedelta(hours=1)) == feeling


def test_trust_is_lost_quicker_than_it_is_won() -> None:
    start = Trust(value=0.5)
    won = start.after(KIND, DAY).value - start.value
    lost = start.value - start.after(CRUEL, DAY).value
    assert lost > 2 * won > 0


@given(st.lists(st.sampled_from([KIND, CRUEL]), max_size=100))
def test_trust_moves_a_bounded_way_in_a_day(said: list[Appraisal]) -> None:
    trust = Trust(value=0.5)
    for appraisal in said:
        trust = trust.after(appraisal, DAY)
    assert 0.5 - 0.15 - 1e-9 <= trust.value <= 0.5 + 0.04 + 1e-9


def test_kind_words_feel_good_and_cruel_ones_do_not() -> None:
    calm = Feeling(at=START)
    assert feel(calm, KIND, START).emotion.pleasure > calm.emotion.pleasure
    hurt = feel(feel(calm, CRUEL, START), CRUEL, START)
    assert hurt.emotion.pleasure < calm.emotion.pleasure
    assert hurt.name in {"anger", "fear", "reproach"}
