"""Projection: records as X's JSON objects, with the fields that were asked for and no others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mia_bot.sandbox.length import LINK_LENGTH, POST_LENGTH, cut_to_length, weighted_length
from mia_bot.sandbox.records import Dm, Link, Media, Mention, Person, Post
from mia_bot.sandbox.selection import Selection, Spelling
from mia_bot.sandbox.text import entities
from mia_bot.sandbox.timeline import Window
from mia_bot.sandbox.world import World

_POST_NAMES = {
    "referenced_tweets": "referenced_posts",
    "note_tweet": "note_post",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "most_recent_tweet_id": "most_recent_post_id",
    "retweet_count": "repost_count",
}
_SHOWN_OF_LONG = POST_LENGTH - LINK_LENGTH - 3
"""X leaves room for an ellipsis (of weight 2), a space and a link to the whole post."""


def iso(moment: datetime) -> str:
    """X's way to write a time: milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def spelled(name: str, spelling: Spelling) -> str:
    """A field's name in the spelling that was asked."""
    return _POST_NAMES.get(name, name) if spelling == "post" else name


def _project(
    values: Mapping[str, Callable[[], Any]], wanted: frozenset[str], spelling: Spelling
) -> dict[str, Any]:
    found = {name: value() for name, value in values.items() if name in wanted}
    return {spelled(name, spelling): value for name, value in found.items() if value not in (None, [], {})}


@dataclass(frozen=True)
class Shown:
    """A post's text as `text` gives it: long ones cut, the carried-along prefix and the links around it."""

    text: str
    start: int
    end: int
    mentions: tuple[Mention, ...]
    links: tuple[Link, ...]
    cut: bool


def shown(post: Post, author: Person | None) -> Shown:
    """What of a post stands in `text`; the rest is in the note."""
    start = len(post.prefix)
    if weighted_length(post.body) <= POST_LENGTH:
        return Shown(post.text, start, start + len(post.body), post.mentions, post.links, cut=False)
    body = cut_to_length(post.body, _SHOWN_OF_LONG) + "…"
    end = start + len(body)
    whole = status_url(author, post.id)
    link = Link(url=f"https://t.co/{post.id:x}", expanded_url=whole, display_url=whole.removeprefix("https://"))
    kept = tuple(m for m in post.mentions if m.end < end)
    return Shown(f"{post.prefix}{body} {link.url}", start, end, kept, (link,), cut=True)


def status_url(author: Person | None, post_id: int) -> str:
    """A post's address on X."""
    return f"https://x.com/{author.username if author else 'i'}/status/{post_id}"


@dataclass(frozen=True)
class Projector:
    """Writes records in X's JSON; `origin` is the sandbox's own address, from which media can be fetched."""

    world: World
    selection: Selection
    origin: str

    def post(self, post: Post) -> dict[str, Any]:
        """A post object."""
        view = shown(post, self.world.people.get(post.author_id))
        spelling = self.selection.spelling
        values: dict[str, Callable[[], Any]] = {
            "id": lambda: str(post.id),
            "text": lambda: view.text,
            "edit_history_tweet_ids": lambda: [str(post.id)],
            "author_id": lambda: str(post.author_id),
            "created_at": lambda: iso(post.created_at),
            "conversation_id": lambda: str(post.conversation_id),
            "in_reply_to_user_id": lambda: post.in_reply_to_person_id and str(post.in_reply_to_person_id),
            "referenced_tweets": lambda: _references(post),
            "entities": lambda: entities(view.text, view.mentions, view.links),
            "lang": lambda: post.lang,
            "attachments": lambda: self._attachments(post.media_ids),
            "display_text_range": lambda: [view.start, view.end],
            "note_tweet": lambda: _note(post) if view.cut else None,
            "possibly_sensitive": lambda: False,
            "reply_settings": lambda: "everyone",
            "source": lambda: "MIA sandbox",
            "public_metrics": lambda: self._post_metrics(post, spelling),
        }
        return _project(values, self.selection.post, spelling)

    def user(self, person: Person) -> dict[str, Any]:
        """A user object."""
        spelling = self.selection.spelling
        values: dict[str, Callable[[], Any]] = {
            "id": lambda: str(person.id),
            "name": lambda: person.name,
            "username": lambda: person.username,
            "created_at": lambda: iso(person.created_at),
            "description": lambda: person.description,
            "protected": lambda: False,
            "verified": lambda: person.premium,
            "verified_type": lambda: "blue" if person.premium else "none",
            "subscription_type": lambda: "Premium" if person.premium else "None",
            "receives_your_dm": lambda: True,
            "profile_image_url": lambda: f"{self.origin}/sandbox/avatars/{person.id}.svg",
            "most_recent_tweet_id": lambda: str(self.newest_post(person) or "") or None,
            "public_metrics": lambda: self._user_metrics(person),
        }
        return _project(values, self.selection.user, spelling)

    def media(self, media: Media) -> dict[str, Any]:
        """A media object."""
        url = f"{self.origin}/sandbox/media/{media.id}"
        photo = media.kind == "photo"
        values: dict[str, Callable[[], Any]] = {
            "media_key": lambda: media.key,
            "type": lambda: media.kind,
            "url": lambda: url if photo else None,
            "preview_image_url": lambda: None if photo else url,
            "width": lambda: media.width or None,
            "height": lambda: media.height or None,
            "variants": lambda: None if photo else [{"content_type": media.content_type, "url": url}],
        }
        return _project(values, self.selection.media, self.selection.spelling)

    def dm(self, dm: Dm) -> dict[str, Any]:
        """A direct message event."""
        values: dict[str, Callable[[], Any]] = {
            "id": lambda: str(dm.id),
            "event_type": lambda: "MessageCreate",
            "text": lambda: dm.text,
            "created_at": lambda: iso(dm.created_at),
            "sender_id": lambda: str(dm.sender_id),
            "dm_conversation_id": lambda: dm.conversation_id,
            "participant_ids": lambda: [str(person_id) for person_id in dm.participant_ids],
            "attachments": lambda: self._attachments(dm.media_ids),
            "referenced_tweets": lambda: [{"id": str(post_id)} for post_id in dm.referenced],
            "entities": lambda: entities(dm.text),
        }
        return _project(values, self.selection.dm, self.selection.spelling)

    def _attachments(self, media_ids: tuple[int, ...]) -> dict[str, list[str]] | None:
        keys = [self.world.media[media_id].key for media_id in media_ids]
        return {"media_keys": keys} if keys else None

    def newest_post(self, person: Person) -> int | None:
        """The id of a person's newest post."""
        return next(self.world.posts_by_author[person.id].descending(Window()), None)

    def _post_metrics(self, post: Post, spelling: Spelling) -> dict[str, int]:
        return {
            spelled("retweet_count", spelling): 0,
            "reply_count": len(self.world.replies_to[post.id]),
            "like_count": 0,
            "quote_count": 0,
            "bookmark_count": 0,
            "impression_count": 0,
        }

    def _user_metrics(self, person: Person) -> dict[str, int]:
        """Counts in both spellings, since a request for users alone does not tell which it means."""
        posts = len(self.world.posts_by_author[person.id])
        return {
            "followers_count": 0,
            "following_count": 0,
            "listed_count": 0,
            "like_count": 0,
            "tweet_count": posts,
            "post_count": posts,
        }


def _references(post: Post) -> list[dict[str, str]]:
    kinds = (("quoted", post.quoted), ("replied_to", post.replied_to))
    return [{"type": kind, "id": str(other)} for kind, other in kinds if other is not None]


def _note(post: Post) -> dict[str, Any]:
    text = post.prefix + post.body
    found = entities(text, post.mentions)
    return {"text": text, "entities": found} if found else {"text": text}
