"""X's own SDK, which we did not write, works against the sandbox unchanged."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from xdk import Client
from xdk.direct_messages.models import (
    CreateByParticipantIdRequest,
)
from xdk.posts.models import CreateRequest

from tests.bot.sandbox.serving import Served


@contextmanager
def _client(served: Served, username: str) -> Iterator[Any]:
    client = Client(base_url=served.origin, access_token=served.token(username))
    try:
        yield client
    finally:
        client.session.close()


def _items(pages: Any) -> list[dict[str, Any]]:
    return [
        item if isinstance(item, dict) else item.model_dump(exclude_none=True)
        for page in pages
        for item in page.data or []
    ]


def test_xdk_posts_and_reads_the_mentions_page_by_page(sandbox_server: Served) -> None:
    bot = str(sandbox_server.person("miaaibot").id)
    with _client(sandbox_server, "amelie_roux") as amelie, _client(sandbox_server, "miaaibot") as mia:
        for number in range(12):
            amelie.posts.create(body=CreateRequest(text=f"@miaaibot number {number}"))
        pages = mia.users.get_mentions(
            bot,
            max_results=5,
            post_fields=["created_at", "conversation_id", "entities"],
            expansions=["author_id", "referenced_posts"],
        )
        found = _items(pages)
        assert [post["text"] for post in found] == [f"@miaaibot number {n}" for n in range(11, -1, -1)]
        assert {post["author_id"] for post in found} == {str(sandbox_server.person("amelie_roux").id)}
        answer = mia.posts.create(
            body=CreateRequest(text="eleven is enough", reply={"in_reply_to_tweet_id": found[0]["id"]})
        )
        looked_up = amelie.posts.get_by_id(answer.data.id, expansions=["referenced_posts"])
        data = looked_up.model_dump()["data"]
        assert data["referenced_posts"] == [{"type": "replied_to", "id": found[0]["id"]}]


def test_xdk_sends_and_reads_direct_messages(sandbox_server: Served) -> None:
    amelie_id, bot = (str(sandbox_server.person(name).id) for name in ("amelie_roux", "miaaibot"))
    with _client(sandbox_server, "amelie_roux") as amelie, _client(sandbox_server, "miaaibot") as mia:
        amelie.direct_messages.create_by_participant_id(bot, CreateByParticipantIdRequest(text="hello"))
        events = _items(
            mia.direct_messages.get_events(
                dm_event_fields=["created_at", "dm_conversation_id", "text"],
                expansions=["sender_id", "participant_ids"],
            )
        )
        assert [(event["text"], event["sender_id"]) for event in events] == [("hello", amelie_id)]
        mia.direct_messages.create_by_participant_id(amelie_id, CreateByParticipantIdRequest(text="hello you"))
        read = _items(amelie.direct_messages.get_events_by_participant_id(bot))
        assert [event["text"] for event in read] == ["hello you", "hello"]


def test_xdk_finds_who_it_is_and_searches(sandbox_server: Served) -> None:
    with _client(sandbox_server, "yuki_hoshino") as yuki:
        assert yuki.users.get_me().data.username == "yuki_hoshino"
        yuki.posts.create(body=CreateRequest(text="黒い猫"))
        assert [post["text"] for post in _items(yuki.posts.search_recent("from:yuki_hoshino"))] == ["黒い猫"]
