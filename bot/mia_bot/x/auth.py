"""How requests are signed: a protocol with two ways, OAuth 2.0 bearer tokens and OAuth 1.0a."""

from collections.abc import Mapping
from typing import Literal, Protocol

from oauthlib.oauth1 import Client as OAuth1Client

from mia_core.settings import XSettings

Method = Literal["DELETE", "GET", "POST", "PUT"]


class Auth(Protocol):
    """Gives the headers that authorise one request."""

    async def headers(self, method: Method, url: str) -> dict[str, str]:
        """Headers for a request to this address, query included."""
        ...

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """After X refused these headers: see to others. False when there are none to be had."""
        ...


class OAuth1:
    """User tokens of OAuth 1.0a, which do not expire. The signature covers the address that is really asked."""

    def __init__(self, settings: XSettings) -> None:
        values = (
            settings.oauth1_consumer_key,
            settings.oauth1_consumer_secret,
            settings.oauth1_access_token,
            settings.oauth1_access_secret,
        )
        self._signer = OAuth1Client(*(value.get_secret_value() if value else "" for value in values))

    async def headers(self, method: Method, url: str) -> dict[str, str]:
        """The signature; a JSON body is not part of it (RFC 5849, 3.4.1.3.1)."""
        _, headers, _ = self._signer.sign(url, http_method=method)
        return {str(name): str(value) for name, value in headers.items()}

    async def renew(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - whichever it was
        """A token that X refuses is revoked."""
        return False


def has_oauth1(settings: XSettings) -> bool:
    """Whether all four values of OAuth 1.0a are configured."""
    return all(
        (
            settings.oauth1_consumer_key,
            settings.oauth1_consumer_secret,
            settings.oauth1_access_token,
            settings.oauth1_access_secret,
        )
    )
