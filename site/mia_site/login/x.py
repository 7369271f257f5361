"""X as the site asks it who somebody is."""

import asyncio
import secrets
from dataclasses import dataclass

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from mia_core.errors import TokenRefused, TokenUnavailable
from mia_core.oauth import ask_for_token, authorize_address, revoke_token
from mia_core.settings import Settings

SCOPES = ("users.read", "tweet.read")
"""The least with which X tells who somebody is."""
RETURN_PATH = "/login/x"
"""Where X leads back to; registered with the app."""


@dataclass(frozen=True)
class Somebody:
    """Who X says it is, with the token that it was told for."""

    id: int
    username: str
    name: str
    token: SecretStr


class XLogin:
    """The three things that are asked of X. Without `x.client_id` it is not set up."""

    def __init__(self, settings: Settings) -> None:
        self._x = settings.x
        self._return_to = f"{settings.site.origin}{RETURN_PATH}"

    @property
    def is_set_up(self) -> bool:
        """Whether people can sign in at all."""
        return self._x.client_id is not None

    def address(self, state: str, verifier: str) -> str:
        """Where on X the person allows it."""
        return authorize_address(
            self._x, scopes=SCOPES, redirect_uri=self._return_to, state=state, verifier=verifier
        )

    async def who(self, code: str, verifier: str) -> Somebody:
        """Trade the code for a token, and ask whose it is. Raises TokenRefused, or TokenUnavailable."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._return_to,
            "code_verifier": verifier,
        }
        issued = await ask_for_token(self._x, form)
        user = await self._me(issued.access_token)
        return Somebody(int(user.id), user.username, user.name, issued.access_token)

    async def revoke(self, token: SecretStr) -> None:
        """Make a token worthless. Raises as `who` does."""
        await revoke_token(self._x, token)

    async def _me(self, token: SecretStr) -> "_User":
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        failure = ""
        try:
            async with asyncio.timeout(self._x.timeout_s), httpx.AsyncClient(headers=headers) as http:
                answer = await http.get(f"{self._x.api_origin}/2/users/me")
        except (TimeoutError, httpx.HTTPError) as error:
            failure = type(error).__name__  # the error itself holds the request
        if failure:
            raise TokenUnavailable(f"no connection to X ({failure})")
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            raise TokenUnavailable(f"X answered {answer.status_code} when asked who it is")
        try:
            return _Me.model_validate(answer.json()).data
        except (ValueError, ValidationError):
            raise TokenRefused(f"X does not say who it is ({answer.status_code})") from None


def new_verifier() -> str:
    """A code verifier of 86 characters (RFC 7636 asks for 43 at least)."""
    return secrets.token_urlsafe(64)


class _User(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    id: str
    username: str
    name: str


class _Me(BaseModel):
    """GET /2/users/me."""

    model_config = ConfigDict(hide_input_in_errors=True)

    data: _User
