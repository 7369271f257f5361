"""An answer takes the form of its channel."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_bot.text.length import weighted_length
from mia_bot.text.links import find_links
from mia_bot.text.shape import shape_for
from mia_core.events import Author, Event, Source
from mia_core.settings import BotSettings


def _event(source: Source, text: str = "hi") -> Event:
    author = Author(person_id=7, username="anna")
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return Event(source=source, event_id="1", author=author, at=at, text=text, conversation="c", address="1")


def _shaped(reply: str, event: Event, **settings: object) -> list[str]:
    return shape_for(BotSettings.model_validate(settings))(reply, [event])


def test_a_long_public_answer_becomes_a_short_thread_of_posts() -> None:
    posts = _shaped("A sentence of some words. " * 60, _event("mention"))
    assert len(posts) == 3
    assert all(weighted_length(post) <= 280 for post in posts)
    assert posts[0].endswith("words.")
    assert posts[-1].endswith("words…")


def test_a_dm_of_ten_thousand_characters_is_one_text() -> None:
    assert [len(text) for text in _shaped("x" * 10_000, _event("dm"))] == [10_000]
    assert [len(text) for text in _shaped("x" * 10_001, _event("dm"))] == [10_000, 1]


@pytest.mark.parametrize("source", ["dm", "mention"])
def test_nobody_is_named_not_even_the_author(source: Source) -> None:
    assert _shaped("@anna and @bob", _event(source)) == ["anna and bob"]


def test_links_go_to_allowed_hosts_or_are_the_persons_own() -> None:
    event = _event("mention", "what of https://sent.com/a ?")
    reply = (
        "https://sent.com/a https://sent.com/b docs.mia.org https://evilmia.org https://mia.org@evil.com mia.org"
    )
    assert _shaped(reply, event, allowed_links=["Mia.org"]) == ["https://sent.com/a docs.mia.org mia.org"]


@pytest.mark.parametrize("reply", ["", " \n", "https://evil.com", "\x00"])
def test_something_is_always_said(reply: str) -> None:
    assert _shaped(reply, _event("mention")) == ["…"]


_replies = st.lists(
    st.sampled_from(["word", "😀", "@bob", "evil.com", "x" * 90, "日本語。", ".", " ", "\n\n"]), max_size=60
)


@given(_replies.map("".join), st.integers(40, 300), st.integers(1, 4))
def test_every_post_is_within_its_limit_and_never_empty(reply: str, length: int, posts: int) -> None:
    shaped = _shaped(reply, _event("mention"), post_length=length, thread_posts=posts)
    assert 1 <= len(shaped) <= posts
    assert all(post.strip() and weighted_length(post) <= length for post in shaped)
    assert not any(post.startswith("@") or list(find_links(post)) for post in shaped)
