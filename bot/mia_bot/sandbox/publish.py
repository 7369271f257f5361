"""X's rules for a new post: what it may say, whom a reply may answer, what X adds to its text."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pydantic import Field

from mia_bot.sandbox.fields import status_url
from mia_bot.sandbox.length import POST_LENGTH, PREMIUM_LENGTH, weighted_length
from mia_bot.sandbox.params import Body, IdText
from mia_bot.sandbox.problems import forbidden, invalid_request
from mia_bot.sandbox.records import Link, Person, Post
from mia_bot.sandbox.snowflake import first_id_at, moment_of
from mia_bot.sandbox.text import language, mentions
from mia_bot.sandbox.world import World

_DUPLICATE_WINDOW = timedelta(hours=24)
_PREFIX_NAMES = 50
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
NOT_SUMMONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged "
    "by the author of the post you are replying to."
)


class Reply(Body):
    """Which post is answered."""

    in_reply_to_tweet_id: IdText
    exclude_reply_user_ids: tuple[IdText, ...] = ()
    auto_populate_reply_metadata: bool | None = None


class AttachedMedia(Body):
    """Files that were uploaded before."""

    media_ids: tuple[IdText, ...] = Field(min_length=1, max_length=4)
    tagged_user_ids: tuple[str, ...] = ()
    call_to_actions: Any = None
    description: str | None = None
    embeddable: bool | None = None
    preview_media_id: str | None = None
    title: str | None = None


class CreatePost(Body):
    """The body of POST /2/tweets; what the sandbox has no use for is accepted and left aside."""

    text: str | None = None
    reply: Reply | None = None
    quote_tweet_id: IdText | None = None
    media: AttachedMedia | None = None
    card_uri: str | None = None
    community_id: str | None = None
    direct_message_deep_link: str | None = None
    edit_options: Any = None
    for_super_followers_only: bool | None = None
    geo: Any = None
    made_with_ai: bool | None = None
    nullcast: bool | None = None
    paid_partnership: bool | None = None
    poll: Any = None
    reply_settings: str | None = None
    share_with_followers: bool | None = None


def publish(world: World, author: Person, wanted: CreatePost, *, as_bot: bool) -> Post:
    """Put a post into the world; raises X's refusal as a Problem.

    `as_bot` holds the author to X's rule for automated replies (self-serve plans, since 2026-02-23):
    a reply only to who mentions the account, or quotes it, in the very post that is answered.
    """
    body = (wanted.text or "").strip()
    if not body and wanted.media is None and wanted.quote_tweet_id is None:
        raise invalid_request(("text", "", "Required field text or media is missing"))
    if "\0" in body:
        raise invalid_request(("text", "", "text contains characters that are not allowed"))
    if weighted_length(body) > (PREMIUM_LENGTH if author.premium else POST_LENGTH):
        raise forbidden("Your Tweet text is too long. Your Tweet text is over the limit for your account.")
    parent = _referenced(world, wanted.reply.in_reply_to_tweet_id) if wanted.reply else None
    quoted = _referenced(world, wanted.quote_tweet_id) if wanted.quote_tweet_id else None
    if as_bot and parent is not None and not _summons(parent, author, world):
        raise forbidden(NOT_SUMMONED)
    media_ids = _media_ids(world, author, wanted.media)
    post_id = world.next_id()
    excluded = {int(i) for i in wanted.reply.exclude_reply_user_ids} if wanted.reply else set()
    prefix = _prefix(world, parent, author, excluded) if parent else ""
    post = Post(
        id=post_id,
        author_id=author.id,
        created_at=moment_of(post_id),
        prefix=prefix,
        body=body,
        links=tuple(_links(world, author, post_id, media_ids, quoted)),
        mentions=mentions(prefix + body, world.person_named),
        conversation_id=parent.conversation_id if parent else post_id,
        replied_to=parent.id if parent else None,
        in_reply_to_person_id=parent.author_id if parent else None,
        quoted=quoted.id if quoted else None,
        media_ids=media_ids,
        lang=language(body),
    )
    if _is_duplicate(world, post):
        raise forbidden(DUPLICATE)
    world.add_post(post)
    return post


def _referenced(world: World, post_id: str) -> Post:
    post = world.posts.get(int(post_id))
    if post is None:
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    return post


def _summons(parent: Post, author: Person, world: World) -> bool:
    if parent.author_id == author.id or author.id in parent.summoned:
        return True
    # A direct reply names the account by itself. Whether X lets it be answered is not known; people expect it.
    if parent.in_reply_to_person_id == author.id:
        return True
    quoted = world.posts.get(parent.quoted) if parent.quoted is not None else None
    return quoted is not None and quoted.author_id == author.id


def _media_ids(world: World, author: Person, attached: AttachedMedia | None) -> tuple[int, ...]:
    ids = tuple(int(i) for i in attached.media_ids) if attached else ()
    for media_id in ids:
        media = world.media.get(media_id)
        if media is None or not media.complete or media.owner_id != author.id:
            raise invalid_request(("media.media_ids", str(media_id), "Your media IDs are invalid."))
    return ids


def _prefix(world: World, parent: Post, author: Person, excluded: set[int]) -> str:
    """The carried-along names: the answered author, then who is named there, without the replier."""
    named = dict.fromkeys(
        [parent.author_id, *(m.person_id for m in parent.mentions if m.person_id not in excluded)]
    )
    names = [world.people[person_id].username for person_id in named if person_id != author.id]
    return "".join(f"@{name} " for name in names[:_PREFIX_NAMES])


def _links(
    world: World, author: Person, post_id: int, media_ids: tuple[int, ...], quoted: Post | None
) -> Iterator[Link]:
    if quoted is not None:
        address = status_url(world.people.get(quoted.author_id), quoted.id)
        yield Link(
            url=f"https://t.co/{quoted.id:x}", expanded_url=address, display_url=address.removeprefix("https://")
        )
    if media_ids:
        media = world.media[media_ids[0]]
        yield Link(
            url=f"https://t.co/{media.id:x}",
            expanded_url=f"{status_url(author, post_id)}/{media.kind}/1",
            display_url=f"pic.x.com/{media.id:x}",
            media_key=media.key,
        )


def _is_duplicate(world: World, post: Post) -> bool:
    earlier = world.newest_saying.get(post.saying)
    return earlier is not None and earlier >= first_id_at(world.now - _DUPLICATE_WINDOW)
