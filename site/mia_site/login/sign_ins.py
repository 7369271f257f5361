"""Sign-ins: browsers that a person let in, by a secret that only the browser's cookie holds."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from pydantic import SecretStr
from sqlalchemy import select, update
from sqlmodel import col

from mia_core.app import App
from mia_core.statements import plain_insert, upsert
from mia_core.tables import Person, SignIn
from mia_site.ids import read_id
from mia_site.login.x import Somebody

LASTS = timedelta(days=30)
"""How long a browser stays signed in."""
FRESH = timedelta(minutes=15)
"""How long after X told who it is dangerous acts need no other sign-in."""
_SEEN_EVERY = timedelta(minutes=5)
"""A visit is noted this often at most, so that looking at pages writes next to nothing."""


@dataclass(frozen=True)
class Visitor:
    """A person who is signed in, in the browser that asks."""

    person: Person
    sign_in: SignIn
    secret: str

    @property
    def form_token(self) -> str:
        """What every form of this browser carries, and no other site can know."""
        return digest(f"form:{self.secret}")

    def is_fresh(self, now: datetime) -> bool:
        """Whether X told lately who this is."""
        return now - self.sign_in.signed_in_at < FRESH


class SignIns:
    """Begins, finds and ends them."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def begin(self, somebody: Somebody, browser: str) -> str:
        """Let a browser in, under a new secret; answers the value of its cookie. The person is stored with it."""
        app, now = self._app, self._app.clock()
        secret, sign_in_id = secrets.token_urlsafe(32), app.ids()
        person = {
            "id": somebody.id,
            "username": somebody.username,
            "name": somebody.name,
            "created_at": now,
            "last_seen_at": now,
        }
        row = {
            "person_id": somebody.id,
            "id": sign_in_id,
            "digest": digest(secret),
            "browser": browser,
            "signed_in_at": now,
            "seen_at": now,
            "ends_at": now + LASTS,
            "sealed_token": app.vault.seal(somebody.token.get_secret_value().encode()),
        }
        known = upsert(app.database, Person, key=("id",), changed=("username", "name", "last_seen_at"))
        async with app.database.writing() as connection:
            await connection.execute(known, [person])
            await connection.execute(plain_insert(SignIn), [row])
        return f"{somebody.id}.{sign_in_id}.{secret}"

    async def find(self, cookie: str) -> Visitor | None:
        """Whose cookie it is; None for one that is none, or is no longer valid."""
        first, _, rest = cookie.partition(".")
        second, _, secret = rest.partition(".")
        person_id, sign_in_id = read_id(first), read_id(second)
        if person_id is None or sign_in_id is None:
            return None
        now = self._app.clock()
        valid = (
            col(SignIn.person_id) == person_id,
            col(SignIn.id) == sign_in_id,
            col(SignIn.digest) == digest(secret),
            col(SignIn.ends_at) > now,
        )
        async with self._app.database.reading() as connection:
            found = (await connection.execute(select(SignIn).where(*valid))).mappings().first()
            if found is None:
                return None
            known = await connection.execute(select(Person).where(col(Person.id) == person_id))
            person, sign_in = Person(**known.mappings().one()), SignIn(**found)
        await self._see(sign_in, now)
        return Visitor(person, sign_in, secret)

    async def of(self, person_id: int) -> list[SignIn]:
        """The valid ones of a person, the latest seen first."""
        statement = (
            select(SignIn)
            .where(col(SignIn.person_id) == person_id, col(SignIn.ends_at) > self._app.clock())
            .order_by(col(SignIn.seen_at).desc())
        )
        async with self._app.database.reading() as connection:
            return [SignIn(**row) for row in (await connection.execute(statement)).mappings()]

    async def end(self, person_id: int, *, only: int | None = None, but: int | None = None) -> list[SecretStr]:
        """End all of a person, one, or all but one; answers X's tokens of those, for X to be told."""
        now = self._app.clock()
        chosen = [col(SignIn.person_id) == person_id, col(SignIn.ends_at) > now]
        if only is not None:
            chosen.append(col(SignIn.id) == only)
        if but is not None:
            chosen.append(col(SignIn.id) != but)
        async with self._app.database.writing() as connection:
            sealed = (await connection.execute(select(col(SignIn.sealed_token)).where(*chosen))).scalars().all()
            await connection.execute(update(SignIn).where(*chosen).values(ends_at=now, sealed_token=None))
        # signing out does not fail for a token that no key opens any more: that one ends at X by itself
        opened = [self._app.vault.opened(each) for each in sealed if each]
        return [SecretStr(token.decode()) for token in opened if token]

    async def _see(self, sign_in: SignIn, now: datetime) -> None:
        if now - sign_in.seen_at < _SEEN_EVERY:
            return
        mine = (col(SignIn.person_id) == sign_in.person_id, col(SignIn.id) == sign_in.id)
        async with self._app.database.writing() as connection:
            await connection.execute(update(SignIn).where(*mine).values(seen_at=now))


def digest(secret: str) -> str:
    """What is kept of a random secret; random enough to need no salt."""
    return sha256(secret.encode()).hexdigest()
