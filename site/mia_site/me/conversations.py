"""Conversations in their person's hands: /me/conversations and below."""

from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mia_core.own.conversations import count_messages, delete_messages, read_conversations, read_messages
from mia_site.doors import doors_of, signed_in
from mia_site.login.sign_ins import Visitor
from mia_site.me.forms import Act, ask_first, go, id_in, not_there, number_of, own_page, text_of

LIST = "/me/conversations"
_A_PAGE = 50
_WHAT_GOES = (
    "Your messages and MIA's answers are deleted at once, here and in the boxes by which they came and went. "
    "What MIA learnt from them stays among her memories, where you can delete it too. Posts and direct messages "
    "on X stay there until you delete them on X."
)


@signed_in
async def list_conversations(request: Request, visitor: Visitor) -> Response:
    """GET /me/conversations: the latest first; `before` goes on to older ones."""
    found = await read_conversations(
        doors_of(request).app, visitor.person.id, most=_A_PAGE + 1, before=number_of(request, "before")
    )
    older = found[_A_PAGE - 1].id if len(found) > _A_PAGE else None
    context: dict[str, object] = {"conversations": found[:_A_PAGE], "older": older}
    return own_page(request, visitor, "me/conversations.html", context)


@signed_in
async def one(request: Request, visitor: Visitor) -> Response:
    """GET /me/conversations/ID"""
    messages = await read_messages(doors_of(request).app, visitor.person.id, id_in(request))
    if not messages:
        raise not_there()
    context: dict[str, object] = {"messages": messages, "id": id_in(request)}
    return own_page(request, visitor, "me/conversation.html", context)


@signed_in
async def delete_one(request: Request, visitor: Visitor) -> Response:
    """GET and POST /me/conversations/ID/delete"""
    app, session_id = doors_of(request).app, id_in(request)
    if request.method == "POST":
        await delete_messages(app, visitor.person, session_id=session_id)
        return go(LIST, "messages_deleted")
    messages = await read_messages(app, visitor.person.id, session_id)
    if not messages:
        raise not_there()
    act = Act(
        title="Delete this conversation?",
        what=(f"It has {len(messages)} messages, from {messages[0].at:%Y-%m-%d}.", _WHAT_GOES),
        button="Delete it",
        back=f"{LIST}/{session_id}",
    )
    return ask_first(request, visitor, act)


@signed_in
async def delete_message(request: Request, visitor: Visitor) -> Response:
    """POST /me/conversations/ID/messages/MESSAGE/delete"""
    session_id = id_in(request)
    await delete_messages(
        doors_of(request).app, visitor.person, session_id=session_id, message_id=id_in(request, "message")
    )
    left = await read_messages(doors_of(request).app, visitor.person.id, session_id)
    return go(f"{LIST}/{session_id}" if left else LIST, "messages_deleted")


@signed_in
async def delete_many(request: Request, visitor: Visitor) -> Response:
    """GET and POST /me/conversations/delete: all from one day to another, or all there are."""
    typed = {name: await text_of(request, name) for name in ("from", "to")} if request.method == "POST" else {}
    count = await count_messages(doors_of(request).app, visitor.person.id)
    errors: dict[str, str] = {}
    since, until = _day(typed, "from", errors), _day(typed, "to", errors)
    if since and until and since > until:
        errors["to"] = "The last day lies before the first."
    if request.method != "POST" or errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
        context: dict[str, object] = {"typed": typed, "errors": errors, "count": count, "what": _WHAT_GOES}
        return own_page(request, visitor, "me/delete_conversations.html", context, status)
    await delete_messages(
        doors_of(request).app,
        visitor.person,
        since=_midnight(since) if since else None,
        until=_midnight(until) + timedelta(days=1) if until else None,
    )
    return go(LIST, "messages_deleted")


def _day(typed: dict[str, str], name: str, errors: dict[str, str]) -> date | None:
    """A day as it was typed; None where nothing was, which means without a bound."""
    if not typed.get(name):
        return None
    try:
        return date.fromisoformat(typed[name])
    except ValueError:
        errors[name] = "Write a day as year-month-day, as in 2026-11-25."
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


ROUTES: tuple[BaseRoute, ...] = (
    Route(LIST, list_conversations, name="conversations"),
    Route(LIST + "/delete", delete_many, methods=["GET", "POST"]),
    Route(LIST + "/{id:int}", one),
    Route(LIST + "/{id:int}/delete", delete_one, methods=["GET", "POST"]),
    Route(LIST + "/{id:int}/messages/{message:int}/delete", delete_message, methods=["POST"]),
)
