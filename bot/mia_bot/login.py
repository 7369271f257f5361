"""`mia bot login`: her account allows the app, by OAuth 2.0 with PKCE, and the tokens are stored sealed."""

import secrets
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import typer

from mia_bot.errors import XUnauthorized
from mia_bot.tokens import CREDENTIAL, ask_for_token
from mia_core import oauth
from mia_core.app import App
from mia_core.settings import XSettings

SCOPES = (
    "tweet.read",
    "tweet.write",
    "users.read",
    "dm.read",
    "dm.write",
    "media.write",
    "offline.access",
)


async def log_in(app: App, ask: Callable[[str], str] = typer.prompt) -> None:
    """Print the address to open, take back the address that X leads to, and store the tokens.

    Raises XUnauthorized when what comes back does not belong to this login, or was not allowed.
    """
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(64)
    address = authorize_address(app.settings.x, state, verifier)
    typer.echo(f"Sign in as @{app.settings.x.username} and open:\n\n{address}\n")
    typer.echo("Allow the app. X then leads to an address that begins with")
    typer.echo(f"{app.settings.x.redirect_uri} - whether a page appears there or not, copy it.\n")
    code = code_in(ask("The whole address"), state)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": app.settings.x.redirect_uri,
        "code_verifier": verifier,
    }
    token = await ask_for_token(app.settings.x, form, now=app.clock())
    await app.credentials.store(CREDENTIAL, token.stored())
    typer.echo("Signed in. The tokens are stored, sealed with the vault's key.")


def authorize_address(settings: XSettings, state: str, verifier: str) -> str:
    """Where one allows the app."""
    return oauth.authorize_address(
        settings, scopes=SCOPES, redirect_uri=settings.redirect_uri, state=state, verifier=verifier
    )


def code_in(address: str, state: str) -> str:
    """The authorization code in the address that X led to. Raises XUnauthorized."""
    query = parse_qs(urlsplit(address.strip()).query)
    if not secrets.compare_digest(query.get("state", [""])[0].encode(), state.encode()):
        raise XUnauthorized("that address does not belong to this login: start again and copy the newest one")
    if "code" not in query:
        raise XUnauthorized(f"X did not allow it: {query.get('error', ['no code in the address'])[0]}")
    return query["code"][0]
