"""The first page of one's own data: who one is to MIA, how much there is, the switches, the language."""

from datetime import datetime

from babel import Locale
from sqlalchemy import update
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mia_core.own.conversations import count_messages
from mia_core.own.memories import count_memories
from mia_core.tables import Person
from mia_core.texts.fixed import SUPPORTED
from mia_site.doors import doors_of, signed_in
from mia_site.login.sign_ins import Visitor
from mia_site.me.forms import go, own_page, text_of


@signed_in
async def overview(request: Request, visitor: Visitor) -> Response:
    """GET /me"""
    doors, person = doors_of(request), visitor.person
    context: dict[str, object] = {
        "memories": await count_memories(doors.app, person.id),
        "messages": await count_messages(doors.app, person.id),
        "sign_ins": len(await doors.sign_ins.of(person.id)),
        "languages": [(tag, Locale.parse(tag).get_display_name(tag)) for tag in SUPPORTED],
    }
    return own_page(request, visitor, "me/overview.html", context)


@signed_in
async def choose_language(request: Request, visitor: Visitor) -> Response:
    """POST /me/language: one that MIA speaks, or whichever the person writes in."""
    chosen = await text_of(request, "language")
    values = (
        {"language_chosen": False} if chosen not in SUPPORTED else {"language_chosen": True, "language": chosen}
    )
    await _change(request, visitor, **values)
    return go("/me", "saved")


@signed_in
async def switch_memory(request: Request, visitor: Visitor) -> Response:
    """POST /me/memory: on or off. Paused, nothing is learnt or recalled, and what there is stays."""
    paused_at = await _paused_at(request, "memory", visitor.person.memory_paused_at)
    await _change(request, visitor, memory_paused_at=paused_at)
    return go("/me", "saved")


@signed_in
async def switch_feelings(request: Request, visitor: Visitor) -> Response:
    """POST /me/feel: on or off. Paused, what she feels neither moves nor shows, and what there is stays."""
    paused_at = await _paused_at(request, "feelings", visitor.person.feelings_paused_at)
    await _change(request, visitor, feelings_paused_at=paused_at)
    return go("/me", "saved")


async def _paused_at(request: Request, switch: str, before: datetime | None) -> datetime | None:
    """Since when a switch is off, as the form has it now."""
    on = await text_of(request, switch) == "on"
    return None if on else before or doors_of(request).app.clock()


async def _change(request: Request, visitor: Visitor, **values: object) -> None:
    async with doors_of(request).app.database.writing() as connection:
        await connection.execute(update(Person).where(col(Person.id) == visitor.person.id).values(**values))


ROUTES: tuple[BaseRoute, ...] = (
    Route("/me", overview, name="me"),
    Route("/me/language", choose_language, methods=["POST"]),
    Route("/me/memory", switch_memory, methods=["POST"]),
    Route("/me/feel", switch_feelings, methods=["POST"]),
)
