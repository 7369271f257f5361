"""Parsing X's shapes: recorded forms, odd ones, and broken ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_bot.receive.parse import NotAnswered, dm_event, looks_automated, mention_event, readable, thread_post
from mia_bot.sandbox.snowflake import first_id_at
from mia_bot.x.shapes import Entities, Includes, Post, User, dm_page, post_page
from mia_core.events import Event

ME = User(id="1", username="miaaibot", name="MIA")
ANA = {"id": "2", "username": "ana", "name": "Ana", "description": "likes dogs"}


def post(**changes: Any) -> dict[str, Any]:
    """A post that mentions her, as X gives it."""
    text = changes.get("text", "@miaaibot hello")
    start = text.lower().find("@miaaibot")
    mentions = [{"start": start, "end": start + 9, "username": "miaaibot", "id": "1"}] if start >= 0 else []
    plain = {
        "id": "100",
        "text": text,
        "author_id": "2",
        "created_at": "2026-11-23T12:00:00.000Z",
        "conversation_id": "100",
        "lang": "en",
        "entities": {"mentions": mentions},
    }
    return plain | changes


def read(*posts: dict[str, Any], **includes: Any) -> Event | NotAnswered:
    """The event of the first post of a page."""
    page = post_page({"data": list(posts), "includes": {"users": [ANA], **includes}})
    return mention_event(page.posts[0], ME, page.includes)


def text_of(event: Event | NotAnswered) -> str:
    """The text of an event that must be one."""
    assert isinstance(event, Event)
    return event.text


def reply(text: str, **changes: Any) -> dict[str, Any]:
    """A reply to somebody else's post."""
    reference = [{"type": "replied_to", "id": "90"}]
    return post(text=text, conversation_id="90", in_reply_to_user_id="3", referenced_tweets=reference, **changes)


def test_her_own_name_in_front_is_not_part_of_what_was_said() -> None:
    assert text_of(read(post(text="@miaaibot hello there"))) == "hello there"
    assert text_of(read(post(text="@MiaAIBot, hello"))) == "hello"


def test_the_whole_of_a_long_post_is_read_with_its_links() -> None:
    note = {
        "text": "@miaaibot a very long story https://t.co/a",
        "entities": {"urls": [{"url": "https://t.co/a", "expanded_url": "https://example.org/x"}]},
    }
    event = read(post(text="@miaaibot a very lo…", note_tweet=note))
    assert text_of(event) == "a very long story https://example.org/x"


def test_a_name_in_the_carried_along_prefix_is_no_summons_but_a_typed_one_is() -> None:
    carried = reply("@carla @miaaibot I agree", display_text_range=[17, 24])
    assert read(carried) == NotAnswered("named only in the carried-along prefix")
    typed = reply("@carla @miaaibot what do you think", display_text_range=[7, 34])
    assert text_of(read(typed)) == "what do you think"


def test_without_a_range_the_answered_post_tells_whether_her_name_was_carried_along() -> None:
    parent = post(id="90", author_id="3", text="@miaaibot hi", conversation_id="90")
    other = post(id="90", author_id="3", text="no name", conversation_id="90")
    said = reply("@carla @miaaibot I agree")
    assert isinstance(read(said, tweets=[parent]), NotAnswered)
    assert isinstance(read(said, tweets=[other]), Event)
    assert isinstance(read(said), NotAnswered)
    assert isinstance(read(reply("@carla do ask @miaaibot")), Event)


def test_a_name_in_the_far_end_of_a_long_post_calls_her() -> None:
    text = "a long story " * 40 + "@miaaibot what do you say?"
    at = text.index("@miaaibot")
    note = {"text": text, "entities": {"mentions": [{"start": at, "end": at + 9, "username": "miaaibot"}]}}
    assert text_of(read(post(text="a long story…", entities={}, note_tweet=note))) == text
    answering = reply("@carla a long…", entities={}, display_text_range=[7, 20])
    named = {"start": at + 7, "end": at + 16, "username": "miaaibot"}
    whole = {"text": f"@carla {text}", "entities": {"mentions": [named]}}
    assert text_of(read(answering | {"note_tweet": whole})) == text
    assert isinstance(read(answering), NotAnswered)


def test_a_longer_name_that_begins_like_hers_is_another_account() -> None:
    assert isinstance(read(post(text="@miaaibot2 hello", entities={})), NotAnswered)
    assert isinstance(read(post(text="hello @MIAaibot!", entities={})), Event)


def test_a_quote_of_her_post_that_names_her_is_answered() -> None:
    hers = post(id="50", author_id="1", text="Good morning")
    event = read(post(referenced_tweets=[{"type": "quoted", "id": "50"}]), tweets=[hers])
    assert text_of(event) == "hello"


def test_an_edit_is_the_same_call_answered_where_it_stands_now() -> None:
    event = read(post(id="105", edit_history_tweet_ids=["100", "105"]))
    assert isinstance(event, Event)
    assert (event.event_id, event.address) == ("100", "105")


@pytest.mark.parametrize(("told", "language"), [("en", "en"), ("und", None), ("qht", None), ("zxx", None)])
def test_a_language_is_one_that_people_speak(told: str, language: str | None) -> None:
    event = read(post(lang=told))
    assert isinstance(event, Event)
    assert event.language == language


def test_her_own_posts_and_reposts_are_left_alone() -> None:
    assert read(post(author_id="1")) == NotAnswered("her own")
    repost = post(referenced_tweets=[{"type": "retweeted", "id": "50"}])
    assert read(repost) == NotAnswered("a repost")


def test_the_newer_spelling_of_references_is_understood() -> None:
    repost = post(referenced_posts=[{"type": "retweeted", "id": "50"}])
    assert read(repost) == NotAnswered("a repost")


def test_pictures_are_passed_on_and_other_media_are_counted() -> None:
    media = [
        {"media_key": "3_1", "type": "photo", "url": "https://pbs.example/1.jpg", "alt_text": "a cat"},
        {"media_key": "7_2", "type": "video"},
    ]
    links = [{"url": "https://t.co/m", "expanded_url": "https://x.com/p/1", "media_key": "3_1"}]
    event = read(
        post(
            text="@miaaibot https://t.co/m",
            attachments={"media_keys": ["3_1", "7_2"]},
            entities={"urls": links, "mentions": [{"start": 0, "end": 9, "username": "miaaibot"}]},
        ),
        media=media,
    )
    assert isinstance(event, Event)
    assert [(image.url, image.alt) for image in event.images] == [("https://pbs.example/1.jpg", "a cat")]
    assert (event.attachments, event.text) == (1, "")


def test_a_post_that_cannot_be_read_is_left_out_and_the_others_stay() -> None:
    odd = [{"id": "1"}, "nonsense", None, post(id="abc"), post(id="9" * 19), post(id="٣")]
    odd += [post(created_at="2026-11-23T12:00:00"), post(author_id="me")]
    page = post_page({"data": [*odd[:3], post(), *odd[3:]]})
    assert [found.id for found in page.posts] == ["100"]


def test_an_empty_page_is_empty() -> None:
    assert post_page({"meta": {"result_count": 0}}).posts == ()
    assert dm_page({"data": None}).events == ()


def test_what_people_escaped_and_sent_is_read_as_they_wrote_it() -> None:
    assert readable("a &lt;3 b &amp; c\x00\u0007", Entities()) == "a <3 b & c"
    assert readable("AT&T &copy &amp;lt; \ud83d", Entities()) == "AT&T &copy &lt;"
    links = {"url": "https://t.co/a", "expanded_url": "https://e.example/?a=1&copy=2"}
    entities = Entities.model_validate({"urls": [links, {"url": ""}]})
    assert readable("see https://t.co/a", entities) == "see https://e.example/?a=1&copy=2"
    assert readable("مرحبا\u200f يا ميا", Entities()) == "مرحبا\u200f يا ميا"


def dm(**changes: Any) -> Event | NotAnswered:
    """The event of a DM."""
    plain = {
        "id": "300",
        "event_type": "MessageCreate",
        "text": "hi",
        "sender_id": "2",
        "created_at": "2026-11-23T12:00:00.000Z",
        "dm_conversation_id": "1-2",
    }
    page = dm_page({"data": [plain | changes], "includes": {"users": [ANA]}})
    return dm_event(page.events[0], ME, page.includes)


def test_a_dm_is_an_event_and_what_is_none_says_why() -> None:
    assert text_of(dm()) == "hi"
    assert dm(event_type="ParticipantsJoin") == NotAnswered("event of type ParticipantsJoin")
    assert dm(event_type="SomethingNew") == NotAnswered("event of type SomethingNew")
    assert dm(sender_id="1") == NotAnswered("her own")
    assert dm(dm_conversation_id="1580000000000000000") == NotAnswered("a group conversation")


def test_a_dm_of_media_alone_is_an_event_without_text() -> None:
    event = dm(text="", attachments={"media_keys": ["7_1"]})
    assert isinstance(event, Event)
    assert (event.text, event.attachments) == ("", 1)


def test_accounts_that_call_themselves_bots_are_taken_at_their_word() -> None:
    for automated in ({"username": "weather_bot"}, {"username": "newsbot"}, {"description": "Automated account"}):
        assert looks_automated(User.model_validate({"id": "9", "username": "x"} | automated))
    humans = ({"username": "robotham"}, {"username": "abbott"}, {"description": "I love botany"})
    for human in (*humans, {"description": "Not a bot, I promise"}, {"description": "no bot"}):
        assert not looks_automated(User.model_validate({"id": "9", "username": "x"} | human))


def test_a_thread_post_of_an_unknown_author_has_no_name() -> None:
    found = Post.model_validate(post(author_id="77"))
    assert thread_post(found, ME, Includes()).author == ""


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading_of_a_mention(text: str) -> None:
    event = read(post(text=f"@miaaibot {text}"))
    assert isinstance(event, Event)
    assert "\x00" not in event.text


def test_no_field_brings_in_what_a_database_does_not_take() -> None:
    media = [{"media_key": "3_1", "type": "photo", "url": "https://p.example/1", "alt_text": "a\x00b\ud800"}]
    users = [ANA | {"name": "A\x00na", "description": "\udfff", "username": "a\x00na"}]
    page = post_page(
        {
            "data": [post(conversation_id="1\x00", lang="e\x00n", attachments={"media_keys": ["3_1"]})],
            "includes": {"media": media, "users": users},
        }
    )
    event = mention_event(page.posts[0], ME, page.includes)
    assert isinstance(event, Event)
    assert "\\u0000" not in event.model_dump_json()
    assert event.images[0].alt == "ab"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_POST = reply("@miaaibot hi", note_tweet={"text": "x"}, display_text_range=[1, 2], attachments={}, media=[])
_DM = {
    "id": "300",
    "event_type": "MessageCreate",
    "text": "hi",
    "sender_id": "2",
    "created_at": "2026-11-23T12:00:00Z",
    "dm_conversation_id": "1-2",
    "entities": {},
    "attachments": {},
}


def _spoilt(plain: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The object with some fields replaced by anything."""
    return st.dictionaries(st.sampled_from(sorted(plain)), _json, max_size=3).map(lambda changes: plain | changes)


@given(_spoilt(_POST), _spoilt(ANA), _json, _json)
def test_nothing_that_x_could_send_for_a_post_breaks_the_reading(
    odd: Any, user: Any, meta: Any, other: Any
) -> None:
    page = post_page({"data": [odd, other], "includes": {"users": [user], "tweets": other}, "meta": meta})
    for found in page.posts:
        assert isinstance(mention_event(found, ME, page.includes), Event | NotAnswered)
    post_page({"data": other, "includes": other, "meta": other})


@given(_spoilt(_DM), _spoilt(ANA), _json)
def test_nothing_that_x_could_send_for_a_dm_breaks_the_reading(odd: Any, user: Any, other: Any) -> None:
    page = dm_page({"data": [odd, other], "includes": {"users": [user]}, "meta": other})
    for found in page.events:
        assert isinstance(dm_event(found, ME, page.includes), Event | NotAnswered)


@pytest.mark.parametrize("skew_s", [0, 5, -7, 3600])
def test_a_post_was_written_when_its_id_says_whatever_clock_the_answer_was_made_by(skew_s: int) -> None:
    written = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    told = (written + timedelta(seconds=skew_s)).isoformat()
    event = read(post(id=str(first_id_at(written)), created_at=told))
    assert isinstance(event, Event)
    assert event.at == written


def test_an_id_that_tells_no_time_leaves_what_x_says() -> None:
    event = read(post(id="100"))
    assert isinstance(event, Event)
    assert event.at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
