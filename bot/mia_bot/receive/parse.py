"""From X's objects to events: what is answered, what is not and why, and the text as she reads it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mia_bot.snowflake import written_at
from mia_bot.x.plain import fit, unescaped
from mia_bot.x.shapes import DmEvent, Entities, Includes, Media, Post, User
from mia_core.events import Author, Event, Image, ThreadPost

_LEADING_NAMES = re.compile(r"^(?:@\w{1,15}\s+)*")
_AUTOMATED = re.compile(
    r"(?<!not a )(?<!not )(?<!no )\b(?:automated|(?:ro)?bot)\b|_bot\b|(?<! )bot$", re.IGNORECASE
)
_NO_LANGUAGE = re.compile(r"und|zxx|art|q..")
"""What X calls a text without one: links, tags, names or pictures alone."""

HER_OWN = "her own"


@dataclass(frozen=True)
class NotAnswered:
    """Why something that came in is left alone."""

    reason: str


def mention_event(
    post: Post, me: User, includes: Includes, thread: tuple[ThreadPost, ...] = ()
) -> Event | NotAnswered:
    """The event of a post that mentions her, with the public thread that it stands in."""
    if reason := _why_not(post, me, includes.posts):
        return NotAnswered(reason)
    author = includes.users.get(post.author_id) or User(id=post.author_id)
    images, others = _media(post.attachments.media_keys, includes.media)
    return Event(
        source="mention",
        event_id=min(post.edits, key=int, default=post.id),  # an edit is not another call
        author=author_of(author),
        at=written_at(post.id, post.created_at),
        text=readable(_body(post, me), _entities(post)),
        language=None if _NO_LANGUAGE.fullmatch(post.lang or "und") else post.lang,
        conversation=post.conversation_id or post.id,
        address=post.id,
        images=images,
        attachments=others,
        thread=thread,
    )


def dm_event(event: DmEvent, me: User, includes: Includes) -> Event | NotAnswered:
    """The event of a direct message to her."""
    if event.event_type != "MessageCreate":
        return NotAnswered(f"event of type {event.event_type[:40]}")
    if event.sender_id == me.id:
        return NotAnswered(HER_OWN)
    if event.sender_id is None or event.created_at is None:
        return NotAnswered("no sender or time")
    if set(event.dm_conversation_id.split("-")) != {event.sender_id, me.id}:
        return NotAnswered("a group conversation")
    sender = includes.users.get(event.sender_id) or User(id=event.sender_id)
    images, others = _media(event.attachments.media_keys, includes.media)
    return Event(
        source="dm",
        event_id=event.id,
        author=author_of(sender),
        at=written_at(event.id, event.created_at),
        text=readable(event.text, event.entities),
        conversation=event.dm_conversation_id,
        address=event.sender_id,
        images=images,
        attachments=others,
    )


def thread_post(post: Post, me: User, includes: Includes, *, quoted: bool = False) -> ThreadPost:
    """A post above a mention, or quoted by it."""
    author = includes.users.get(post.author_id)
    images, _ = _media(post.attachments.media_keys, includes.media)
    return ThreadPost(
        post_id=post.id,
        author=author.username if author else "",
        text=readable(post.note.text if post.note else post.text, _entities(post)),
        by_mia=post.author_id == me.id,
        quoted=quoted,
        images=images,
    )


def author_of(user: User) -> Author:
    """A person as their account describes them."""
    return Author(
        person_id=int(user.id),
        username=user.username,
        name=user.name,
        about=user.description,
        is_bot=looks_automated(user),
    )


def looks_automated(user: User) -> bool:
    """Whether an account says that a program writes it. X's label is not in the API; names and profiles are."""
    return bool(_AUTOMATED.search(user.username) or _AUTOMATED.search(user.description))


def summoned(post: Post, me: User, parent: Post | None) -> bool:
    """Whether the author called her, rather than answered somebody in a thread that she was named in before.

    X carries the names of a thread along in front of each reply. `display_text_range` tells where that prefix
    ends; without it, a name in the leading run counts as typed only if the answered post does not name her.
    """
    if post.in_reply_to_user_id == me.id:
        return True
    whole = post.note or post
    named = [mention for mention in whole.entities.mentions if _is(mention.id, mention.username, me)]
    if post.referenced("replied_to") is None:
        return bool(named) or re.search(rf"@{re.escape(me.username)}\b", whole.text, re.IGNORECASE) is not None
    if post.display_text_range:
        return any(mention.start >= _typed_from(post) for mention in named)
    prefix = _LEADING_NAMES.match(whole.text)
    if any(mention.start >= (prefix.end() if prefix else 0) for mention in named):
        return True
    carried = parent is None or any(_is(m.id, m.username, me) for m in parent.entities.mentions)
    return bool(named) and not carried


def readable(text: str, entities: Entities) -> str:
    """A text as people see it: &amp; and t.co taken back, links to its own media and null bytes gone."""
    links = {
        link.url: "" if link.media_key else link.expanded_url or link.url for link in entities.urls if link.url
    }
    text = unescaped(text)
    if links:
        longest_first = sorted(links, key=len, reverse=True)
        text = re.sub("|".join(map(re.escape, longest_first)), lambda found: links[found[0]], text)
    return fit(text).strip()


def _why_not(post: Post, me: User, posts: Mapping[str, Post]) -> str | None:
    if post.author_id == me.id:
        return HER_OWN
    if post.referenced("retweeted"):
        return "a repost"
    if not summoned(post, me, posts.get(post.referenced("replied_to") or "")):
        return "named only in the carried-along prefix"
    return None


def _body(post: Post, me: User) -> str:
    """The text without the names in front of it, of which her own would be read as an address."""
    text = (post.note or post).text
    if post.referenced("replied_to"):
        text = text[_typed_from(post) :]
    return re.sub(rf"^\s*@{re.escape(me.username)}\b[\s,:]*", "", text, flags=re.IGNORECASE)


def _typed_from(post: Post) -> int:
    """Where a reply's own words begin, behind the names that X put in front, as far as X tells.

    The range is told for the short text; the whole one of a long post begins with the same names, or with none.
    """
    start = post.display_text_range[0] if post.display_text_range else 0
    return start if (post.note or post).text.startswith(post.text[:start]) else 0


def _entities(post: Post) -> Entities:
    """Links of the whole text; those of the short one hold the media's."""
    if post.note is None:
        return post.entities
    return Entities(urls=(*post.note.entities.urls, *post.entities.urls))


def _media(keys: tuple[str, ...], media: Mapping[str, Media]) -> tuple[tuple[Image, ...], int]:
    """Pictures that she can look at, and how many attachments she cannot."""
    pictures = [
        Image(url=found.url, alt=found.alt_text or "")
        for key in keys
        if (found := media.get(key)) and found.type == "photo" and found.url
    ]
    return tuple(pictures), len(keys) - len(pictures)


def _is(user_id: str | None, username: str, me: User) -> bool:
    return user_id == me.id or username.casefold() == me.username.casefold()
