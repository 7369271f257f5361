"""X's objects, as far as we read them: parsed once, what we do not know is ignored."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

import structlog
from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from mia_bot.x.plain import fit

log = structlog.get_logger(__name__)


def _storable(value: str) -> str:
    if int(value) >= 2**63:
        raise ValueError("ids have 63 bits")
    return value


Id = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$"), AfterValidator(_storable)]
"""An id of X's: a number, in digits."""
Plain = Annotated[str, AfterValidator(fit)]
"""A text that is stored as it is. Post and message texts are not: X counts places in them."""


class Shape(BaseModel):
    """An object of X's."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class User(Shape):
    """An account."""

    id: Id
    username: Plain = ""
    name: Plain = ""
    description: Plain = ""


class Mention(Shape):
    """Where a post names an account; offsets are code points of `text`."""

    start: int
    end: int
    username: str
    id: str | None = None


class Link(Shape):
    """A t.co link and what it stands for."""

    url: str
    expanded_url: str = ""
    media_key: str | None = None


class Entities(Shape):
    """What X found in a text."""

    mentions: tuple[Mention, ...] = ()
    urls: tuple[Link, ...] = ()


class Reference(Shape):
    """Another post that this one answers, quotes or repeats."""

    type: str
    id: Id


class Attachments(Shape):
    """What came with a text."""

    media_keys: tuple[str, ...] = ()
    card_ids: tuple[str, ...] = ()


class LongText(Shape):
    """The whole of a post that is cut in `text`."""

    text: str
    entities: Entities = Entities()


class Post(Shape):
    """A post."""

    id: Id
    text: str
    author_id: Id
    created_at: AwareDatetime
    conversation_id: Plain = ""
    in_reply_to_user_id: str | None = None
    lang: Plain | None = None
    edits: tuple[Id, ...] = Field(
        (), validation_alias=AliasChoices("edit_history_tweet_ids", "edit_history_post_ids")
    )
    """Ids of all its versions, this one's too."""
    references: tuple[Reference, ...] = Field(
        (), validation_alias=AliasChoices("referenced_tweets", "referenced_posts")
    )
    entities: Entities = Entities()
    attachments: Attachments = Attachments()
    note: LongText | None = Field(None, validation_alias=AliasChoices("note_tweet", "note_post"))
    display_text_range: tuple[int, int] | None = None

    def referenced(self, kind: str) -> str | None:
        """Id of the post that this one answers (`replied_to`), quotes (`quoted`) or repeats (`retweeted`)."""
        return next((reference.id for reference in self.references if reference.type == kind), None)


class Media(Shape):
    """A picture or a video."""

    media_key: str
    type: str
    url: Plain | None = None
    alt_text: Plain | None = None


class DmEvent(Shape):
    """Something in a conversation of direct messages."""

    id: Id
    event_type: str
    text: str = ""
    sender_id: Id | None = None
    created_at: AwareDatetime | None = None
    dm_conversation_id: Plain = ""
    attachments: Attachments = Attachments()
    entities: Entities = Entities()


class Includes(Shape):
    """What a page brings along, by id."""

    users: Mapping[str, User] = {}
    posts: Mapping[str, Post] = {}
    media: Mapping[str, Media] = {}

    def plus(self, other: "Includes") -> "Includes":
        """Both together."""
        return Includes(
            users={**self.users, **other.users},
            posts={**self.posts, **other.posts},
            media={**self.media, **other.media},
        )


class PostPage(Shape):
    """Posts, newest first."""

    posts: tuple[Post, ...]
    includes: Includes
    next_token: str | None


class DmPage(Shape):
    """DM events, newest first."""

    events: tuple[DmEvent, ...]
    includes: Includes
    next_token: str | None


Kind = TypeVar("Kind", bound=Shape)


def post_page(document: Mapping[str, Any]) -> PostPage:
    """A page of posts; what cannot be read is logged by its id and left out."""
    return PostPage(
        posts=tuple(_all(Post, document.get("data"))),
        includes=_includes(document),
        next_token=_next_token(document),
    )


def dm_page(document: Mapping[str, Any]) -> DmPage:
    """A page of DM events; what cannot be read is logged by its id and left out."""
    return DmPage(
        events=tuple(_all(DmEvent, document.get("data"))),
        includes=_includes(document),
        next_token=_next_token(document),
    )


def _includes(document: Mapping[str, Any]) -> Includes:
    found = _table(document, "includes")
    posts = found.get("tweets") or found.get("posts")
    return Includes(
        users={user.id: user for user in _all(User, found.get("users"))},
        posts={post.id: post for post in _all(Post, posts)},
        media={media.media_key: media for media in _all(Media, found.get("media"))},
    )


def _next_token(document: Mapping[str, Any]) -> str | None:
    token = _table(document, "meta").get("next_token")
    return token if isinstance(token, str) else None


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _all(kind: type[Kind], items: Any) -> Iterable[Kind]:
    for item in items if isinstance(items, list) else ([items] if isinstance(items, dict) else []):
        try:
            yield kind.model_validate(item)
        except ValidationError as error:
            fields = sorted({str(detail["loc"][0]) for detail in error.errors() if detail["loc"]})
            name = item.get("id") if isinstance(item, dict) else None
            log.warning("x_object_unreadable", kind=kind.__name__, id=str(name)[:40], fields=fields)
