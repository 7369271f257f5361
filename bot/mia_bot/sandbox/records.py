"""What the sandbox remembers, as frozen records; the state file is a list of them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer, SecretStr

Secret = Annotated[SecretStr, PlainSerializer(lambda secret: secret.get_secret_value(), when_used="json")]
"""Hidden in repr and logs, written out in the state file alone."""

MediaKind = Literal["photo", "animated_gif", "video"]
ActivityType = Literal["post.mention.create", "post.reply.create", "dm.received"]
"""X's activity events that the sandbox knows; all three are private to the person they are about."""


class Record(BaseModel):
    """Frozen, and strict about its fields, so that a state file of another shape is noticed."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64", hide_input_in_errors=True
    )


class Person(Record):
    """An account, with the tokens by which any client can act as it."""

    id: int
    username: str
    name: str
    description: str = ""
    created_at: datetime
    premium: bool = False
    bearer_token: Secret
    oauth1_token: Secret
    oauth1_secret: Secret


class AppKeys(Record):
    """The developer app that every client of the sandbox belongs to."""

    bearer_token: Secret
    consumer_key: Secret
    consumer_secret: Secret


class Mention(Record):
    """`@name` in a text; start and end count code points from the start of the whole text."""

    start: int
    end: int
    person_id: int
    username: str


class Link(Record):
    """A short link that X appends for attached media or a quoted post."""

    url: str
    expanded_url: str
    display_url: str
    media_key: str | None = None


class Post(Record):
    """A public post: `prefix` is the carried-along "@name " of a reply, `body` what was typed."""

    id: int
    author_id: int
    created_at: datetime
    prefix: str = ""
    body: str
    links: tuple[Link, ...] = ()
    mentions: tuple[Mention, ...] = ()
    conversation_id: int
    replied_to: int | None = None
    in_reply_to_person_id: int | None = None
    quoted: int | None = None
    media_ids: tuple[int, ...] = ()
    lang: str = "und"

    @property
    def text(self) -> str:
        """Everything that X shows and sends as the post's text."""
        return self.prefix + self.body + "".join(f" {link.url}" for link in self.links)

    @property
    def saying(self) -> tuple[object, ...]:
        """What makes two posts duplicates of one another, as far as X minds."""
        return self.author_id, self.prefix, self.body, self.quoted, self.media_ids

    @property
    def summoned(self) -> frozenset[int]:
        """Ids of the people whom the author named in so many words, outside the carried-along prefix."""
        return frozenset(m.person_id for m in self.mentions if m.start >= len(self.prefix))


class Dm(Record):
    """One direct message; a person who deleted it no longer sees it, the others do."""

    id: int
    conversation_id: str
    sender_id: int
    participant_ids: tuple[int, ...]
    text: str
    created_at: datetime
    media_ids: tuple[int, ...] = ()
    referenced: tuple[int, ...] = ()
    hidden_from: frozenset[int] = frozenset()


class Group(Record):
    """A conversation of more than two people."""

    id: int
    participant_ids: tuple[int, ...]


class Media(Record):
    """An uploaded file; complete once it is finalized."""

    id: int
    owner_id: int
    kind: MediaKind
    content_type: str
    content: bytes = b""
    segments: tuple[tuple[int, bytes], ...] = ()
    complete: bool = False
    width: int = 0
    height: int = 0

    @property
    def key(self) -> str:
        """X's media key: a number for the kind, an underscore, the id."""
        number = {"photo": 3, "video": 7, "animated_gif": 16}[self.kind]
        return f"{number}_{self.id}"


class Rule(Record):
    """One rule of the filtered stream."""

    id: int
    value: str
    tag: str | None = None


class ActivitySubscription(Record):
    """Which activity of a person the app is told of: on its activity stream, and at a webhook if one is named."""

    id: int
    event_type: ActivityType
    user_id: int
    tag: str | None = None
    webhook_id: int | None = None
    created_at: datetime
    updated_at: datetime


class Webhook(Record):
    """An address that events are posted to while it is `valid`: while it passed the last check.

    `origin` is the sandbox's own address as whoever registered the webhook knows it; links in events begin so.
    """

    id: int
    url: str
    origin: str
    created_at: datetime
    valid: bool = True


class Grant(Record):
    """A person's yes to a client; every token that came of it belongs to this family."""

    id: int
    client_id: str
    person_id: int
    scopes: frozenset[str]
    refresh_token: Secret | None
    used_refresh_tokens: tuple[Secret, ...] = ()


class AccessToken(Record):
    """A short-lived OAuth 2.0 token of one grant."""

    token: Secret
    grant_id: int
    expires_at: datetime


class Snapshot(Record):
    """The whole state, as it stands in the file."""

    version: Literal[1] = 1
    app: AppKeys
    people: tuple[Person, ...] = ()
    posts: tuple[Post, ...] = ()
    dms: tuple[Dm, ...] = ()
    groups: tuple[Group, ...] = ()
    media: tuple[Media, ...] = ()
    rules: tuple[Rule, ...] = ()
    activity_subscriptions: tuple[ActivitySubscription, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    grants: tuple[Grant, ...] = ()
    access_tokens: tuple[AccessToken, ...] = ()
