"""X's activity events: an envelope, and in it a post or a direct message, in the shapes that X's documents show.

Shapes: https://docs.x.com/x-api/activity/event-payloads (August 2026). Direct messages still come in the shape of
API v1.1, without the id of their conversation; a reply comes without its author.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import structlog
from pydantic import AliasPath, Field, ValidationError, field_validator

from mia_bot.x.shapes import (
    Attachments,
    DmEvent,
    DmPage,
    Entities,
    Id,
    Includes,
    Link,
    PostPage,
    Shape,
    User,
    post_page,
)

log = structlog.get_logger(__name__)

EventType = Literal["post.mention.create", "post.reply.create", "dm.received"]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)


class Delivery(Shape):
    """One event as X pushes it."""

    event_uuid: str
    event_type: str
    payload: Mapping[str, Any] = {}


def read_delivery(document: Mapping[str, Any]) -> tuple[Delivery, Mapping[str, Any]] | None:
    """The envelope and what it brings along; None, logged, when it is none."""
    try:
        delivery = Delivery.model_validate(document.get("data"))
    except ValidationError as error:
        log.warning("activity_unreadable", fields=sorted({str(each["loc"][:1]) for each in error.errors()}))
        return None
    includes = document.get("includes")
    return delivery, includes if isinstance(includes, dict) else {}


def delivered_post(delivery: Delivery, includes: Mapping[str, Any]) -> PostPage:
    """The post of a mention or a reply, as a page of one; empty when it cannot be read."""
    return post_page({"data": delivery.payload, "includes": includes})


class _Link(Shape):
    url: str = ""
    expanded_url: str = ""


class _OldDm(Shape):
    """A direct message in the shape of API v1.1."""

    id: Id
    type: str = ""
    created: datetime = Field(validation_alias="created_timestamp")
    recipient_id: Id = Field(validation_alias=AliasPath("message_create", "target", "recipient_id"))
    sender_id: Id = Field(validation_alias=AliasPath("message_create", "sender_id"))
    text: str = Field("", validation_alias=AliasPath("message_create", "message_data", "text"))
    urls: tuple[_Link, ...] = Field(
        (), validation_alias=AliasPath("message_create", "message_data", "entities", "urls")
    )
    attachment: Mapping[str, Any] | None = Field(
        None, validation_alias=AliasPath("message_create", "message_data", "attachment")
    )

    @field_validator("created", mode="before")
    @classmethod
    def _from_milliseconds(cls, value: object) -> datetime:
        return datetime.fromtimestamp(int(str(value)) / 1000, UTC)


def delivered_dms(delivery: Delivery) -> tuple[DmPage, bool]:
    """The messages of a delivery as a page of classic DM events, and whether the poll must look for the rest.

    Those with pictures are left to the poll: their shape here has no media keys.
    """
    events, rest = [], False
    for item in _list(delivery.payload.get("direct_message_events")):
        try:
            old = _OldDm.model_validate(item)
        except (ValidationError, OverflowError, OSError):
            log.warning("activity_dm_unreadable", event_uuid=delivery.event_uuid[:40])
            rest = True
            continue
        if old.attachment:
            rest = True
        elif old.type == "message_create":
            events.append(_as_event(old))
    return DmPage(events=tuple(events), includes=Includes(users=_users(delivery)), next_token=None), rest


def _as_event(old: _OldDm) -> DmEvent:
    smaller, larger = sorted((old.sender_id, old.recipient_id), key=int)
    links = tuple(Link(url=link.url, expanded_url=link.expanded_url) for link in old.urls)
    return DmEvent(
        id=old.id,
        event_type="MessageCreate",
        text=old.text,
        sender_id=old.sender_id,
        created_at=old.created,
        dm_conversation_id=f"{smaller}-{larger}",
        attachments=Attachments(),
        entities=Entities(urls=links),
    )


def _users(delivery: Delivery) -> dict[str, User]:
    found = delivery.payload.get("users")
    users = {}
    for item in found.values() if isinstance(found, dict) else ():
        described = item.get("data", item) if isinstance(item, dict) else item
        try:
            user = User.model_validate(described)
        except ValidationError:
            continue
        users[user.id] = user
    return users


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
