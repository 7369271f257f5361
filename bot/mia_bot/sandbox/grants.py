"""OAuth 2.0 behind its routes: codes, access tokens, and refresh tokens that work once."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import SecretStr

from mia_bot.sandbox.records import AccessToken, Grant
from mia_bot.sandbox.world import World, fresh_secret

CODE_LIFE = timedelta(seconds=30)
ACCESS_LIFE = timedelta(hours=2)
SCOPES = frozenset(
    [
        "tweet.read",
        "tweet.write",
        "tweet.moderate.write",
        "users.read",
        "follows.read",
        "follows.write",
        "offline.access",
        "space.read",
        "mute.read",
        "mute.write",
        "like.read",
        "like.write",
        "list.read",
        "list.write",
        "block.read",
        "block.write",
        "bookmark.read",
        "bookmark.write",
        "dm.read",
        "dm.write",
        "media.write",
        "timeline.read",
    ]
)


@dataclass(frozen=True)
class Authorization:
    """What an authorization request asked for, once a person has allowed it."""

    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    challenge_method: str
    person_id: int
    expires_at: datetime


@dataclass(frozen=True)
class Issued:
    """Tokens as they are handed out."""

    access_token: SecretStr
    refresh_token: SecretStr | None
    scopes: frozenset[str]


class Grants:
    """Issues and takes back tokens; codes live in memory alone, for thirty seconds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._codes: dict[str, Authorization] = {}

    def new_code(self, authorization: Authorization) -> str:
        """A code that can be redeemed once."""
        code = secrets.token_urlsafe(48)
        self._codes[code] = authorization
        return code

    def redeem(self, code: str, client_id: str, redirect_uri: str, verifier: str) -> Issued | None:
        """Tokens for a code, or None when anything about it is wrong; a code is gone after one try."""
        asked = self._codes.pop(code, None)
        if (
            asked is None
            or asked.expires_at <= self._world.now
            or asked.client_id != client_id
            or asked.redirect_uri != redirect_uri
            or not _verifies(asked, verifier)
        ):
            return None
        grant = Grant(
            id=self._world.next_id(),
            client_id=client_id,
            person_id=asked.person_id,
            scopes=asked.scopes,
            refresh_token=fresh_secret(32) if "offline.access" in asked.scopes else None,
        )
        return self._issue(grant)

    def refresh(self, refresh_token: str, client_id: str) -> Issued | None:
        """New tokens, or None; a token that was used before ends its whole family."""
        grant = self._family(refresh_token)
        if grant is None or grant.client_id != client_id:
            return None
        current = grant.refresh_token
        if current is None or current.get_secret_value() != refresh_token:
            self._world.end_grant(grant.id)
            return None
        used = (*grant.used_refresh_tokens, current)
        return self._issue(
            grant.model_copy(update={"refresh_token": fresh_secret(32), "used_refresh_tokens": used})
        )

    def revoke(self, token: str, client_id: str) -> None:
        """Take back an access token, or by a refresh token the whole family; unknown ones are no error."""
        access = self._world.access_tokens.get(token)
        if access is not None and self._world.grants[access.grant_id].client_id == client_id:
            self._world.end_access_token(token)
            return
        grant = self._family(token)
        if grant is not None and grant.client_id == client_id:
            self._world.end_grant(grant.id)

    def _issue(self, grant: Grant) -> Issued:
        access = fresh_secret(32)
        self._world.put_grant(grant)
        expires_at = self._world.now + ACCESS_LIFE
        self._world.put_access_token(AccessToken(token=access, grant_id=grant.id, expires_at=expires_at))
        return Issued(access, grant.refresh_token, grant.scopes)

    def _family(self, refresh_token: str) -> Grant | None:
        for grant in self._world.grants.values():
            known = (*grant.used_refresh_tokens, *([grant.refresh_token] if grant.refresh_token else []))
            if any(hmac.compare_digest(t.get_secret_value(), refresh_token) for t in known):
                return grant
        return None


def _verifies(asked: Authorization, verifier: str) -> bool:
    """PKCE: whoever redeems the code is who asked for it."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    proof = digest if asked.challenge_method == "S256" else verifier
    return bool(verifier) and hmac.compare_digest(proof.encode(), asked.challenge.encode())
