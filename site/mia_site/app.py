"""Puts the site together: its routes, and the layers around them, over core's open resources."""

from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from mia_core.app import App
from mia_core.errors import SettingsError
from mia_site.admin.memories import ROUTES as ADMIN
from mia_site.doors import open_doors
from mia_site.failures import FailurePages, failure_page
from mia_site.headers import SecurityHeaders
from mia_site.health import healthz, readyz
from mia_site.legacy.pages import ROUTES as LEGACY
from mia_site.login.pages import ROUTES as LOGIN
from mia_site.me.routes import ROUTES as ME
from mia_site.origin import OwnPagesOnly
from mia_site.pages import landing
from mia_site.policy.pages import ROUTES as POLICY

_ROUTES = "mia.routes"
_STATIC = Path(__file__).with_name("static")


def create_app(app: App) -> Starlette:
    """The site over open resources, which it finds as `request.app.state.mia`.

    Raises SettingsError when what another package adds to it is not set up, or people would come without TLS.
    """
    production = app.settings.environment == "production"
    if production and not app.settings.site.origin.startswith("https://"):
        raise SettingsError("site.origin (MIA_SITE__ORIGIN): in production it should begin with https://")
    if production and not app.settings.site.contact_email:
        raise SettingsError(
            "site.contact_email (MIA_SITE__CONTACT_EMAIL): needed in production; people write to it"
        )
    others = _routes_of_others(app)
    site = Starlette(
        routes=[
            Route("/", landing, name="landing"),
            *POLICY,
            *LOGIN,
            *ME,
            *LEGACY,
            *ADMIN,
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Mount("/static", StaticFiles(directory=_STATIC), name="static"),
            *others,
        ],
        middleware=[
            Middleware(SecurityHeaders, https=production),
            Middleware(FailurePages),
            Middleware(OwnPagesOnly, origin=app.settings.site.origin, outside=_paths(others)),
        ],
        exception_handlers={HTTPException: failure_page},
    )
    site.state.mia = app
    site.state.doors = open_doors(app)
    return site


def _routes_of_others(app: App) -> list[BaseRoute]:
    """What other packages offer for the site (X's webhook), gathered without knowing them."""
    entries = sorted(entry_points(group=_ROUTES), key=lambda entry: entry.name)
    return [route for entry in entries for route in entry.load()(app)]


def _paths(routes: Sequence[BaseRoute]) -> tuple[str, ...]:
    """Their addresses, which machines write to."""
    return tuple({route.path for route in routes if isinstance(route, Route)})
