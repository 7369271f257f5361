"""Puts the site together: its routes, and the layers around them, over core's open resources."""

from importlib.metadata import entry_points
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from mia_core.app import App
from mia_site.failures import FailurePages, failure_page
from mia_site.headers import SecurityHeaders
from mia_site.health import healthz, readyz
from mia_site.pages import landing, privacy

_ROUTES = "mia.routes"
_STATIC = Path(__file__).with_name("static")


def create_app(app: App) -> Starlette:
    """The site over open resources, which it finds as `request.app.state.mia`.

    Raises SettingsError when what another package adds to it is not set up.
    """
    site = Starlette(
        routes=[
            Route("/", landing, name="landing"),
            Route("/privacy", privacy, name="privacy"),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Mount("/static", StaticFiles(directory=_STATIC), name="static"),
            *_routes_of_others(app),
        ],
        middleware=[
            Middleware(SecurityHeaders, https=app.settings.environment == "production"),
            Middleware(FailurePages),
        ],
        exception_handlers={HTTPException: failure_page},
    )
    site.state.mia = app
    return site


def _routes_of_others(app: App) -> list[BaseRoute]:
    """What other packages offer for the site (X's webhook), gathered without knowing them."""
    entries = sorted(entry_points(group=_ROUTES), key=lambda entry: entry.name)
    return [route for entry in entries for route in entry.load()(app)]
