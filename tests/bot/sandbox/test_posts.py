"""Posts as X keeps them: text, replies, rules, lookups."""

from datetime import timedelta

import pytest

from mia_bot.sandbox.app import SandboxConfig
from mia_bot.sandbox.length import weighted_length
from tests.bot.sandbox.desk import Desk, open_desk

ALL = (
    "author_id,conversation_id,created_at,display_text_range,entities,in_reply_to_user_id,lang,note_tweet,"
    "referenced_tweets"
)


async def test_a_post_is_found_with_the_fields_that_were_asked_and_no_others(desk: Desk) -> None:
    posted = await desk.post("amelie_roux", "Hello @miaaibot, see https://example.org/a.")
    plain = await desk.look(posted["id"])
    assert set(plain["data"]) == {"id", "text", "edit_history_tweet_ids"}
    full = (await desk.look(posted["id"], **{"tweet.fields": ALL}))["data"]
    assert full["created_at"] == "2026-11-02T09:30:00.000Z"
    assert full["conversation_id"] == posted["id"]
    assert full["lang"] == "en"
    assert full["entities"]["mentions"] == [
        {"start": 6, "end": 15, "username": "miaaibot", "id": str(desk.person("miaaibot").id)}
    ]
    assert full["entities"]["urls"][0]["expanded_url"] == "https://example.org/a"
    assert "referenced_tweets" not in full


async def test_a_reply_carries_the_names_along_and_counts_them_out_of_the_displayed_text(desk: Desk) -> None:
    first = await desk.post("amelie_roux", "@miaaibot and @kwame_asante, a question")
    reply = await desk.reply("kwame_asante", first["id"], "an answer")
    assert reply["text"] == "@amelie_roux @miaaibot an answer"
    found = (await desk.look(reply["id"], **{"tweet.fields": ALL}))["data"]
    start, end = found["display_text_range"]
    assert found["text"][start:end] == "an answer"
    assert found["conversation_id"] == first["id"]
    assert found["in_reply_to_user_id"] == str(desk.person("amelie_roux").id)
    assert found["referenced_tweets"] == [{"type": "replied_to", "id": first["id"]}]


async def test_fields_asked_in_the_new_spelling_are_answered_in_it(desk: Desk) -> None:
    first = await desk.post("amelie_roux", "one")
    reply = await desk.reply("kwame_asante", first["id"], "two")
    old = await desk.look(
        reply["id"], **{"tweet.fields": "public_metrics", "expansions": "referenced_tweets.id,author_id"}
    )
    new = await desk.look(
        reply["id"], **{"post.fields": "public_metrics", "expansions": "referenced_posts,author_id"}
    )
    assert old["data"]["referenced_tweets"] == new["data"]["referenced_posts"]
    assert old["includes"]["tweets"][0]["id"] == new["includes"]["posts"][0]["id"] == first["id"]
    assert new["data"]["author_id"] == new["includes"]["users"][0]["id"]
    assert "retweet_count" in old["data"]["public_metrics"]
    assert "repost_count" in new["data"]["public_metrics"]


async def test_a_deleted_post_is_answered_with_a_partial_error(desk: Desk) -> None:
    kept, gone = await desk.post("amelie_roux", "kept"), await desk.post("amelie_roux", "gone")
    answer = await desk.call("DELETE", f"/2/tweets/{gone['id']}", "amelie_roux")
    assert answer.json() == {"data": {"deleted": True}}
    both = await desk.call("GET", "/2/tweets", "kwame_asante", params={"ids": f"{kept['id']},{gone['id']}"})
    assert both.status_code == 200
    assert [post["id"] for post in both.json()["data"]] == [kept["id"]]
    assert both.json()["errors"][0]["resource_id"] == gone["id"]
    one = await desk.look(gone["id"])
    assert "data" not in one
    assert one["errors"][0]["title"] == "Not Found Error"


async def test_a_reply_to_a_deleted_post_is_shown_with_a_partial_error_for_its_parent(desk: Desk) -> None:
    first = await desk.post("amelie_roux", "soon gone")
    reply = await desk.reply("kwame_asante", first["id"], "still here")
    await desk.call("DELETE", f"/2/tweets/{first['id']}", "amelie_roux")
    found = await desk.look(reply["id"], expansions="referenced_tweets.id")
    assert found["data"]["referenced_tweets"][0]["id"] == first["id"]
    assert found["errors"][0]["parameter"] == "referenced_tweets.id"


async def test_nobody_deletes_the_post_of_somebody_else(desk: Desk) -> None:
    posted = await desk.post("amelie_roux", "mine")
    answer = await desk.call("DELETE", f"/2/tweets/{posted['id']}", "kwame_asante")
    assert answer.status_code == 403
    assert "data" in await desk.look(posted["id"])


async def test_the_same_text_twice_is_refused_as_x_does_until_it_is_long_ago(desk: Desk) -> None:
    await desk.post("amelie_roux", "good night")
    again = await desk.call("POST", "/2/tweets", "amelie_roux", json={"text": "good night"})
    assert again.status_code == 403
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    await desk.post("kwame_asante", "good night")
    desk.clock.move(timedelta(hours=25))
    await desk.post("amelie_roux", "good night")


@pytest.mark.parametrize(
    ("text", "status"),
    [("a" * 280, 201), ("a" * 281, 403), ("猫" * 140, 201), ("猫" * 141, 403), ("👨‍👩‍👧‍👦" * 140, 201)],
)
async def test_a_post_is_measured_by_the_weighted_length(desk: Desk, text: str, status: int) -> None:
    answer = await desk.call("POST", "/2/tweets", "kwame_asante", json={"text": text})
    assert answer.status_code == status


async def test_a_long_post_is_cut_in_text_and_whole_in_its_note(desk: Desk) -> None:
    text = " ".join(f"word{i}" for i in range(100))
    posted = await desk.post("amelie_roux", text)
    short = (await desk.look(posted["id"]))["data"]
    assert weighted_length(short["text"]) <= 280
    assert "note_tweet" not in short
    whole = (await desk.look(posted["id"], **{"tweet.fields": "note_tweet"}))["data"]
    assert whole["note_tweet"]["text"] == text


@pytest.mark.parametrize("text", ["", "   ", "a\0b"])
async def test_an_empty_or_broken_text_is_an_invalid_request(desk: Desk, text: str) -> None:
    answer = await desk.call("POST", "/2/tweets", "amelie_roux", json={"text": text})
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"


async def test_a_body_with_an_unknown_field_is_refused_without_repeating_what_was_sent(desk: Desk) -> None:
    answer = await desk.call("POST", "/2/tweets", "amelie_roux", json={"txt": "private words"})
    assert answer.status_code == 400
    assert "private words" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"text": "x", "reply": {"in_reply_to_tweet_id": "one"}},
        {"text": "x", "media": {"media_ids": ["x"]}},
        {"text": "x", "media": {"media_ids": ["5"]}},
        {"text": "x", "quote_tweet_id": "-1"},
        ["x"],
    ],
)
async def test_a_body_that_makes_no_sense_is_an_invalid_request(desk: Desk, body: object) -> None:
    answer = await desk.call("POST", "/2/tweets", "amelie_roux", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


async def test_the_bot_answers_only_who_summoned_it(desk: Desk) -> None:
    stranger = await desk.post("amelie_roux", "nobody asked")
    summons = await desk.post("amelie_roux", "@miaaibot what is rain?")
    in_prefix_only = await desk.reply("kwame_asante", summons["id"], "I know!")
    for post, status in ((stranger, 403), (summons, 201), (in_prefix_only, 403)):
        body = {"text": f"answer {status}", "reply": {"in_reply_to_tweet_id": post["id"]}}
        answer = await desk.call("POST", "/2/tweets", "miaaibot", json=body)
        assert answer.status_code == status, answer.text


async def test_the_bot_may_answer_a_quote_of_its_post_and_go_on_with_its_own_thread(desk: Desk) -> None:
    own = await desk.post("miaaibot", "good morning")
    await desk.reply("miaaibot", own["id"], "and one more thing")
    quote = await desk.post("kwame_asante", "look", quote_tweet_id=own["id"])
    await desk.reply("miaaibot", quote["id"], "thank you")


async def test_a_name_typed_in_a_reply_stands_beside_the_one_carried_along(desk: Desk) -> None:
    own = await desk.post("miaaibot", "good morning")
    reply = await desk.reply("kwame_asante", own["id"], "@miaaibot and you?")
    assert reply["text"] == "@miaaibot @miaaibot and you?"
    await desk.reply("miaaibot", reply["id"], "very well")


async def test_a_reply_to_a_post_that_is_not_there_is_refused(desk: Desk) -> None:
    body = {"text": "hello?", "reply": {"in_reply_to_tweet_id": "1"}}
    answer = await desk.call("POST", "/2/tweets", "amelie_roux", json=body)
    assert answer.status_code == 403


async def test_users_are_found_by_id_and_by_name_in_any_case(desk: Desk) -> None:
    bot = str(desk.person("miaaibot").id)
    by_name = await desk.call("GET", "/2/users/by/username/MiaAIbot", "amelie_roux")
    assert by_name.json()["data"] == {"id": bot, "name": "MIA", "username": "miaaibot"}
    several = await desk.call("GET", "/2/users/by", None, params={"usernames": "miaaibot,nobody_here"})
    assert several.json()["data"][0]["id"] == bot
    assert several.json()["errors"][0]["value"] == "nobody_here"
    me = await desk.call("GET", "/2/users/me", "yuki_hoshino", params={"user.fields": "description"})
    assert me.json()["data"]["description"] == "写真と猫。"


async def test_premium_of_the_bot_is_a_setting() -> None:
    async with open_desk(SandboxConfig(bot_premium=True)) as desk:
        await desk.post("miaaibot", "a" * 1000)
