"""Pages that say what is promised: /privacy and its versions, /terms, /safety, /security; and for machines."""

from collections import defaultdict
from datetime import date, timedelta
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from mia_core.app import App
from mia_core.gate.crisis import LEVELS, help_for
from mia_site.pages import page
from mia_site.policy.document import Version, changes, versions

_CACHED = {"Cache-Control": "public, max-age=300"}
SECURITY_TXT_LIVES = timedelta(days=180)
"""How long a file that says where to report weaknesses is good for (RFC 9116 advises under a year)."""


async def privacy(request: Request) -> Response:
    """GET /privacy: the version in force."""
    return _policy(request, versions()[0])


async def privacy_version(request: Request) -> Response:
    """GET /privacy/versions/DAY"""
    return _policy(request, _version(request.path_params["day"]))


async def privacy_versions(request: Request) -> Response:
    """GET /privacy/versions: all of them, and what changed from one to the next."""
    pairs = list(zip(versions(), [*versions()[1:], None], strict=True))
    app: App = request.app.state.mia
    site, username = app.settings.site, app.settings.x.username
    listed = [
        (new, changes(old.text(site, username), new.text(site, username)) if old else None) for new, old in pairs
    ]
    return page(request, "policy/versions.html", {"versions": listed}, headers=_CACHED)


async def terms(request: Request) -> Response:
    """GET /terms"""
    return page(request, "policy/terms.html", _operator(request), headers=_CACHED)


async def safety(request: Request) -> Response:
    """GET /safety: what she does when somebody is in danger, and how often it was so; numbers alone."""
    app: App = request.app.state.mia
    years: dict[str, dict[str, int]] = defaultdict(dict)
    for (year, name), count in (await app.meters.by_year("crisis.")).items():
        years[year][name.removeprefix("crisis.")] = count
    rows = [(year, [years[year].get(level, 0) for level in LEVELS]) for year in sorted(years, reverse=True)]
    context = {**_operator(request), "years": rows, "levels": LEVELS, "directory": help_for("en").directory}
    return page(request, "policy/safety.html", context, headers=_CACHED)


async def security(request: Request) -> Response:
    """GET /security: how to report a weakness, and what is looked for."""
    return page(request, "policy/security.html", _operator(request), headers=_CACHED)


async def security_txt(request: Request) -> Response:
    """GET /.well-known/security.txt (RFC 9116)"""
    app: App = request.app.state.mia
    site = app.settings.site
    ends = (app.clock() + SECURITY_TXT_LIVES).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: mailto:{site.contact}",
        f"Expires: {ends:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {site.origin}/.well-known/security.txt",
        f"Policy: {site.origin}/security",
    ]
    return PlainTextResponse("\n".join(lines) + "\n", headers=_CACHED)


async def gpc(_: Request) -> Response:
    """GET /.well-known/gpc.json: Global Privacy Control is honoured (W3C's draft names this file)."""
    day = versions()[0].last_updated.isoformat()
    return JSONResponse({"gpc": True, "lastUpdate": day}, headers=_CACHED)


def _policy(request: Request, version: Version) -> Response:
    app: App = request.app.state.mia
    context = {
        "policy": version.html(app.settings.site, app.settings.x.username),
        "version": version,
        "newest": versions()[0],
    }
    return page(request, "policy/privacy.html", context, headers=_CACHED)


def _version(day: str) -> Version:
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise HTTPException(HTTPStatus.NOT_FOUND) from None
    found = next((each for each in versions() if each.last_updated == wanted), None)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return found


def _operator(request: Request) -> dict[str, object]:
    site = request.app.state.mia.settings.site
    return {"company": site.company, "address": site.address, "contact": site.contact}


ROUTES: tuple[BaseRoute, ...] = (
    Route("/privacy", privacy, name="privacy"),
    Route("/privacy/versions", privacy_versions, name="privacy_versions"),
    Route("/privacy/versions/{day}", privacy_version, name="privacy_version"),
    Route("/terms", terms, name="terms"),
    Route("/safety", safety, name="safety"),
    Route("/security", security, name="security"),
    Route("/.well-known/security.txt", security_txt),
    Route("/.well-known/gpc.json", gpc),
)
