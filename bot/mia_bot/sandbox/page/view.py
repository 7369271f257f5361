"""What the page shows, taken from the sandbox's world: one person's DM thread, and the public timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mia_bot.sandbox.dms import conversation_of
from mia_bot.sandbox.records import Person
from mia_bot.sandbox.timeline import Window
from mia_bot.sandbox.world import World

_MOST_MESSAGES = 100
_MOST_THREADS = 20


@dataclass(frozen=True)
class Line:
    """One message or post."""

    id: int
    author: Person
    text: str
    at: datetime
    by_mia: bool


@dataclass(frozen=True)
class View:
    """The page for one person."""

    person: Person
    mia: Person
    others: Sequence[Person]
    messages: Sequence[Line]
    threads: Sequence[Sequence[Line]]
    """Each oldest post first; the thread with the newest post comes first."""


def view_of(world: World, person: Person, mia: Person) -> View:
    """The latest of everything that the person can see."""
    return View(
        person=person,
        mia=mia,
        others=[each for each in world.people.values() if each.id != mia.id],
        messages=_messages(world, person, mia),
        threads=_threads(world, mia),
    )


def _messages(world: World, person: Person, mia: Person) -> list[Line]:
    timeline = world.dms_by_conversation[conversation_of(person.id, mia.id)]
    latest = [
        world.dms[dm_id] for dm_id, _ in zip(timeline.descending(Window()), range(_MOST_MESSAGES), strict=False)
    ]
    return [
        Line(dm.id, world.people[dm.sender_id], dm.text, dm.created_at, by_mia=dm.sender_id == mia.id)
        for dm in reversed(latest)
        if person.id not in dm.hidden_from
    ]


def _threads(world: World, mia: Person) -> list[list[Line]]:
    conversations: dict[int, None] = {}
    for post_id in world.timeline.descending(Window()):
        conversations.setdefault(world.posts[post_id].conversation_id)
        if len(conversations) == _MOST_THREADS:
            break
    return [
        [
            Line(
                post.id, world.people[post.author_id], post.text, post.created_at, by_mia=post.author_id == mia.id
            )
            for post in (
                world.posts[each] for each in world.posts_by_conversation[conversation].ascending(Window())
            )
        ]
        for conversation in conversations
    ]
