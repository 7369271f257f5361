"""Direct messages: who sees what, who may write to whom."""

from datetime import timedelta

import pytest

from tests.bot.sandbox.desk import Desk

FIELDS = {"dm_event.fields": "id,text,event_type,created_at,sender_id,dm_conversation_id,participant_ids"}


async def test_both_sides_read_a_conversation_newest_first_and_nobody_else_does(desk: Desk) -> None:
    amelie, bot = desk.person("amelie_roux").id, desk.person("miaaibot").id
    sent = (await desk.dm("amelie_roux", "miaaibot", "hello")).json()["data"]
    assert sent["dm_conversation_id"] == f"{min(amelie, bot)}-{max(amelie, bot)}"
    await desk.dm("miaaibot", "amelie_roux", "hello Amélie")
    for reader, other in (("amelie_roux", bot), ("miaaibot", amelie)):
        path = f"/2/dm_conversations/with/{other}/dm_events"
        events = (await desk.call("GET", path, reader, params=FIELDS)).json()["data"]
        assert [event["text"] for event in events] == ["hello Amélie", "hello"]
        assert events[1]["sender_id"] == str(amelie)
        assert events[1]["event_type"] == "MessageCreate"
        assert set(events[1]["participant_ids"]) == {str(amelie), str(bot)}
    mine = await desk.call("GET", "/2/dm_events", "kwame_asante")
    assert mine.json() == {"meta": {"result_count": 0}}
    path = f"/2/dm_conversations/{sent['dm_conversation_id']}/dm_events"
    assert (await desk.call("GET", path, "kwame_asante")).status_code == 403
    unseen = await desk.call("GET", f"/2/dm_events/{sent['dm_event_id']}", "kwame_asante")
    assert "data" not in unseen.json()


async def test_the_bot_writes_only_to_who_wrote_first(desk: Desk) -> None:
    assert (await desk.dm("miaaibot", "kwame_asante", "hi")).status_code == 403
    await desk.dm("kwame_asante", "miaaibot", "hi")
    assert (await desk.dm("miaaibot", "kwame_asante", "hi")).status_code == 201
    assert (await desk.dm("amelie_roux", "kwame_asante", "people are free to")).status_code == 201


@pytest.mark.parametrize(("text", "status"), [("x" * 10_000, 201), ("x" * 10_001, 400), ("", 400), ("\0", 400)])
async def test_a_message_has_between_1_and_10000_characters(desk: Desk, text: str, status: int) -> None:
    assert (await desk.dm("amelie_roux", "miaaibot", text)).status_code == status


async def test_pages_of_messages_lose_none(desk: Desk) -> None:
    for number in range(23):
        await desk.dm("amelie_roux", "miaaibot", str(number))
    params, seen = {"max_results": "10"}, []
    while True:
        answer = (await desk.call("GET", "/2/dm_events", "miaaibot", params=params)).json()
        seen += [int(event["text"]) for event in answer["data"]]
        if "next_token" not in answer["meta"]:
            break
        params["pagination_token"] = answer["meta"]["next_token"]
        assert len(params["pagination_token"]) >= 16
    assert seen == list(range(22, -1, -1))


async def test_a_deleted_message_is_gone_for_who_deleted_it_alone(desk: Desk) -> None:
    event_id = (await desk.dm("amelie_roux", "miaaibot", "oops")).json()["data"]["dm_event_id"]
    answer = await desk.call("DELETE", f"/2/dm_events/{event_id}", "miaaibot")
    assert answer.json() == {"data": {"deleted": True}}
    assert "data" not in (await desk.call("GET", f"/2/dm_events/{event_id}", "miaaibot")).json()
    assert "data" in (await desk.call("GET", f"/2/dm_events/{event_id}", "amelie_roux")).json()


async def test_messages_older_than_thirty_days_are_not_given_any_more(desk: Desk) -> None:
    await desk.dm("amelie_roux", "miaaibot", "long ago")
    desk.clock.move(timedelta(days=31))
    assert (await desk.call("GET", "/2/dm_events", "miaaibot")).json()["meta"]["result_count"] == 0


async def test_a_group_reads_what_its_members_write(desk: Desk) -> None:
    members = [str(desk.person(name).id) for name in ("kwame_asante", "ilse_vinter")]
    body = {"conversation_type": "Group", "participant_ids": members, "message": {"text": "dinner?"}}
    started = (await desk.call("POST", "/2/dm_conversations", "amelie_roux", json=body)).json()["data"]
    path = f"/2/dm_conversations/{started['dm_conversation_id']}"
    await desk.call("POST", f"{path}/messages", "kwame_asante", json={"text": "yes"})
    events = (await desk.call("GET", f"{path}/dm_events", "ilse_vinter")).json()["data"]
    assert [event["text"] for event in events] == ["yes", "dinner?"]
    assert (await desk.call("POST", f"{path}/messages", "mateo_luna", json={"text": "?"})).status_code == 403


async def test_people_and_linked_posts_come_along_when_expanded(desk: Desk) -> None:
    post = await desk.post("kwame_asante", "a find")
    await desk.dm("amelie_roux", "miaaibot", f"see https://x.com/kwame_asante/status/{post['id']}")
    params = {"expansions": "sender_id,participant_ids,referenced_tweets.id"}
    answer = (await desk.call("GET", "/2/dm_events", "miaaibot", params=params)).json()
    assert answer["data"][0]["referenced_tweets"] == [{"id": post["id"]}]
    assert answer["includes"]["tweets"][0]["text"] == "a find"
    assert {user["username"] for user in answer["includes"]["users"]} == {"amelie_roux", "miaaibot"}
