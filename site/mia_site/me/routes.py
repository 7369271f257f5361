"""All addresses of one's own data."""

from starlette.routing import BaseRoute

from mia_site.me import conversations, feelings, memories, overview, sign_ins

ROUTES: tuple[BaseRoute, ...] = (
    *overview.ROUTES,
    *memories.ROUTES,
    *conversations.ROUTES,
    *feelings.ROUTES,
    *sign_ins.ROUTES,
)
