"""The query language of search and of the stream's rules."""

import pytest

from tests.bot.sandbox.desk import Desk


async def _texts(desk: Desk, query: str) -> list[str]:
    answer = await desk.call("GET", "/2/tweets/search/recent", "amelie_roux", params={"query": query})
    assert answer.status_code == 200, answer.text
    return [post["text"] for post in answer.json().get("data", [])]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from:amelie_roux", ["The cat sat, quietly", "@miaaibot is it raining?"]),
        ("from:@AMELIE_ROUX cat", ["The cat sat, quietly"]),
        ("to:amelie_roux", ["@amelie_roux @miaaibot it is"]),
        ("@miaaibot", ["@amelie_roux @miaaibot it is", "@miaaibot is it raining?"]),
        ("@miaaibot -is:reply", ["@miaaibot is it raining?"]),
        ("@miaaibot is:reply", ["@amelie_roux @miaaibot it is"]),
        ("@miaaibot -is:retweet from:kwame_asante", ["@amelie_roux @miaaibot it is"]),
        ('"cat sat"', ["The cat sat, quietly"]),
        ('"sat cat"', []),
        ("CAT", ["The cat sat, quietly"]),
        ("ca", []),
        ("cat OR raining", ["The cat sat, quietly", "@miaaibot is it raining?"]),
        ("(cat OR raining) -@miaaibot", ["The cat sat, quietly"]),
        ("猫", ["黒い猫がいる"]),
        ("cat -(quietly OR rain)", []),
    ],
)
async def test_a_query_finds_what_it_asks_for_newest_first(desk: Desk, query: str, expected: list[str]) -> None:
    first = await desk.post("amelie_roux", "@miaaibot is it raining?")
    await desk.reply("kwame_asante", first["id"], "it is")
    await desk.post("yuki_hoshino", "黒い猫がいる")
    await desk.post("amelie_roux", "The cat sat, quietly")
    assert await _texts(desk, query) == expected


async def test_a_conversation_is_found_with_all_that_was_said_in_it(desk: Desk) -> None:
    first = await desk.post("amelie_roux", "start")
    await desk.post("ilse_vinter", "elsewhere")
    reply = await desk.reply("kwame_asante", first["id"], "middle")
    await desk.reply("amelie_roux", reply["id"], "end")
    assert len(await _texts(desk, f"conversation_id:{first['id']}")) == 3
    assert await _texts(desk, f"in_reply_to_tweet_id:{reply['id']} from:amelie_roux") == ["@kwame_asante end"]


@pytest.mark.parametrize(
    "query",
    ["near:lisbon", "is:nonsense", "-cat", "is:reply", "(cat", "cat)", '"cat', "cat OR", "conversation_id:x", ""],
)
async def test_a_query_that_x_would_not_take_is_a_400(desk: Desk, query: str) -> None:
    answer = await desk.call("GET", "/2/tweets/search/recent", "amelie_roux", params={"query": query})
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid Request"
