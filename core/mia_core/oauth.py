"""OAuth 2.0 as X speaks it: the address to allow it at (RFC 7636), tokens (RFC 6749), their end (RFC 7009).

`mia bot login` uses it for her account, the site for the people who sign in.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from mia_core.errors import SettingsError, TokenRefused, TokenUnavailable
from mia_core.settings import XSettings

_LONGEST_WORDS = 200


class Issued(BaseModel):
    """What the token endpoint gives (RFC 6749, 5.1)."""

    model_config = ConfigDict(hide_input_in_errors=True, frozen=True)

    access_token: SecretStr
    refresh_token: SecretStr | None = None
    expires_in: int | None = None
    """Seconds; None for a token that does not expire."""


def authorize_address(
    settings: XSettings, *, scopes: Sequence[str], redirect_uri: str, state: str, verifier: str
) -> str:
    """Where on X one allows the app, proven later by the verifier (S256). Raises SettingsError without an app."""
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": _client_id(settings),
        "redirect_uri": redirect_uri,
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return f"{settings.authorize_url}?{urlencode(query)}"


async def ask_for_token(settings: XSettings, form: Mapping[str, str]) -> Issued:
    """POST /2/oauth2/token. Raises TokenRefused, or TokenUnavailable; neither holds anything of the request."""
    response = await _post(settings, "/2/oauth2/token", form)
    found = _object(response)
    try:
        return Issued.model_validate(found)
    except ValidationError:
        said = str(found.get("error_description") or found.get("error") or response.status_code)
        raise TokenRefused(f"X gives no token ({said[:_LONGEST_WORDS]})") from None


async def revoke_token(settings: XSettings, token: SecretStr) -> None:
    """POST /2/oauth2/revoke: the token is worthless from now on. Raises as `ask_for_token` does."""
    response = await _post(settings, "/2/oauth2/revoke", {"token": token.get_secret_value()})
    if not response.is_success:
        raise TokenRefused(f"X does not revoke a token ({response.status_code})")


async def _post(settings: XSettings, path: str, form: Mapping[str, str]) -> httpx.Response:
    client_id, secret = _client_id(settings), settings.client_secret
    failure = ""
    try:
        async with asyncio.timeout(settings.timeout_s), httpx.AsyncClient(timeout=settings.timeout_s) as http:
            response = await http.post(
                f"{settings.api_origin}{path}",
                data={**form, "client_id": client_id},
                auth=httpx.BasicAuth(client_id, secret.get_secret_value()) if secret else httpx.Auth(),
            )
    except (TimeoutError, httpx.HTTPError) as error:
        failure = type(error).__name__  # the error itself holds the request
    if failure:
        raise TokenUnavailable(f"no connection to X's token endpoint ({failure})")
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
        raise _unavailable(response)
    return response


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _unavailable(response)
    return found


def _unavailable(response: httpx.Response) -> TokenUnavailable:
    return TokenUnavailable(f"X's token endpoint answered {response.status_code}")


def _client_id(settings: XSettings) -> str:
    if not settings.client_id:
        raise SettingsError("x.client_id (MIA_X__CLIENT_ID): needed to sign in; X's developer portal shows it")
    return settings.client_id
