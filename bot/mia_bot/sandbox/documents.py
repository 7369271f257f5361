"""X's answer documents: data, includes for the expansions, partial errors, meta."""

from collections.abc import Iterable, Sequence
from typing import Any

from mia_bot.sandbox.fields import Projector
from mia_bot.sandbox.problems import not_found
from mia_bot.sandbox.records import Dm, Media, Person, Post
from mia_bot.sandbox.selection import Selection
from mia_bot.sandbox.world import World


class Includes:
    """Gathers what expansions bring along, each thing once, in the order in which it was met."""

    def __init__(self, world: World, selection: Selection) -> None:
        self._world = world
        self._asked = selection.expansions
        self._people: dict[int, Person] = {}
        self._posts: dict[int, Post] = {}
        self._media: dict[int, Media] = {}
        self._missing: dict[int, dict[str, Any]] = {}

    def follow_post(self, post: Post) -> None:
        """Gather what a post of the data refers to."""
        self._person("author_id", post.author_id)
        self._person("in_reply_to_user_id", post.in_reply_to_person_id)
        for mention in post.mentions:
            self._person("entities.mentions.username", mention.person_id)
        self._files("attachments.media_keys", post.media_ids)
        for referenced in (post.quoted, post.replied_to):
            if referenced is not None:
                self._reference(referenced)

    def follow_dm(self, dm: Dm) -> None:
        """Gather what a message refers to."""
        self._person("sender_id", dm.sender_id)
        for person_id in dm.participant_ids:
            self._person("participant_ids", person_id)
        self._files("attachments.media_keys", dm.media_ids)
        for post_id in dm.referenced:
            self._reference(post_id)

    def follow_person(self, newest_post: int | None) -> None:
        """Gather what a user object refers to."""
        if newest_post is not None and "most_recent_tweet_id" in self._asked:
            self._posts[newest_post] = self._world.posts[newest_post]

    def parts(self, projector: Projector) -> dict[str, Any]:
        """`includes` and the partial `errors`, each left out when empty."""
        posts = "posts" if projector.selection.spelling == "post" else "tweets"
        gathered = {
            "users": [projector.user(person) for person in self._people.values()],
            posts: [projector.post(post) for post in self._posts.values()],
            "media": [projector.media(media) for media in self._media.values()],
        }
        includes = {kind: items for kind, items in gathered.items() if items}
        parts = {"includes": includes, "errors": list(self._missing.values())}
        return {name: part for name, part in parts.items() if part}

    def _person(self, expansion: str, person_id: int | None) -> None:
        if expansion in self._asked and person_id in self._world.people:
            self._people[person_id] = self._world.people[person_id]

    def _files(self, expansion: str, media_ids: Iterable[int]) -> None:
        if expansion in self._asked:
            self._media.update({media_id: self._world.media[media_id] for media_id in media_ids})

    def _reference(self, post_id: int) -> None:
        asked = {name for name in self._asked if name.startswith("referenced_tweets.id")}
        if not asked:
            return
        post = self._world.posts.get(post_id)
        if post is None:
            self._missing[post_id] = not_found("tweet", "referenced_tweets.id", post_id)
            return
        self._posts[post_id] = post
        self._person("referenced_tweets.id.author_id", post.author_id)
        self._files("referenced_tweets.id.attachments.media_keys", post.media_ids)


def posts_document(projector: Projector, posts: Sequence[Post]) -> dict[str, Any]:
    """A list of posts; `data` is left out when there are none, as X does."""
    includes = Includes(projector.world, projector.selection)
    for post in posts:
        includes.follow_post(post)
    return _with_data([projector.post(post) for post in posts], includes.parts(projector))


def dms_document(projector: Projector, dms: Sequence[Dm]) -> dict[str, Any]:
    """A list of direct message events."""
    includes = Includes(projector.world, projector.selection)
    for dm in dms:
        includes.follow_dm(dm)
    return _with_data([projector.dm(dm) for dm in dms], includes.parts(projector))


def users_document(projector: Projector, people: Sequence[Person]) -> dict[str, Any]:
    """A list of users."""
    includes = Includes(projector.world, projector.selection)
    for person in people:
        includes.follow_person(projector.newest_post(person))
    return _with_data([projector.user(person) for person in people], includes.parts(projector))


def one(document: dict[str, Any]) -> dict[str, Any]:
    """The document of a list, as that of its only item."""
    return {name: part[0] if name == "data" else part for name, part in document.items()}


def with_errors(document: dict[str, Any], errors: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The document with partial errors added."""
    if not errors:
        return document
    return {**document, "errors": [*document.get("errors", []), *errors]}


def _with_data(data: list[dict[str, Any]], parts: dict[str, Any]) -> dict[str, Any]:
    return {"data": data, **parts} if data else parts
