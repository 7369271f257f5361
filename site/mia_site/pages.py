"""The pages that anyone may read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from mia_core.app import App

_TEMPLATES = Jinja2Templates(
    env=Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
)


async def landing(request: Request) -> Response:
    """Who MIA is, and how to talk with her."""
    return page(request, "landing.html", {})


def page(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page from a template, which knows MIA's name on X as `username`."""
    app: App = request.app.state.mia
    return _TEMPLATES.TemplateResponse(
        request, template, {"username": app.settings.x.username, **context}, status_code=status, headers=headers
    )
