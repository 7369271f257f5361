"""X's JSON for one activity event: the envelope, and a post or a direct message as its payload.

Documented (docs.x.com/x-api/activity/event-payloads, 2026-08): the envelope `data` with `event_uuid`, `filter`,
`event_type`, `tag` (left out when the subscription has none), `payload`, `includes`; the payload of a mention
or a reply is a post object in the tweet spelling with `in_reply_to_tweet_id` beside `referenced_tweets`;
`includes.tweets` of a mention holds the post itself as well, a reply's sample has `includes` empty; `dm.received`
carries the old `direct_message_events` with a map `users` whose values stand under `data`, and no `includes`;
numbers are repeated as texts (`reply_count_str`); a direct message's `event_uuid` may have a minus sign, though
the OpenAPI document allows digits only: it is opaque.

Guessed: that a long post brings its `note_tweet` and that files stay out of `includes` (the samples have none);
the entities of a direct message and its `attachment`, which are those of API v1.1; that the same event carries
the same `event_uuid` on the stream, at the webhook and when it is filled in later.
"""

import hashlib
from typing import Any

from mia_bot.sandbox.documents import Includes
from mia_bot.sandbox.fields import Projector
from mia_bot.sandbox.records import ActivitySubscription, Dm, Media, Post
from mia_bot.sandbox.selection import POST_FIELDS, USER_FIELDS, Selection
from mia_bot.sandbox.text import entities, mentions
from mia_bot.sandbox.world import World

_SHOWN = Selection(
    spelling="tweet",
    post=POST_FIELDS - {"source"},
    user=USER_FIELDS - {"receives_your_dm", "subscription_type"},
    media=frozenset(),
    dm=frozenset(),
    expansions=frozenset(
        ["author_id", "entities.mentions.username", "in_reply_to_user_id", "referenced_tweets.id"]
    ),
)


def event_document(
    world: World, origin: str, subscription: ActivitySubscription, subject: Post | Dm
) -> dict[str, Any]:
    """One event as it is streamed or posted to a webhook; `origin` is the sandbox's own address."""
    projector = Projector(world, _SHOWN, origin)
    content = _post(projector, subscription, subject) if isinstance(subject, Post) else _dm(projector, subject)
    return {
        "data": {
            "event_uuid": _uuid(subscription, subject),
            "filter": {"user_id": str(subscription.user_id)},
            "event_type": subscription.event_type,
            **({"tag": subscription.tag} if subscription.tag is not None else {}),
            **content,
        }
    }


def _uuid(subscription: ActivitySubscription, subject: Post | Dm) -> str:
    digest = hashlib.sha256(f"{subscription.id}/{subject.id}".encode()).digest()
    number = int.from_bytes(digest[:8], signed=True)
    return str(abs(number) if isinstance(subject, Post) else number)


def _post(projector: Projector, subscription: ActivitySubscription, post: Post) -> dict[str, Any]:
    payload = _with_texts(_post_object(projector, post))
    included = _included(projector, post) if subscription.event_type == "post.mention.create" else {}
    return {"payload": payload, "includes": included}


def _post_object(projector: Projector, post: Post) -> dict[str, Any]:
    answered = {} if post.replied_to is None else {"in_reply_to_tweet_id": str(post.replied_to)}
    return {**projector.post(post), **answered}


def _included(projector: Projector, post: Post) -> dict[str, Any]:
    includes = Includes(projector.world, projector.selection)
    includes.follow_post(post)
    others: dict[str, Any] = includes.parts(projector).get("includes", {})
    posts = [_post_object(projector, post), *others.get("tweets", [])]
    included: dict[str, Any] = _with_texts({**others, "tweets": posts})
    return included


def _dm(projector: Projector, dm: Dm) -> dict[str, Any]:
    """The old shape of a message between two people."""
    world = projector.world
    recipient = next(person_id for person_id in dm.participant_ids if person_id != dm.sender_id)
    data: dict[str, Any] = {"text": dm.text, "entities": _old_entities(world, dm.text)}
    if dm.media_ids:
        data["attachment"] = {
            "type": "media",
            "media": _old_media(projector.origin, world.media[dm.media_ids[0]]),
        }
    event = {
        "type": "message_create",
        "id": str(dm.id),
        "created_timestamp": str(round(dm.created_at.timestamp() * 1000)),
        "message_create": {
            "target": {"recipient_id": str(recipient)},
            "sender_id": str(dm.sender_id),
            "message_data": data,
        },
    }
    people = (dm.sender_id, recipient)
    users = {str(i): {"data": _with_texts(projector.user(world.people[i]))} for i in people}
    return {"payload": {"direct_message_events": [event], "users": users}}


def _old_entities(world: World, text: str) -> dict[str, list[dict[str, Any]]]:
    """Entities as API v1.1 writes them: every kind is there, places are `indices`."""
    found = entities(text, mentions(text, world.person_named))
    named = found.get("mentions", [])
    return {
        "hashtags": [{"text": item["tag"], **_indices(item)} for item in found.get("hashtags", [])],
        "symbols": [{"text": item["tag"], **_indices(item)} for item in found.get("cashtags", [])],
        "user_mentions": [{**_old_name(world, int(item["id"])), **_indices(item)} for item in named],
        "urls": [
            {**{key: item[key] for key in ("url", "expanded_url", "display_url")}, **_indices(item)}
            for item in found.get("urls", [])
        ],
    }


def _old_name(world: World, person_id: int) -> dict[str, Any]:
    person = world.people[person_id]
    return {"screen_name": person.username, "name": person.name, "id": person.id, "id_str": str(person.id)}


def _indices(item: dict[str, Any]) -> dict[str, list[int]]:
    return {"indices": [item["start"], item["end"]]}


def _old_media(origin: str, media: Media) -> dict[str, Any]:
    url = f"{origin}/sandbox/media/{media.id}"
    return {
        "id": media.id,
        "id_str": str(media.id),
        "media_url": url,
        "media_url_https": url,
        "url": f"https://t.co/{media.id:x}",
        "type": media.kind,
    }


def _with_texts(value: Any) -> Any:
    """The document with a text beside each number of an object, for readers whose numbers are too short."""
    if isinstance(value, list):
        return [_with_texts(item) for item in value]
    if not isinstance(value, dict):
        return value
    texts = {f"{name}_str": str(part) for name, part in value.items() if type(part) is int}
    return {name: _with_texts(part) for name, part in value.items()} | texts
