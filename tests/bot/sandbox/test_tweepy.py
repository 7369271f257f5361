"""tweepy's asynchronous client and stream work against the sandbox once their origin is rebased."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from tweepy import StreamRule, errors
from tweepy.asynchronous import AsyncClient, AsyncStreamingClient
from yarl import URL

from tests.bot.sandbox.serving import Served


def _rebased(origin: str) -> aiohttp.ClientSession:
    """A session that sends every request to the sandbox, whatever host is written in tweepy's code."""
    target = URL(origin)

    async def rebase(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        request.url = request.url.with_scheme("http").with_host("127.0.0.1").with_port(target.port)
        return await handler(request)

    return aiohttp.ClientSession(middlewares=(rebase,))


@asynccontextmanager
async def _client(served: Served, username: str, *, oauth1: bool = False) -> AsyncIterator[Any]:
    person, app = served.person(username), served.world.app
    keys = (
        {
            "consumer_key": app.consumer_key.get_secret_value(),
            "consumer_secret": app.consumer_secret.get_secret_value(),
            "access_token": person.oauth1_token.get_secret_value(),
            "access_token_secret": person.oauth1_secret.get_secret_value(),
        }
        if oauth1
        else {"bearer_token": served.token(username)}
    )
    client = AsyncClient(**keys)
    async with _rebased(served.origin) as client.session:
        yield client


@pytest.mark.parametrize("oauth1", [False, True])
async def test_tweepy_reads_mentions_and_answers(sandbox_server: Served, oauth1: bool) -> None:
    bot = sandbox_server.person("miaaibot").id
    auth = {"user_auth": oauth1}
    async with (
        _client(sandbox_server, "amelie_roux", oauth1=oauth1) as amelie,
        _client(sandbox_server, "miaaibot", oauth1=oauth1) as mia,
    ):
        sent = await amelie.create_tweet(text="@miaaibot hello", **auth)
        found = await mia.get_users_mentions(
            bot,
            tweet_fields=["author_id", "created_at", "conversation_id", "entities", "referenced_tweets"],
            expansions=["author_id", "referenced_tweets.id"],
            start_time="2020-01-01T00:00:00Z",
            **auth,
        )
        assert [str(post.id) for post in found.data] == [sent.data["id"]]
        assert found.includes["users"][0].username == "amelie_roux"
        answer = await mia.create_tweet(text="hello!", in_reply_to_tweet_id=sent.data["id"], **auth)
        looked_up = await mia.get_tweet(answer.data["id"], tweet_fields=["referenced_tweets"], **auth)
        assert str(looked_up.data.referenced_tweets[0].id) == sent.data["id"]


async def test_tweepy_talks_in_direct_messages(sandbox_server: Served) -> None:
    amelie_id, bot = (sandbox_server.person(name).id for name in ("amelie_roux", "miaaibot"))
    async with _client(sandbox_server, "amelie_roux") as amelie, _client(sandbox_server, "miaaibot") as mia:
        await amelie.create_direct_message(participant_id=bot, text="hello", user_auth=False)
        events = await mia.get_direct_message_events(
            dm_event_fields=["sender_id", "created_at", "text", "dm_conversation_id"], user_auth=False
        )
        assert [(event.text, event.sender_id) for event in events.data] == [("hello", amelie_id)]
        sent = await mia.create_direct_message(participant_id=amelie_id, text="hi", user_auth=False)
        assert sent.data["dm_conversation_id"] == events.data[0].dm_conversation_id


async def test_tweepy_raises_its_own_exceptions_for_the_refusals(sandbox_server: Served) -> None:
    async with _client(sandbox_server, "miaaibot") as mia:
        await mia.create_tweet(text="once", user_auth=False)
        with pytest.raises(errors.Forbidden, match="duplicate content"):
            await mia.create_tweet(text="once", user_auth=False)
        with pytest.raises(errors.BadRequest):
            await mia.search_recent_tweets("near:lisbon", user_auth=False)
        mia.bearer_token = "wrong"
        with pytest.raises(errors.Unauthorized):
            await mia.get_me(user_auth=False)


async def test_tweepy_hears_a_mention_over_the_stream(sandbox_server: Served) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    connected = asyncio.Event()

    class Stream(AsyncStreamingClient):  # type: ignore[misc]  # its base has no types
        async def _connect(self, *args: Any, **kwargs: Any) -> None:
            self.session = _rebased(sandbox_server.origin)
            await super()._connect(*args, **kwargs)

        async def on_keep_alive(self) -> None:
            connected.set()

        async def on_response(self, response: Any) -> None:
            await heard.put(response)

    stream = Stream(sandbox_server.app_token)
    async with _rebased(sandbox_server.origin) as stream.session, asyncio.timeout(10):
        await stream.add_rules(StreamRule("@miaaibot -is:retweet", tag="mentions"))
        assert [rule.tag for rule in (await stream.get_rules()).data] == ["mentions"]
    task = stream.filter(expansions=["author_id"])
    async with _client(sandbox_server, "amelie_roux") as amelie, asyncio.timeout(10):
        await connected.wait()
        sent = await amelie.create_tweet(text="@miaaibot hello", user_auth=False)
        response = await heard.get()
    assert str(response.data.id) == sent.data["id"]
    assert response.matching_rules[0].tag == "mentions"
    stream.disconnect()
    await task
