"""Memories in their person's hands: /me/memories and below."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mia_core.memory.publication import Consent
from mia_core.own import memories as own
from mia_core.own.memories import LONGEST, OwnMemory, may_be_offered
from mia_site.doors import doors_of, signed_in
from mia_site.login.sign_ins import Visitor
from mia_site.me.forms import Act, ask_first, go, id_in, not_there, number_of, own_page, text_of

LIST = "/me/memories"
_A_PAGE = 50
_LONGEST_SEARCH = 100


@signed_in
async def list_memories(request: Request, visitor: Visitor) -> Response:
    """GET /me/memories: the newest first; `q` searches, `before` goes on to older ones."""
    words = request.query_params.get("q", "")[:_LONGEST_SEARCH]
    found = await own.find_memories(
        doors_of(request).app, visitor.person.id, words, most=_A_PAGE + 1, before=number_of(request, "before")
    )
    older = found[_A_PAGE - 1].id if len(found) > _A_PAGE else None
    return own_page(
        request, visitor, "me/memories.html", {"memories": found[:_A_PAGE], "q": words, "older": older}
    )


@signed_in
async def one(request: Request, visitor: Visitor) -> Response:
    """GET and POST /me/memories/ID: the memory, and the form that corrects it."""
    memory = await _memory(request, visitor)
    if request.method != "POST":
        return _form(request, visitor, memory, memory.statement)
    typed = await text_of(request, "statement")
    if not typed or len(typed) > LONGEST:
        error = f"Write at most {LONGEST} characters; it was {len(typed)}." if typed else "Write what is true."
        return _form(request, visitor, memory, typed, error)
    if typed == memory.statement:
        return go(LIST)
    corrected = await own.correct_memory(doors_of(request).app, visitor.person, memory.id, typed)
    if corrected is None:
        raise not_there()
    return go(f"{LIST}/{corrected}", "corrected")


@signed_in
async def delete(request: Request, visitor: Visitor) -> Response:
    """GET and POST /me/memories/ID/delete"""
    memory = await _memory(request, visitor)
    if request.method == "POST":
        await own.delete_memory(doors_of(request).app, visitor.person, memory.id)
        return go(LIST, "deleted")
    return ask_first(
        request,
        visitor,
        Act(
            title="Delete this memory?",
            what=(
                "It is deleted at once, with the messages that say the same, and MIA will not learn it again.",
                "A keyed hash of its words stays, which cannot be read back, so that it is recognised.",
            ),
            button="Delete it",
            back=f"{LIST}/{memory.id}",
            quote=memory.statement,
        ),
    )


@signed_in
async def offer(request: Request, visitor: Visitor) -> Response:
    """GET and POST /me/memories/ID/offer: with the name or without, in so many words."""
    memory = await _memory(request, visitor)
    if not may_be_offered(memory):
        raise not_there()
    if request.method == "POST":
        named = await text_of(request, "named") == "yes"
        name = f"with my name @{visitor.person.username}" if named else "without my name"
        consent = Consent(wording=_WORDING, answer=f"Let others know this, {name}", attributed=named)
        if not await own.offer_memory(doors_of(request).app, visitor.person, memory.id, consent):
            raise not_there()
        return go(f"{LIST}/{memory.id}", "offered")
    return own_page(request, visitor, "me/offer.html", {"memory": memory, "wording": _WORDING})


@signed_in
async def take_back(request: Request, visitor: Visitor) -> Response:
    """POST /me/memories/ID/take-back"""
    memory = await _memory(request, visitor)
    await own.take_back(doors_of(request).app, visitor.person.id, memory.id)
    return go(f"{LIST}/{memory.id}", "taken_back")


async def _memory(request: Request, visitor: Visitor) -> OwnMemory:
    memory = await own.read_memory(doors_of(request).app, visitor.person.id, id_in(request))
    if memory is None:
        raise not_there()
    return memory


def _form(request: Request, visitor: Visitor, memory: OwnMemory, typed: str, error: str = "") -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    context: dict[str, object] = {
        "memory": memory,
        "typed": typed,
        "error": error,
        "longest": LONGEST,
        "may_be_offered": may_be_offered(memory),
    }
    return own_page(request, visitor, "me/memory.html", context, status)


_WORDING = (
    "May others know this about you? Somebody of the team reads this one sentence first. If they agree, MIA may "
    "say it to anybody, in public posts too. You can take it back here at any time; from then on she tells "
    "nobody. What was posted before stays where it was posted."
)
"""What a person agrees to; kept with the consent."""

ROUTES: tuple[BaseRoute, ...] = (
    Route(LIST, list_memories, name="memories"),
    Route(LIST + "/{id:int}", one, methods=["GET", "POST"]),
    Route(LIST + "/{id:int}/delete", delete, methods=["GET", "POST"]),
    Route(LIST + "/{id:int}/offer", offer, methods=["GET", "POST"]),
    Route(LIST + "/{id:int}/take-back", take_back, methods=["POST"]),
)
