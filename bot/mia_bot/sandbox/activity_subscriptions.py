"""X's routes for subscriptions to activity.

Documented: the bodies and answers (both OpenAPI documents), the limits, that private events need the user's own
token with `dm.read` for messages and `tweet.read` for posts, that changing and deleting take the app's token.
Guessed: the words of refusals; that a second subscription to the same activity at the same place is refused.
Other event types of X's are refused too, since the sandbox would never send them.
"""

from typing import Any

from pydantic import Field
from starlette.responses import Response

from mia_bot.sandbox.calls import ANYONE, APP, Call, Operation, answer_json
from mia_bot.sandbox.fields import iso
from mia_bot.sandbox.limits import Limit
from mia_bot.sandbox.paging import cursor, page
from mia_bot.sandbox.params import Body, IdText, body_of, path_id
from mia_bot.sandbox.problems import Problem, forbidden, invalid_request, not_found
from mia_bot.sandbox.records import ActivitySubscription, ActivityType
from mia_bot.sandbox.timeline import Timeline, Window

MOST = 1500
"""Subscriptions that an app may have on X's self-serve plan."""
_SCOPES: dict[ActivityType, str] = {
    "post.mention.create": "tweet.read",
    "post.reply.create": "tweet.read",
    "dm.received": "dm.read",
}


class Filter(Body):
    """Whose activity."""

    user_id: IdText


class NewSubscription(Body):
    """The body of POST /2/activity/subscriptions."""

    event_type: ActivityType
    filter: Filter
    tag: str | None = Field(default=None, min_length=1, max_length=200)
    webhook_id: IdText | None = None


class ChangedSubscription(Body):
    """The body of PUT /2/activity/subscriptions/{subscription_id}; what is not named stays."""

    tag: str | None = Field(default=None, min_length=1, max_length=200)
    webhook_id: IdText | None = None


async def create(call: Call) -> Response:
    """POST /2/activity/subscriptions"""
    wanted = await body_of(call.request, NewSubscription)
    user_id = int(wanted.filter.user_id)
    _check_consent(call, wanted.event_type, user_id)
    if user_id not in call.world.people:
        raise invalid_request(("filter.user_id", str(user_id), "There is no such user"))
    subscription = ActivitySubscription(
        id=call.world.next_id(),
        event_type=wanted.event_type,
        user_id=user_id,
        tag=wanted.tag,
        webhook_id=_webhook_id(call, wanted.webhook_id),
        created_at=call.now,
        updated_at=call.now,
    )
    if any(_same(subscription, other) for other in call.world.activity_subscriptions.values()):
        raise invalid_request(("event_type", wanted.event_type, "DuplicateSubscription: it exists already"))
    if len(call.world.activity_subscriptions) >= MOST:
        raise forbidden(f"The app has {MOST} subscriptions already.")
    call.world.put_activity_subscription(subscription)
    return answer_json({"data": {"subscription": _document(subscription)}, "meta": _meta(call)})


async def listed(call: Call) -> Response:
    """GET /2/activity/subscriptions"""
    timeline = Timeline()
    for subscription_id in call.world.activity_subscriptions:
        timeline.add(subscription_id)
    size = call.query.integer("max_results", low=1, high=1000, default=1000)
    found = page(timeline, Window(), cursor(call.query, "pagination_token"), size)
    data = [_document(call.world.activity_subscriptions[i]) for i in found.ids]
    return answer_json({"data": data, "meta": {**found.meta(), **_meta(call)}})


async def change(call: Call) -> Response:
    """PUT /2/activity/subscriptions/{subscription_id}"""
    old = _named(call)
    wanted = await body_of(call.request, ChangedSubscription)
    new = old.model_copy(
        update={
            "tag": old.tag if wanted.tag is None else wanted.tag,
            "webhook_id": _webhook_id(call, wanted.webhook_id) or old.webhook_id,
            "updated_at": call.now,
        }
    )
    call.world.put_activity_subscription(new)
    return answer_json({"data": {"subscription": _document(new), **_meta(call)}})


async def delete(call: Call) -> Response:
    """DELETE /2/activity/subscriptions/{subscription_id}"""
    call.world.remove_activity_subscription(_named(call).id)
    return answer_json({"data": {"deleted": True}, "meta": _meta(call)})


async def delete_many(call: Call) -> Response:
    """DELETE /2/activity/subscriptions?ids="""
    ids = dict.fromkeys(call.query.ids("ids"))
    known = [i for i in ids if i in call.world.activity_subscriptions]
    for subscription_id in known:
        call.world.remove_activity_subscription(subscription_id)
    data = [{"subscription_id": str(i), "deleted": True} for i in known]
    unknown = [
        {"subscription_id": str(i), "reason": "not-found", "message": "There is no such subscription"}
        for i in ids
        if i not in known
    ]
    return answer_json({"data": data, **({"errors": unknown} if unknown else {}), "meta": _meta(call)})


def _check_consent(call: Call, event_type: ActivityType, user_id: int) -> None:
    """Every type that the sandbox knows is private: the person must ask for it, through the app."""
    if call.caller.person is None:
        raise forbidden(f"{event_type} is a private event: it needs the user's own token.")
    if not call.caller.may(frozenset([_SCOPES[event_type]])):
        raise forbidden(f"The token lacks a scope that {event_type} needs: {_SCOPES[event_type]}")
    if call.caller.person.id != user_id:
        raise forbidden("The filter names a user who has not authorized this subscription.")


def _webhook_id(call: Call, wanted: str | None) -> int | None:
    if wanted is None:
        return None
    if int(wanted) not in call.world.webhooks:
        raise invalid_request(("webhook_id", wanted, "WebhookIdInvalid: there is no such webhook"))
    return int(wanted)


def _same(one: ActivitySubscription, other: ActivitySubscription) -> bool:
    return (one.event_type, one.user_id, one.webhook_id) == (other.event_type, other.user_id, other.webhook_id)


def _named(call: Call) -> ActivitySubscription:
    subscription_id = path_id(call.request, "subscription_id")
    subscription = call.world.activity_subscriptions.get(subscription_id)
    if subscription is None:
        raise Problem(404, {**not_found("subscription", "subscription_id", subscription_id), "status": 404})
    return subscription


def _document(subscription: ActivitySubscription) -> dict[str, Any]:
    parts = {
        "subscription_id": str(subscription.id),
        "event_type": subscription.event_type,
        "filter": {"user_id": str(subscription.user_id)},
        "created_at": iso(subscription.created_at),
        "updated_at": iso(subscription.updated_at),
        "tag": subscription.tag,
        "webhook_id": None if subscription.webhook_id is None else str(subscription.webhook_id),
    }
    return {name: part for name, part in parts.items() if part is not None}


def _meta(call: Call) -> dict[str, int]:
    return {"total_subscriptions": len(call.world.activity_subscriptions)}


_OFTEN = (Limit(500),)
_ONE = "/2/activity/subscriptions/{subscription_id}"
OPERATIONS = (
    Operation("POST", "/2/activity/subscriptions", create, "", ANYONE, _OFTEN),
    Operation("GET", "/2/activity/subscriptions", listed, "tweet.read", ANYONE, _OFTEN),
    Operation("DELETE", "/2/activity/subscriptions", delete_many, "", APP, _OFTEN),
    Operation("PUT", _ONE, change, "", APP, _OFTEN),
    Operation("DELETE", _ONE, delete, "", APP, _OFTEN),
)
