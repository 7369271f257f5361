"""Every route of the sandbox answers as X's own OpenAPI documents say."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.bot.sandbox.desk import Desk, open_desk
from tests.bot.sandbox.test_media import png
from tests.openapi import DOCUMENTS, OpenApi, x_document

OLD = "openapi-2.157.json"
POSTS = {
    OLD: {
        "tweet.fields": "attachments,author_id,conversation_id,created_at,display_text_range,"
        "edit_history_tweet_ids,entities,in_reply_to_user_id,lang,note_tweet,possibly_sensitive,public_metrics,referenced_tweets,"
        "reply_settings,source",
        "expansions": "author_id,referenced_tweets.id,referenced_tweets.id.author_id,in_reply_to_user_id,"
        "attachments.media_keys,entities.mentions.username",
        "media.fields": "height,media_key,type,url,width",
        "user.fields": "created_at,description,public_metrics,profile_image_url,verified,verified_type,"
        "most_recent_tweet_id",
    },
    "openapi.json": {
        "post.fields": "attachments,conversation_id,created_at,display_text_range,entities,lang,note_post,"
        "possibly_sensitive,public_metrics,reply_settings,source",
        "expansions": "author_id,referenced_posts,in_reply_to_user_id,attachments.media_keys,"
        "entities.mentions.username",
        "media.fields": "height,media_key,type,url,width",
        "user.fields": "created_at,description,public_metrics,profile_image_url,verified,verified_type",
    },
}
DMS = {
    OLD: {
        "dm_event.fields": "attachments,created_at,dm_conversation_id,entities,event_type,id,participant_ids,"
        "referenced_tweets,sender_id,text",
        "expansions": "attachments.media_keys,participant_ids,referenced_tweets.id,sender_id",
        "media.fields": "url",
    },
    "openapi.json": {
        "dm_event.fields": "attachments,created_at,dm_conversation_id,entities,event_type,id,text",
        "expansions": "attachments.media_keys,participant_ids,referenced_posts,sender_id",
        "media.fields": "url",
    },
}


@dataclass
class Checked:
    """Calls the sandbox, and holds each answer against the document."""

    desk: Desk
    document: OpenApi
    name: str

    async def call(self, method: str, path: str, who: str | None, **options: Any) -> httpx.Response:
        """One checked call."""
        answer = await self.desk.call(method, path, who, **options)
        if "json" in options:
            self.document.check_request(method, urlsplit(path).path, options["json"])
        self.document.check_answer(
            method, urlsplit(path).path, answer.status_code, answer.headers["content-type"], answer.json()
        )
        return answer

    async def get(self, path: str, who: str | None = "miaaibot", **params: str) -> dict[str, Any]:
        """One checked GET; the answer must hold data."""
        document: dict[str, Any] = (await self.call("GET", path, who, params=params)).json()
        assert document.get("data"), document
        return document

    @property
    def bot(self) -> int:
        """The bot's id."""
        return self.desk.person("miaaibot").id


@pytest.fixture(params=DOCUMENTS)
async def x(request: pytest.FixtureRequest) -> AsyncIterator[Checked]:
    async with open_desk() as desk:
        yield Checked(desk, x_document(request.param), request.param)


async def _conversation(x: Checked) -> dict[str, str]:
    """A post with an image, a long reply, an answer of the bot that quotes, and a link."""
    media = {"media": base64.b64encode(png(3, 2)).decode(), "media_category": "tweet_image"}
    media_id = (await x.call("POST", "/2/media/upload", "amelie_roux", json=media)).json()["data"]["id"]
    body: dict[str, Any] = {
        "text": "@miaaibot look #sky https://example.org",
        "media": {"media_ids": [media_id]},
    }
    first = (await x.call("POST", "/2/tweets", "amelie_roux", json=body)).json()["data"]["id"]
    body = {"text": "@amelie_roux well " * 40, "reply": {"in_reply_to_tweet_id": first}}
    long = (await x.call("POST", "/2/tweets", "amelie_roux", json=body)).json()["data"]["id"]
    body = {"text": "blue", "reply": {"in_reply_to_tweet_id": first}, "quote_tweet_id": long}
    answer = (await x.call("POST", "/2/tweets", "miaaibot", json=body)).json()["data"]["id"]
    return {"first": first, "long": long, "answer": answer}


async def test_users(x: Checked) -> None:
    await x.desk.post("amelie_roux", "something recent")
    fields = {"user.fields": POSTS[x.name]["user.fields"]}
    amelie = x.desk.person("amelie_roux").id
    await x.get("/2/users/me", "amelie_roux", **fields)
    await x.get("/2/users", None, ids=f"{x.bot},{amelie},5", **fields)
    await x.get("/2/users/by", usernames="miaaibot,nobody", **fields)
    await x.get(f"/2/users/{amelie}", **fields)
    await x.get("/2/users/by/username/miaaibot", **fields)
    await x.call("GET", "/2/users/5", "amelie_roux")


async def test_posts(x: Checked) -> None:
    ids = await _conversation(x)
    fields = POSTS[x.name]
    found = await x.get(f"/2/tweets/{ids['answer']}", **fields)
    assert set(found["includes"]) == {"users", "posts" if x.name == "openapi.json" else "tweets"}
    found = await x.get("/2/tweets", None, ids=",".join([*ids.values(), "7"]), **fields)
    assert found["includes"]["media"][0]["url"].startswith("http")
    await x.get("/2/tweets/search/recent", query=f"conversation_id:{ids['first']}", **fields)
    await x.get(f"/2/users/{x.bot}/mentions", max_results="5", **fields)
    await x.get(f"/2/users/{x.bot}/tweets", **fields)
    await x.get(f"/2/tweets/{ids['first']}")
    await x.call("GET", "/2/tweets/search/recent", "miaaibot", params={"query": "nothingness"})
    await x.call("GET", "/2/tweets/7", "miaaibot")
    await x.call("DELETE", f"/2/tweets/{ids['first']}", "amelie_roux")
    deleted = await x.call("GET", f"/2/tweets/{ids['answer']}", "miaaibot", params=fields)
    assert deleted.json()["errors"]


async def test_direct_messages(x: Checked) -> None:
    post = await x.desk.post("kwame_asante", "a find")
    media = {"media": base64.b64encode(png(3, 2)).decode(), "media_category": "dm_image"}
    media_id = (await x.call("POST", "/2/media/upload", "amelie_roux", json=media)).json()["data"]["id"]
    text = f"see https://x.com/kwame_asante/status/{post['id']}"
    path = f"/2/dm_conversations/with/{x.bot}/messages"
    body = {"text": text, "attachments": [{"media_id": media_id}]}
    sent = (await x.call("POST", path, "amelie_roux", json=body)).json()["data"]
    for number in range(3):
        await x.call(
            "POST",
            f"/2/dm_conversations/{sent['dm_conversation_id']}/messages",
            "miaaibot",
            json={"text": str(number)},
        )
    fields = DMS[x.name]
    everything = await x.get("/2/dm_events", **fields)
    assert set(everything["includes"]) == {"users", "media", "posts" if x.name == "openapi.json" else "tweets"}
    page = await x.get("/2/dm_events", max_results="2", **fields)
    await x.get("/2/dm_events", max_results="2", pagination_token=page["meta"]["next_token"], **fields)
    await x.get(f"/2/dm_events/{sent['dm_event_id']}", **fields)
    await x.get(f"/2/dm_conversations/with/{x.bot}/dm_events", "amelie_roux", **fields)
    await x.get(f"/2/dm_conversations/{sent['dm_conversation_id']}/dm_events", **fields)
    await x.call("GET", "/2/dm_events", "mateo_luna")
    await x.call("DELETE", f"/2/dm_events/{sent['dm_event_id']}", "amelie_roux")
    members = [str(x.desk.person(name).id) for name in ("kwame_asante", "ilse_vinter")]
    group = {"conversation_type": "Group", "participant_ids": members, "message": {"text": "dinner?"}}
    await x.call("POST", "/2/dm_conversations", "amelie_roux", json=group)


async def test_media_in_parts(x: Checked) -> None:
    start = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": 70}
    begun = await x.call("POST", "/2/media/upload/initialize", "amelie_roux", json=start)
    path = f"/2/media/upload/{begun.json()['data']['id']}"
    form: dict[str, Any] = {"data": {"segment_index": "0"}, "files": {"media": png(2, 2)}}
    await x.call("POST", f"{path}/append", "amelie_roux", **form)
    await x.call("POST", f"{path}/finalize", "amelie_roux")
    media_id = path.rpartition("/")[2]
    await x.get("/2/media/upload", "amelie_roux", command="STATUS", media_id=media_id)


async def test_rules_of_the_stream(x: Checked) -> None:
    path = "/2/tweets/search/stream/rules"
    added = await x.call("POST", path, None, json={"add": [{"value": "@miaaibot", "tag": "mentions"}]})
    await x.get(path, None)
    rule_id = added.json()["data"][0]["id"]
    await x.call("POST", path, None, json={"delete": {"ids": [rule_id]}})
    await x.call("GET", path, None)


async def test_an_invalid_request(x: Checked) -> None:
    refused = await x.call("GET", "/2/tweets/search/recent", "miaaibot", params={"query": "near:x"})
    assert refused.status_code == 400
