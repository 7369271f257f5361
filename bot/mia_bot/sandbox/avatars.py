"""A picture for each person: the first letter of the name on a colour of their own."""

from html import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mia_bot.sandbox.problems import plain
from mia_bot.sandbox.world import World

_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48">'
    '<rect width="48" height="48" rx="24" fill="hsl({hue} 45% 40%)"/>'
    '<text x="24" y="32" text-anchor="middle" font-family="sans-serif" font-size="22" fill="#fff">{letter}</text>'
    "</svg>"
)


async def picture(request: Request) -> Response:
    """GET /sandbox/avatars/{id}.svg"""
    world: World = request.app.state.world
    person = world.people.get(int(request.path_params["id"]))
    if person is None:
        return plain(404, "Not Found", "Not Found").response()
    drawing = _PICTURE.format(hue=person.id * 47 % 360, letter=escape(person.name[:1]))
    return Response(drawing, media_type="image/svg+xml")


PICTURES = Route("/sandbox/avatars/{id:int}.svg", picture)
