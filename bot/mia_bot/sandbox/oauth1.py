"""OAuth 1.0a: checks the signature of a request that a person's user token signed."""

from oauthlib.oauth1 import (
    RequestValidator,
    ResourceEndpoint,
)
from starlette.requests import Request

from mia_bot.sandbox.records import Person
from mia_bot.sandbox.world import World

SIGNED_ORIGINS = ("https://api.x.com", "https://api.twitter.com")
"""Beside the sandbox's own address: a client whose requests are rebased on their way signs the built-in one."""


async def signer(request: Request, world: World) -> Person | None:
    """The person whose token signed the request, or None when the signature does not hold."""
    endpoint = ResourceEndpoint(_Validator(world))
    body = await _signed_body(request)
    own = f"{request.url.scheme}://{request.url.netloc}"
    query = f"?{request.url.query}" if request.url.query else ""
    for origin in (own, *SIGNED_ORIGINS):
        valid, signed = endpoint.validate_protected_resource_request(
            origin + request.url.path + query, request.method, body, dict(_headers(request)), []
        )
        if valid:
            return world.people_by_oauth1.get(signed.resource_owner_key)
    return None


def _headers(request: Request) -> list[tuple[str, str]]:
    return [(name.title(), value) for name, value in request.headers.items()]


async def _signed_body(request: Request) -> str | None:
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith("application/x-www-form-urlencoded"):
        return None
    return (await request.body()).decode("utf-8", "replace")


class _Validator(RequestValidator):
    """Looks keys up in the world; oauthlib does the rest."""

    enforce_ssl = False
    client_key_length = (8, 128)
    access_token_length = (8, 128)
    nonce_length = (6, 128)
    dummy_client = "unknown-client"
    dummy_access_token = "unknown-token"  # noqa: S105 - a stand-in that never matches

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    @property
    def safe_characters(self) -> set[str]:
        return set(super().safe_characters) | {"-", "_"}

    @property
    def allowed_signature_methods(self) -> tuple[str, ...]:
        return ("HMAC-SHA1", "HMAC-SHA256")

    def validate_timestamp_and_nonce(self, *_: object, **__: object) -> bool:
        return True

    def validate_client_key(self, client_key: str, _request: object) -> bool:
        return client_key == self._world.app.consumer_key.get_secret_value()

    def validate_access_token(self, _client_key: str, token: str, _request: object) -> bool:
        return token in self._world.people_by_oauth1

    def validate_realms(self, *_: object, **__: object) -> bool:
        return True

    def get_client_secret(self, _client_key: str, _request: object) -> str:
        return self._world.app.consumer_secret.get_secret_value()

    def get_access_token_secret(self, _client_key: str, token: str, _request: object) -> str:
        person = self._world.people_by_oauth1.get(token)
        return "" if person is None else person.oauth1_secret.get_secret_value()
