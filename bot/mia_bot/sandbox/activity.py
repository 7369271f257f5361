"""Which events a post or a direct message causes, by X's rules for each kind of activity.

Documented: a mention counts when it stands in the body, not when it is carried along before a reply; a reply
counts when it answers a post of the person directly; neither counts when it is the person's own; a direct message
counts for who receives it. Guessed: X's "does not fire for replies to replies" is read as replies to somebody
else's reply below the person's post (were it read the other way, an answer to a reply of the person's would not
count); messages of a group cause nothing, since X's shape for `dm.received` has room for one recipient alone;
a subscription is told of nothing that is older than itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mia_bot.sandbox.hub import Change
from mia_bot.sandbox.records import ActivitySubscription, Dm, Post
from mia_bot.sandbox.timeline import Window
from mia_bot.sandbox.world import World


@dataclass(frozen=True)
class Activity:
    """What a subscription is to be told of."""

    subscription: ActivitySubscription
    subject: Post | Dm


def activities_of(world: World, change: Change) -> Iterator[Activity]:
    """The activities that a change brings, if it is a new post or message."""
    if change.kind in ("post", "dm"):
        yield from _activities(world, change.id)


def past_activities(world: World, window: Window) -> Iterator[Activity]:
    """The activities of the posts and messages in a window, oldest first."""
    receivers = {each.user_id for each in world.activity_subscriptions.values()}
    messages = {dm_id for person_id in receivers for dm_id in world.dms_by_person[person_id].ascending(window)}
    for subject_id in sorted({*world.timeline.ascending(window), *messages}):
        yield from _activities(world, subject_id)


def _activities(world: World, subject_id: int) -> Iterator[Activity]:
    subject = world.posts.get(subject_id) or world.dms.get(subject_id)
    if subject is None:
        return
    for subscription in tuple(world.activity_subscriptions.values()):
        if subscription.id < subject_id and _concerns(subscription, subject):
            yield Activity(subscription, subject)


def _concerns(subscription: ActivitySubscription, subject: Post | Dm) -> bool:
    person_id = subscription.user_id
    if isinstance(subject, Dm):
        return subscription.event_type == "dm.received" and _received(subject, person_id)
    if subject.author_id == person_id:
        return False
    if subscription.event_type == "post.mention.create":
        return person_id in subject.summoned
    return subscription.event_type == "post.reply.create" and subject.in_reply_to_person_id == person_id


def _received(dm: Dm, person_id: int) -> bool:
    return len(dm.participant_ids) == 2 and person_id in dm.participant_ids and dm.sender_id != person_id
