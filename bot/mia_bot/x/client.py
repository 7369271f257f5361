"""What MIA asks of X, each a typed method."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pydantic import ValidationError

from mia_bot.errors import XUnavailable, XUncertain
from mia_bot.x.auth import Auth
from mia_bot.x.pushing import Pushing
from mia_bot.x.shapes import DmPage, PostPage, User, dm_page, post_page
from mia_bot.x.wire import A_DAY, Wire, document, limit_name, listing, open_session
from mia_core.clock import Clock, system_clock
from mia_core.limits import Told
from mia_core.outbox import Channel
from mia_core.settings import XSettings

_USER_FIELDS = ["id", "username", "name", "description"]
_MEDIA_FIELDS = ["media_key", "type", "url", "alt_text"]
_POST_FIELDS = [
    "id",
    "text",
    "author_id",
    "created_at",
    "conversation_id",
    "in_reply_to_user_id",
    "referenced_tweets",
    "entities",
    "attachments",
    "lang",
    "note_tweet",
    "display_text_range",
]
_POST_EXPANSIONS = [
    "author_id",
    "referenced_tweets.id",
    "referenced_tweets.id.author_id",
    "attachments.media_keys",
]
_DM_FIELDS = [
    "id",
    "text",
    "event_type",
    "created_at",
    "sender_id",
    "dm_conversation_id",
    "attachments",
    "entities",
]
_POSTS = {
    "tweet_fields": _POST_FIELDS,
    "user_fields": _USER_FIELDS,
    "media_fields": _MEDIA_FIELDS,
    "expansions": _POST_EXPANSIONS,
}
_DMS = {
    "dm_event_fields": _DM_FIELDS,
    "user_fields": _USER_FIELDS,
    "media_fields": _MEDIA_FIELDS,
    "expansions": ["sender_id", "attachments.media_keys"],
}
POST_PARAMS = {
    **{name.replace("_", "."): ",".join(values) for name, values in _POSTS.items()},
}
"""What a stream of posts is asked for; tweepy writes the same for the other routes."""
PAGE = 100


class XClient:
    """X as one account. Every method raises XError for what goes wrong."""

    def __init__(self, wire: Wire, pushing: Pushing | None = None) -> None:
        self._wire = wire
        self.pushing = pushing
        """What X pushes to the app; None without the app's own token."""

    async def me(self) -> User:
        """The account that is signed in."""
        found = await document(await self._wire.get_me(user_fields=_USER_FIELDS))
        try:
            return User.model_validate(found.get("data"))
        except ValidationError:
            raise XUnavailable("X does not say whose token this is") from None

    async def mentions(self, user_id: str, *, since_id: str | None = None, token: str | None = None) -> PostPage:
        """Posts that mention the account; X gives the latest 800, and may leave some out."""
        response = await self._wire.get_users_mentions(
            user_id, max_results=PAGE, since_id=since_id, pagination_token=token, **_POSTS
        )
        return post_page(await listing(response))

    async def posts_of(self, user_id: str, *, since_id: str, token: str | None = None) -> PostPage:
        """The account's own latest posts after another."""
        response = await self._wire.get_users_tweets(
            user_id, max_results=PAGE, since_id=since_id, pagination_token=token, **_POSTS
        )
        return post_page(await listing(response))

    async def posts(self, ids: Sequence[str]) -> PostPage:
        """Posts by id; those that are deleted or hidden are left out."""
        return post_page(await document(await self._wire.get_tweets(list(ids), **_POSTS)))

    async def dm_events(self, *, token: str | None = None) -> DmPage:
        """The latest DM events of all conversations."""
        response = await self._wire.get_direct_message_events(max_results=PAGE, pagination_token=token, **_DMS)
        return dm_page(await listing(response))

    async def dm_events_with(self, person_id: str, *, token: str | None = None) -> DmPage:
        """The latest DM events with one person."""
        response = await self._wire.get_direct_message_events(
            participant_id=person_id, max_results=PAGE, pagination_token=token, **_DMS
        )
        return dm_page(await listing(response))

    async def post(self, text: str, *, in_reply_to: str) -> str:
        """Answer a post; gives the new post's id."""
        response = await self._wire.create_tweet(text=text, in_reply_to_tweet_id=in_reply_to)
        return _made(await document(response, write=True), "id")

    async def send_dm(self, person_id: str, text: str) -> str:
        """Send a DM; gives the new event's id."""
        response = await self._wire.create_direct_message(participant_id=person_id, text=text)
        return _made(await document(response, write=True), "dm_event_id")

    async def subscribe(self, event_type: str, user_id: str, tag: str, webhook_id: str | None = None) -> None:
        """Let X push the account's own activity: to the app's stream, or to one of its webhooks."""
        wanted = {"event_type": event_type, "filter": {"user_id": user_id}, "tag": tag}
        body = {**wanted, "webhook_id": webhook_id} if webhook_id else wanted
        await self._wire.request("POST", "/2/activity/subscriptions", json=body)

    def told(self, names: Sequence[str]) -> dict[str, Told]:
        """What X last told this process of these limits."""
        return {name: limit for name in names if (limit := self._wire.limits.get(name))}

    def read_limit(self, route: str) -> Told | None:
        """What X last told this process of its limit on reading a route (`/2/…`); None before it told anything."""
        return self._wire.limits.get(limit_name("GET", route))


def sending_limits(channel: Channel) -> tuple[str, str]:
    """Names of the limits that sending on a channel counts for."""
    route = "/2/tweets" if channel == "post" else "/2/dm_conversations/with/00/messages"
    name = limit_name("POST", route)
    return name, f"{name}{A_DAY}"


@asynccontextmanager
async def open_x(settings: XSettings, auth: Auth, clock: Clock = system_clock) -> AsyncIterator[XClient]:
    """A client with one session for its life."""
    async with open_session(settings.timeout_s) as session:
        token, origin = settings.app_token, settings.api_origin
        pushing = Pushing(origin, token, session, clock) if token else None
        yield XClient(Wire(origin, auth, session, clock), pushing)


def _made(found: Mapping[str, Any], name: str) -> str:
    """The id of what was made; without one it is open whether anything was."""
    data = found.get("data")
    made = data.get(name) if isinstance(data, dict) else None
    if not made:
        raise XUncertain("X's answer names nothing that was made")
    return str(made)
