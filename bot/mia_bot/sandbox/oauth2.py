"""X's OAuth 2.0 routes: authorize (a page), token, revoke; with PKCE, confidential and public clients."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from urllib.parse import unquote, urlencode, urlsplit

from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mia_bot.sandbox.config import OAuthClient, SandboxConfig
from mia_bot.sandbox.consent import consent_page, refusal_page
from mia_bot.sandbox.grants import ACCESS_LIFE, CODE_LIFE, SCOPES, Authorization, Grants, Issued
from mia_bot.sandbox.world import World

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ASKED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


@dataclass(frozen=True)
class _Asked:
    """An authorization request whose client and redirect URI are good."""

    client: OAuthClient
    values: dict[str, str]

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.values.get("scope", "").split())

    @property
    def method(self) -> str:
        return self.values.get("code_challenge_method") or "plain"

    def fault(self) -> str | None:
        """OAuth's name of what is wrong with the request."""
        if self.values.get("response_type") != "code":
            return "unsupported_response_type"
        if not self.values.get("code_challenge") or self.method not in ("S256", "plain"):
            return "invalid_request"
        if not self.scopes or not self.scopes <= SCOPES:
            return "invalid_scope"
        return None

    def back(self, **answer: str) -> Response:
        """To the app, with the answer and the state that it sent."""
        state = {"state": self.values["state"]} if "state" in self.values else {}
        address = self.values["redirect_uri"]
        joint = "&" if urlsplit(address).query else "?"
        return RedirectResponse(f"{address}{joint}{urlencode({**state, **answer})}", status_code=302)


async def authorize(request: Request) -> Response:
    """GET shows the page, POST is its answer; an app that is not known is told on the page alone."""
    world: World = request.app.state.world
    form = await request.form() if request.method == "POST" else FormData()
    asked = _asked(request.app.state.config, form or request.query_params)
    if isinstance(asked, str):
        return refusal_page(asked)
    if fault := asked.fault():
        return asked.back(error=fault)
    if request.method == "GET":
        return consent_page(asked.client.client_id, asked.scopes, asked.values, world.people.values())
    person_id = str(form.get("person_id", ""))
    person = world.people.get(int(person_id)) if person_id.isdecimal() else None
    if form.get("decision") != "allow" or person is None:
        return asked.back(error="access_denied")
    grants: Grants = request.app.state.grants
    code = grants.new_code(
        Authorization(
            client_id=asked.client.client_id,
            redirect_uri=asked.values["redirect_uri"],
            scopes=asked.scopes,
            challenge=asked.values["code_challenge"],
            challenge_method=asked.method,
            person_id=person.id,
            expires_at=world.now + CODE_LIFE,
        )
    )
    return asked.back(code=code)


async def token(request: Request) -> Response:
    """POST /2/oauth2/token"""
    form = await request.form()
    client = _client(request, form)
    if client is None:
        return _refused("unauthorized_client", "Missing valid authorization header", 401)
    grants: Grants = request.app.state.grants
    match form.get("grant_type"):
        case "authorization_code":
            code, redirect_uri, verifier = (_text(form, n) for n in ("code", "redirect_uri", "code_verifier"))
            issued = grants.redeem(code, client.client_id, redirect_uri, verifier)
            fault = "Value passed for the authorization code was invalid."
        case "refresh_token":
            issued = grants.refresh(_text(form, "refresh_token"), client.client_id)
            fault = "Value passed for the token was invalid."
        case _:
            return _refused("unsupported_grant_type", "Value passed for the grant type was invalid.", 400)
    return _refused("invalid_request", fault, 400) if issued is None else _issued(issued)


async def revoke(request: Request) -> Response:
    """POST /2/oauth2/revoke"""
    form = await request.form()
    client = _client(request, form)
    if client is None:
        return _refused("unauthorized_client", "Missing valid authorization header", 401)
    grants: Grants = request.app.state.grants
    grants.revoke(_text(form, "token"), client.client_id)
    return JSONResponse({"revoked": True})


def _asked(config: SandboxConfig, sent: FormData | QueryParams) -> _Asked | str:
    values = {name: str(sent[name]) for name in _ASKED if name in sent}
    client = next((c for c in config.clients if c.client_id == values.get("client_id")), None)
    if client is None:
        return "The app is not known: its client_id is not among those of this sandbox."
    if not _redirect_allowed(client, values.get("redirect_uri", "")):
        return "The redirect_uri is not one that is registered for this app."
    return _Asked(client, values)


def _redirect_allowed(client: OAuthClient, address: str) -> bool:
    if client.redirect_uris:
        return address in client.redirect_uris
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK


def _client(request: Request, form: FormData) -> OAuthClient | None:
    """The client that proves itself: a confidential one by its secret (Basic), a public one by its id."""
    config: SandboxConfig = request.app.state.config
    basic = _basic(request.headers.get("authorization", ""))
    client_id, secret = basic or (_text(form, "client_id"), "")
    client = next((c for c in config.clients if c.client_id == client_id), None)
    if client is None or client.client_secret is None:
        return client
    expected = client.client_secret.get_secret_value()
    return client if hmac.compare_digest(secret.encode(), expected.encode()) else None


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return unquote(client_id), unquote(secret)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _issued(issued: Issued) -> Response:
    content: dict[str, object] = {
        "token_type": "bearer",
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "access_token": issued.access_token.get_secret_value(),
        "scope": " ".join(sorted(issued.scopes)),
    }
    if issued.refresh_token is not None:
        content["refresh_token"] = issued.refresh_token.get_secret_value()
    return JSONResponse(content, headers={"cache-control": "no-store"})


def _refused(error: str, description: str, status: int) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status_code=status)


ROUTES = (
    Route("/i/oauth2/authorize", authorize, methods=["GET", "POST"]),
    Route("/2/oauth2/authorize", authorize, methods=["GET", "POST"]),
    Route("/2/oauth2/token", token, methods=["POST"]),
    Route("/2/oauth2/revoke", revoke, methods=["POST"]),
)
