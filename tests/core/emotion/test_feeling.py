"""Feelings: bounded, decaying, the same for the same input; trust slow to win and quicker to lose."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_core.emotion.cause import CAUSES, moved
from mia_core.emotion.feeling import BASELINE, Feeling, as_of, feel
from mia_core.emotion.pad import Pad
from mia_core.emotion.relationship import Relationship
from mia_core.xai.answer import NEUTRAL, Appraisal

START = datetime(2026, 1, 1, tzinfo=UTC)
signed, unsigned = st.floats(-1, 1), st.floats(0, 1)
pads = st.builds(Pad, signed, signed, signed)
appraisals = st.builds(
    Appraisal,
    fortune=signed,
    desirability=signed,
    praise=signed,
    warmth=signed,
    hostility=unsigned,
    apology=unsigned,
    intensity=unsigned,
)
relationships = st.builds(
    Relationship, trust=unsigned, familiarity=unsigned, warmth=signed, tension=unsigned, hurt=unsigned
)
feelings = st.builds(Feeling, at=st.just(START), emotion=pads, mood=pads, relationship=relationships)
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
    towards = feeling.relationship
    assert all(0 <= value <= 1 for value in (towards.trust, towards.familiarity, towards.tension, towards.hurt))
    assert -1 <= towards.warmth <= 1


@given(feelings, appraisals)
def test_one_message_moves_emotion_by_a_bounded_step(feeling: Feeling, appraisal: Appraisal) -> None:
    after = feel(feeling, appraisal, feeling.at)
    assert largest(after.emotion.moved(feeling.emotion.scaled(-1))) <= 0.3501


@given(feelings, st.integers(1, 400))
def test_absence_costs_nothing_and_only_brings_her_back_to_herself(feeling: Feeling, days: int) -> None:
    later = as_of(feeling, feeling.at + timedelta(days=days))
    before, after = feeling.relationship, later.relationship
    assert later.mood.distance(BASELINE) <= feeling.mood.distance(BASELINE) + 1e-9
    assert (after.trust, after.familiarity, after.warmth) == (before.trust, before.familiarity, before.warmth)
    assert after.tension <= before.tension


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


@given(feelings, appraisals)
def test_the_same_words_to_the_same_feeling_give_the_same_feeling(feeling: Feeling, appraisal: Appraisal) -> None:
    assert feel(feeling, appraisal, START) == feel(feeling, appraisal, START)


def test_trust_is_lost_quicker_than_it_is_won() -> None:
    start = Relationship(trust=0.5)
    won = start.after(KIND, DAY).trust - start.trust
    lost = start.trust - start.after(CRUEL, DAY).trust
    assert lost > 2 * won > 0


@given(st.lists(appraisals, max_size=60))
def test_a_day_moves_a_relationship_by_a_bounded_way(said: list[Appraisal]) -> None:
    towards = Relationship(trust=0.5)
    for appraisal in said:
        towards = towards.after(appraisal, DAY)
    assert 0.5 - 0.15 - 1e-9 <= towards.trust <= 0.5 + 0.04 + 1e-9
    assert abs(towards.warmth) <= 0.2 + 1e-9
    assert towards.tension <= 0.45 + 1e-9


@given(relationships, st.floats(0.1, 1), st.floats(0, 1))
def test_an_apology_repairs_and_never_harms(was: Relationship, apology: float, intensity: float) -> None:
    sorry = NEUTRAL.model_copy(update={"apology": apology, "intensity": intensity})
    after = was.after(sorry, DAY)
    assert after.trust >= was.trust
    assert after.tension <= was.tension
    assert after.hurt <= was.hurt


def test_trust_that_was_hurt_comes_back_further_by_an_apology_than_by_kindness_alone() -> None:
    hurt = Relationship(trust=0.5)
    for _ in range(3):
        hurt = hurt.after(CRUEL, DAY)
    sorry = hurt.after(NEUTRAL.model_copy(update={"apology": 1, "intensity": 1}), DAY)
    assert hurt.after(KIND, DAY).trust < sorry.trust < 0.5


@given(st.integers(1, 40), st.integers(1, 40))
def test_writing_more_on_the_same_day_wins_no_more_familiarity(few: int, many: int) -> None:
    def after(count: int) -> float:
        towards = Relationship()
        for _ in range(count):
            towards = towards.after(KIND, DAY)
        return towards.familiarity

    assert after(few) == after(many) > 0


def test_half_of_familiarity_takes_about_three_weeks_of_days_with_a_talk() -> None:
    towards, days = Relationship(), 0
    while towards.familiarity < 0.5:
        towards, days = towards.after(NEUTRAL, DAY + timedelta(days=days)), days + 1
    assert 20 <= days <= 26


@given(feelings, appraisals)
def test_what_moved_her_is_named_with_how_far_it_went(feeling: Feeling, appraisal: Appraisal) -> None:
    after = feel(feeling, appraisal, START)
    change = moved(feeling, after, appraisal, "7")
    assert set(change.causes) <= set(CAUSES)
    assert feeling.relationship.trust + change.trust == pytest.approx(after.relationship.trust)
    assert feeling.relationship.tension + change.tension == pytest.approx(after.relationship.tension)


def test_news_for_the_person_moves_her_less_than_words_to_her_but_moves_her() -> None:
    calm = Feeling(at=START)
    happy = feel(calm, NEUTRAL.model_copy(update={"fortune": 1, "intensity": 1}), START)
    sorry = feel(calm, NEUTRAL.model_copy(update={"fortune": -1, "intensity": 1}), START)
    assert sorry.emotion.pleasure < calm.emotion.pleasure < happy.emotion.pleasure


def test_kind_words_feel_good_and_cruel_ones_do_not() -> None:
    calm = Feeling(at=START)
    assert feel(calm, KIND, START).emotion.pleasure > calm.emotion.pleasure
    hurt = feel(feel(calm, CRUEL, START), CRUEL, START)
    assert hurt.emotion.pleasure < calm.emotion.pleasure
    assert hurt.name in {"anger", "fear", "reproach"}
