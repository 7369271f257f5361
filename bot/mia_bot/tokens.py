"""Her OAuth 2.0 user token: stored sealed, refreshed by one process at a time, never lost in a race."""

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, SecretStr

from mia_bot.errors import XUnauthorized, XUnavailable
from mia_bot.x.auth import Auth, Method, OAuth1, has_oauth1
from mia_core import oauth
from mia_core.app import App
from mia_core.errors import LeaseLost, SettingsError, TokenRefused, TokenUnavailable
from mia_core.settings import XSettings

log = structlog.get_logger(__name__)

CREDENTIAL = "x-token"
"""Name of the stored token, and of the lease on refreshing it."""
_EARLY = timedelta(minutes=5)
_MARGIN = timedelta(seconds=30)
"""How much longer the lease is held than X may take to answer."""


class Token(BaseModel):
    """A user token. A refresh token can be used once: using it twice kills the whole family."""

    model_config = ConfigDict(frozen=True)

    access_token: SecretStr
    refresh_token: SecretStr | None = None
    expires_at: AwareDatetime | None = None
    """None for a token that does not expire."""

    def headers(self) -> dict[str, str]:
        """What authorises a request."""
        return {"Authorization": f"Bearer {self.access_token.get_secret_value()}"}

    def stored(self) -> dict[str, Any]:
        """The form in which it is sealed."""
        refresh = self.refresh_token.get_secret_value() if self.refresh_token else None
        return {
            "access_token": self.access_token.get_secret_value(),
            "refresh_token": refresh,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
        }


class OAuth2:
    """Signs with the stored token, and refreshes it before it expires or when X refuses it."""

    def __init__(self, app: App, token: Token) -> None:
        self._app = app
        self._token = token

    async def headers(self, method: Method, url: str) -> dict[str, str]:  # noqa: ARG002 - a bearer token signs nothing
        """The bearer token."""
        if self._token.refresh_token and self._ends_within(_EARLY):
            try:
                await self.renew(self._token.headers())
            except (XUnavailable, LeaseLost) as error:
                if self._ends_within(timedelta()):
                    raise
                log.warning("x_token_not_refreshed", reason=str(error), consequence="the old one serves on")
        return self._token.headers()

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Another token than the refused one: what another task or process got meanwhile, or a refreshed one."""
        if self._token.headers() != refused:
            return True
        ttl = timedelta(seconds=self._app.settings.x.timeout_s) + _MARGIN
        async with self._app.leases.holding(CREDENTIAL, ttl=ttl, wait=ttl + _MARGIN):
            self._token = await load_token(self._app) or self._token
            if self._token.headers() != refused:
                return True
            if self._token.refresh_token is None:
                return False
            await _finished(self._refresh(self._token.refresh_token))
        return True

    async def _refresh(self, refresh_token: SecretStr) -> None:
        fresh = await refresh(self._app.settings.x, refresh_token, now=self._app.clock())
        await self._app.credentials.store(CREDENTIAL, fresh.stored())
        self._token = fresh
        log.info("x_token_refreshed", expires_at=fresh.expires_at and fresh.expires_at.isoformat())

    def _ends_within(self, span: timedelta) -> bool:
        expires_at = self._token.expires_at
        return expires_at is not None and self._app.clock() >= expires_at - span


async def _finished(work: Coroutine[Any, Any, None]) -> None:
    """Do the work to its end even if the caller is cancelled meanwhile.

    A refresh token that was used and whose successor was not stored would be the end of the login.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


async def open_auth(app: App) -> Auth:
    """The way in that is configured: OAuth 1.0a, the stored OAuth 2.0 token, or the one in the settings.

    Raises SettingsError that names the keys when there is none.
    """
    settings = app.settings.x
    if has_oauth1(settings):
        return OAuth1(settings)
    token = await load_token(app)
    if token is None and settings.access_token:
        token = await _first_token(app, settings.access_token, settings.refresh_token)
    if token is None:
        raise SettingsError(
            "x: there is no way into her account: run `mia bot login`, or set x.access_token "
            "(MIA_X__ACCESS_TOKEN), or all four of x.oauth1_consumer_key, x.oauth1_consumer_secret, "
            "x.oauth1_access_token and x.oauth1_access_secret"
        )
    return OAuth2(app, token)


async def _first_token(app: App, access_token: SecretStr, refresh_token: SecretStr | None) -> Token:
    """The configured token, stored if it can be refreshed; or what another process has made of it meanwhile."""
    token = Token(access_token=access_token, refresh_token=refresh_token)
    if refresh_token is None:
        return token
    ttl = timedelta(seconds=app.settings.x.timeout_s) + _MARGIN
    async with app.leases.holding(CREDENTIAL, ttl=ttl, wait=ttl + _MARGIN):
        if (stored := await load_token(app)) is not None:
            return stored
        await app.credentials.store(CREDENTIAL, token.stored())
    return token


async def load_token(app: App) -> Token | None:
    """The stored token."""
    stored = await app.credentials.load(CREDENTIAL)
    return Token.model_validate(stored) if stored else None


async def refresh(settings: XSettings, refresh_token: SecretStr, *, now: datetime) -> Token:
    """Trade the refresh token for a new pair. Raises XUnauthorized when X does not take it."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token.get_secret_value()}
    token = await ask_for_token(settings, form, now=now)
    # A server that names no new one leaves the old one in force (RFC 6749, 6).
    return token if token.refresh_token else token.model_copy(update={"refresh_token": refresh_token})


async def ask_for_token(settings: XSettings, form: Mapping[str, str], *, now: datetime) -> Token:
    """A token for what the form proves. Raises XUnauthorized, or XUnavailable."""
    try:
        issued = await oauth.ask_for_token(settings, form)
    except TokenRefused as error:
        raise XUnauthorized(f"{error}: run `mia bot login`") from None
    except TokenUnavailable as error:
        raise XUnavailable(str(error)) from None
    lifetime = issued.expires_in
    return Token(
        access_token=issued.access_token,
        refresh_token=issued.refresh_token,
        expires_at=now.astimezone(UTC) + timedelta(seconds=lifetime) if lifetime else None,
    )
