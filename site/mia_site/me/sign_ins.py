"""The browsers in which a person is signed in: /me/sign-ins."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mia_site.doors import doors_of, signed_in
from mia_site.login.pages import end_sign_ins
from mia_site.login.sign_ins import Visitor
from mia_site.me.forms import go, id_in, own_page

PAGE = "/me/sign-ins"


@signed_in
async def list_sign_ins(request: Request, visitor: Visitor) -> Response:
    """GET /me/sign-ins: each with its browser, when it began and was last used."""
    valid = await doors_of(request).sign_ins.of(visitor.person.id)
    return own_page(request, visitor, "me/sign_ins.html", {"sign_ins": valid})


@signed_in
async def end_one(request: Request, visitor: Visitor) -> Response:
    """POST /me/sign-ins/ID/end"""
    await end_sign_ins(doors_of(request), visitor.person.id, only=id_in(request))
    return go(PAGE, "ended")


@signed_in
async def end_others(request: Request, visitor: Visitor) -> Response:
    """POST /me/sign-ins/end-others: all but this browser."""
    await end_sign_ins(doors_of(request), visitor.person.id, but=visitor.sign_in.id)
    return go(PAGE, "ended")


ROUTES: tuple[BaseRoute, ...] = (
    Route(PAGE, list_sign_ins, name="sign_ins"),
    Route(PAGE + "/{id:int}/end", end_one, methods=["POST"]),
    Route(PAGE + "/end-others", end_others, methods=["POST"]),
)
