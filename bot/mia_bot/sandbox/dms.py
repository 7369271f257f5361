"""X's routes about classic direct messages: reading, sending, deleting."""

import re
from datetime import timedelta

from pydantic import Field
from starlette.responses import Response

from mia_bot.sandbox.calls import PEOPLE, Call, Operation, answer_json
from mia_bot.sandbox.documents import dms_document, one
from mia_bot.sandbox.limits import DAY_S, Limit
from mia_bot.sandbox.paging import cursor, page, window
from mia_bot.sandbox.params import Body, IdText, body_of, path_id
from mia_bot.sandbox.problems import forbidden, invalid_request, not_found
from mia_bot.sandbox.records import Dm, Group, Person
from mia_bot.sandbox.snowflake import moment_of
from mia_bot.sandbox.text import posts_linked
from mia_bot.sandbox.timeline import Timeline

MAX_LENGTH = 10_000
_HISTORY = timedelta(days=30)
_READ = "dm.read tweet.read users.read"
_WRITE = "dm.write tweet.read users.read"
_PAIR = re.compile(r"([0-9]{1,19})-([0-9]{1,19})")
_EVENT_TYPES = ("MessageCreate", "ParticipantsJoin", "ParticipantsLeave")
CLOSED = "You do not have permission to DM one or more participants."


class Attachment(Body):
    """A file that was uploaded before."""

    media_id: IdText


class Message(Body):
    """What is sent: a text, files, or both."""

    text: str | None = Field(default=None, min_length=1)
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=1)


class NewGroup(Body):
    """The body of POST /2/dm_conversations."""

    conversation_type: str = Field(pattern="^Group$")
    participant_ids: tuple[IdText, ...] = Field(min_length=2, max_length=49)
    message: Message


def conversation_of(one_id: int, other_id: int) -> str:
    """X's id of a conversation of two: the smaller id first."""
    return f"{min(one_id, other_id)}-{max(one_id, other_id)}"


async def all_events(call: Call) -> Response:
    """GET /2/dm_events"""
    return _events(call, call.world.dms_by_person[call.person.id])


async def events_with(call: Call) -> Response:
    """GET /2/dm_conversations/with/{participant_id}/dm_events"""
    other = path_id(call.request, "participant_id")
    return _events(call, call.world.dms_by_conversation.get(conversation_of(call.person.id, other), Timeline()))


async def events_in(call: Call) -> Response:
    """GET /2/dm_conversations/{id}/dm_events"""
    conversation = str(call.request.path_params["id"])
    _participants(call, conversation)
    return _events(call, call.world.dms_by_conversation.get(conversation, Timeline()))


async def event(call: Call) -> Response:
    """GET /2/dm_events/{event_id}"""
    dm = _seen(call)
    if dm is None:
        return answer_json({"errors": [not_found("dm_event", "event_id", call.request.path_params["event_id"])]})
    return answer_json(one(dms_document(call.projector(), [dm])))


async def delete(call: Call) -> Response:
    """DELETE /2/dm_events/{event_id}: out of the caller's sight, as on X."""
    dm = _seen(call)
    if dm is not None:
        call.world.hide_dm(dm, call.person.id)
    return answer_json({"data": {"deleted": dm is not None}})


async def send_with(call: Call) -> Response:
    """POST /2/dm_conversations/with/{participant_id}/messages"""
    other = path_id(call.request, "participant_id")
    conversation = conversation_of(call.person.id, other)
    return await _send(call, conversation, (call.person.id, other))


async def send_in(call: Call) -> Response:
    """POST /2/dm_conversations/{dm_conversation_id}/messages"""
    conversation = str(call.request.path_params["dm_conversation_id"])
    return await _send(call, conversation, _participants(call, conversation))


async def start_group(call: Call) -> Response:
    """POST /2/dm_conversations"""
    wanted = await body_of(call.request, NewGroup)
    invited = [int(i) for i in wanted.participant_ids]
    participants = tuple(dict.fromkeys([call.person.id, *invited]))
    _check_recipients(call, participants)
    group = Group(id=call.world.next_id(), participant_ids=participants)
    dm = _message(call, str(group.id), participants, wanted.message)
    call.world.put_group(group)
    return _sent(call, dm)


async def _send(call: Call, conversation: str, participants: tuple[int, ...]) -> Response:
    message = await body_of(call.request, Message)
    _check_recipients(call, participants)
    return _sent(call, _message(call, conversation, participants, message))


def _sent(call: Call, dm: Dm) -> Response:
    call.world.add_dm(dm)
    data = {"dm_conversation_id": dm.conversation_id, "dm_event_id": str(dm.id)}
    return answer_json({"data": data}, 201)


def _check_recipients(call: Call, participants: tuple[int, ...]) -> None:
    """Everyone exists, and a bot writes only to who wrote to it first."""
    others = [person_id for person_id in participants if person_id != call.person.id]
    unknown = [person_id for person_id in others if person_id not in call.world.people]
    if unknown or not others:
        shown = ",".join(str(person_id) for person_id in unknown)
        raise invalid_request(("participant_id", shown, "The participants are not valid"))
    if call.is_bot() and not set(others) <= call.world.writers_to[call.person.id]:
        raise forbidden(CLOSED)


def _message(call: Call, conversation: str, participants: tuple[int, ...], message: Message) -> Dm:
    text = message.text or ""
    if not text and not message.attachments:
        raise invalid_request(("text", "", "At least one of text and attachments is required"))
    if len(text) > MAX_LENGTH:
        raise invalid_request(("text", "", f"The text is longer than {MAX_LENGTH} characters"))
    if "\0" in text:
        raise invalid_request(("text", "", "text contains characters that are not allowed"))
    media_ids = tuple(_own_media(call, attachment) for attachment in message.attachments)
    links = [f"https://t.co/{media_id:x}" for media_id in media_ids]
    dm_id = call.world.next_id()
    return Dm(
        id=dm_id,
        conversation_id=conversation,
        sender_id=call.person.id,
        participant_ids=tuple(sorted(participants)),
        text=" ".join(part for part in (text, *links) if part),
        created_at=moment_of(dm_id),
        media_ids=media_ids,
        referenced=tuple(post_id for post_id in posts_linked(text) if post_id in call.world.posts),
    )


def _own_media(call: Call, attachment: Attachment) -> int:
    media = call.world.media.get(int(attachment.media_id))
    if media is None or not media.complete or media.owner_id != call.person.id:
        raise invalid_request(("attachments.media_id", attachment.media_id, "Your media IDs are invalid."))
    return media.id


def _participants(call: Call, conversation: str) -> tuple[int, ...]:
    """Who is in a conversation; raises X's refusal when the caller is not."""
    group = call.world.groups.get(conversation)
    pair = _PAIR.fullmatch(conversation)
    participants: tuple[int, ...] = ()
    if group is not None:
        participants = group.participant_ids
    elif pair is not None:
        participants = (int(pair[1]), int(pair[2]))
    in_order = pair is None or conversation == conversation_of(int(pair[1]), int(pair[2]))
    if call.person.id not in participants or not in_order:
        raise forbidden("You are not a participant of this conversation.")
    return participants


def _seen(call: Call) -> Dm | None:
    dm = call.world.dms.get(path_id(call.request, "event_id"))
    return dm if dm is not None and _visible(dm, call.person) else None


def _visible(dm: Dm, person: Person) -> bool:
    return person.id in dm.participant_ids and person.id not in dm.hidden_from


def _events(call: Call, timeline: Timeline) -> Response:
    world, person = call.world, call.person
    kinds = call.query.names("event_types", _EVENT_TYPES)
    wanted = not kinds or "MessageCreate" in kinds
    found = page(
        timeline,
        window(call.query, now=call.now, history=_HISTORY),
        cursor(call.query, "pagination_token"),
        call.query.integer("max_results", low=1, high=100, default=100),
        keep=lambda dm_id: wanted and _visible(world.dms[dm_id], person),
    )
    document = dms_document(call.projector(), [world.dms[dm_id] for dm_id in found.ids])
    return answer_json({**document, "meta": found.meta()})


_SENDING = (Limit(15), Limit(1440, DAY_S))
OPERATIONS = (
    Operation("GET", "/2/dm_events", all_events, _READ, PEOPLE, (Limit(15),)),
    Operation("GET", "/2/dm_events/{event_id}", event, _READ, PEOPLE, (Limit(15),)),
    Operation("DELETE", "/2/dm_events/{event_id}", delete, "dm.read dm.write", PEOPLE, (Limit(300),)),
    Operation(
        "GET", "/2/dm_conversations/with/{participant_id}/dm_events", events_with, _READ, PEOPLE, (Limit(15),)
    ),
    Operation("GET", "/2/dm_conversations/{id}/dm_events", events_in, _READ, PEOPLE, (Limit(15),)),
    Operation(
        "POST",
        "/2/dm_conversations/with/{participant_id}/messages",
        send_with,
        _WRITE,
        PEOPLE,
        _SENDING,
        "send a DM",
    ),
    Operation(
        "POST",
        "/2/dm_conversations/{dm_conversation_id}/messages",
        send_in,
        _WRITE,
        PEOPLE,
        _SENDING,
        "send a DM",
    ),
    Operation("POST", "/2/dm_conversations", start_group, _WRITE, PEOPLE, _SENDING, "send a DM"),
)
