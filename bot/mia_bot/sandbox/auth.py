"""Who is calling: X's three kinds of credentials, read from the Authorization header."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from starlette.requests import Request

from mia_bot.sandbox import oauth1
from mia_bot.sandbox.problems import forbidden, unauthorized
from mia_bot.sandbox.records import Person
from mia_bot.sandbox.world import World

Scheme = Literal["app", "oauth2", "oauth1"]

SCHEME_NAMES: dict[Scheme, str] = {
    "app": "OAuth 2.0 Application-Only",
    "oauth2": "OAuth 2.0 User Context",
    "oauth1": "OAuth 1.0a User Context",
}


@dataclass(frozen=True)
class Caller:
    """The app alone (no person), or a person through the app; `scopes` None means all of them."""

    scheme: Scheme
    person: Person | None = None
    scopes: frozenset[str] | None = None

    @property
    def key(self) -> str:
        """Whose limits a request counts against."""
        return "app" if self.person is None else str(self.person.id)

    def may(self, scopes: frozenset[str]) -> bool:
        """Whether the token carries all these scopes."""
        return self.scopes is None or scopes <= self.scopes


async def authenticate(request: Request, world: World, now: datetime) -> Caller:
    """The caller; raises a 401 Problem without a token that is known and still valid."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return _bearer(credentials.strip(), world, now)
        case "oauth":
            person = await oauth1.signer(request, world)
            if person is not None:
                return Caller("oauth1", person)
    raise unauthorized()


def _bearer(token: str, world: World, now: datetime) -> Caller:
    if hmac.compare_digest(token.encode(), world.app.bearer_token.get_secret_value().encode()):
        return Caller("app")
    if person := world.people_by_token.get(token):
        return Caller("oauth2", person)
    access = world.access_tokens.get(token)
    grant = world.grants.get(access.grant_id) if access and access.expires_at > now else None
    if grant is None:
        raise unauthorized()
    return Caller("oauth2", world.people[grant.person_id], grant.scopes)


def person_of(caller: Caller) -> Person:
    """The person behind a call on a route that takes people only."""
    if caller.person is None:
        raise forbidden("This endpoint acts for a person.")
    return caller.person
