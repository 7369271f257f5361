"""/admin/memories: what people offered to everybody; an admin sees that one sentence, and decides."""

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mia_core.app import App
from mia_core.errors import OperatorError
from mia_core.memory.publication import Decision, Offered, decide, publications
from mia_site.doors import admin, doors_of
from mia_site.login.sign_ins import Visitor
from mia_site.me.forms import go, id_in, not_there, own_page

log = structlog.get_logger(__name__)

PAGE = "/admin/memories"
_AT_ONCE = 20
_DECISIONS: dict[str, Decision] = {"approve": "approved", "decline": "declined"}


@admin
async def pending(request: Request, visitor: Visitor) -> Response:
    """GET /admin/memories: those that wait, the oldest first. Each look is logged."""
    app = doors_of(request).app
    offered = await publications(app.database, "offered", _AT_ONCE)
    for each in offered:
        _tell("operator_looked", app, visitor, each)
    return own_page(request, visitor, "admin/memories.html", {"offered": offered})


@admin
async def decide_one(request: Request, visitor: Visitor) -> Response:
    """POST /admin/memories/ID/approve and …/decline; of two admins the first decides."""
    app, decision = doors_of(request).app, _DECISIONS.get(request.path_params["decision"])
    if decision is None:
        raise not_there()
    try:
        decided = await decide(app.database, app.clock, id_in(request), decision, _who(visitor))
    except OperatorError:
        return go(PAGE, "decided_before")
    _tell("operator_decided", app, visitor, decided)
    return go(PAGE, decision)


def _tell(event: str, app: App, visitor: Visitor, seen: Offered) -> None:
    what, person = f"memories {seen.id}", app.vault.pseudonym(seen.person_id)
    log.info(event, who=_who(visitor), what=what, person=person, state=seen.state)


def _who(visitor: Visitor) -> str:
    return f"@{visitor.person.username}"


ROUTES: tuple[BaseRoute, ...] = (
    Route(PAGE, pending, name="admin_memories"),
    Route(PAGE + "/{id:int}/{decision}", decide_one, methods=["POST"]),
)
