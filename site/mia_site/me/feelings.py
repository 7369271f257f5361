"""What MIA feels towards a person, shown to that person: /me/feelings and below."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mia_core.emotion.plot import timeline_svg
from mia_core.own.feelings import read_feelings, reset_feelings
from mia_core.texts.fixed import cause_words, emotion_word
from mia_site.doors import doors_of, signed_in
from mia_site.login.sign_ins import Visitor
from mia_site.me.forms import Act, ask_first, go, own_page

PAGE = "/me/feelings"
_LATEST = 200
"""Turns of the table."""


@signed_in
async def feelings(request: Request, visitor: Visitor) -> Response:
    """GET /me/feelings: how it stands, a picture, and each change with its reason."""
    found = await read_feelings(doors_of(request).app, visitor.person.id)
    if found is None:
        return own_page(request, visitor, "me/feelings.html", {"felt": None})
    towards = found.now.relationship
    changes = [
        (point.at, ", ".join(cause_words(cause) for cause in point.causes), point.moved)
        for point in reversed(found.timeline)
        if point.moved
    ]
    context: dict[str, object] = {
        "felt": {"emotion": emotion_word(found.now.name), "mood": emotion_word(found.now.mood_name)},
        "figures": [(name, getattr(towards, name)) for name in ("trust", "familiarity", "warmth", "tension")],
        "picture": Markup(timeline_svg(found.timeline, styled=False)),  # noqa: S704 - numbers and dates alone
        "changes": changes[:_LATEST],
        "more": max(len(changes) - _LATEST, 0),
    }
    return own_page(request, visitor, "me/feelings.html", context)


@signed_in
async def reset(request: Request, visitor: Visitor) -> Response:
    """GET and POST /me/feelings/reset"""
    if request.method == "POST":
        async with doors_of(request).app.database.writing() as connection:
            await reset_feelings(connection, visitor.person.id)
        return go(PAGE, "reset")
    act = Act(
        title="Let MIA begin anew with you?",
        what=(
            "What she feels towards you, how far she trusts you, and how that came to be are deleted at once.",
            "Your memories and conversations stay. It cannot be brought back.",
        ),
        button="Begin anew",
        back=PAGE,
    )
    return ask_first(request, visitor, act)


ROUTES: tuple[BaseRoute, ...] = (
    Route(PAGE, feelings, name="feelings"),
    Route(PAGE + "/reset", reset, methods=["GET", "POST"]),
)
