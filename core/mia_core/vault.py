"""Secrets: sealed tokens (MultiFernet, rotating keys) and keyed hashes of people's ids."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from datetime import date
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from mia_core.errors import SettingsError, VaultError
from mia_core.settings import Settings


class Vault:
    """Seals and opens bytes, and hashes ids with a key so that nobody can try all ids."""

    def __init__(self, token_keys: tuple[str, ...], hash_key: str) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in token_keys])
        except ValueError:
            raise SettingsError(
                "vault.token_keys (MIA_VAULT__TOKEN_KEYS): each should be a Fernet key: "
                "32 bytes, URL-safe base64. Make one with `mia keys new`"
            ) from None
        self._hash_key = hash_key.encode()

    def seal(self, data: bytes) -> bytes:
        """Encrypt with the newest key."""
        return self._fernet.encrypt(data)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt with whichever key fits. Raises VaultError when none does."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise VaultError(
                "vault.token_keys: none opens what is stored; put the older key back at the end of the list"
            ) from None

    def opened(self, sealed: bytes) -> bytes | None:
        """Decrypt what may do without; None when no key fits, or it is not whole."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            return None

    def word_hash(self, person_id: int, word: str) -> bytes:
        """A word that a person had forgotten: 8 bytes, which differ from person to person."""
        return hmac.new(self._hash_key, f"word:{person_id}:{word}".encode(), hashlib.sha256).digest()[:8]

    def network(self, address: str, day: date) -> str:
        """An IP address as it may be stored: another one each day, which only the key links to the address."""
        return self._named("network", f"{day.isoformat()}:{address}")

    def account(self, username: str) -> str:
        """An old account in the count of who tries it."""
        return self._named("account", username)

    def _named(self, kind: str, value: str) -> str:
        return hmac.new(self._hash_key, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()[:32]

    def pseudonym(self, person_id: int) -> str:
        """A person's name in logs and at xAI: 16 hex digits that only the key links to the X id."""
        return self._named("person", str(person_id))[:16]


def open_vault(settings: Settings) -> Vault:
    """The vault of this configuration.

    In development, keys that are not configured are made once and kept in `vault.key_file`, so that a
    demo needs no preparation. In production they must be configured: a key beside the data protects nothing.

    Raises SettingsError that names the missing key.
    """
    token_keys = tuple(key.get_secret_value() for key in settings.vault.token_keys)
    hash_key = settings.vault.hash_key.get_secret_value() if settings.vault.hash_key else ""
    if settings.environment == "production":
        if not token_keys:
            raise SettingsError(
                "vault.token_keys (MIA_VAULT__TOKEN_KEYS): needed in production. Make one with `mia keys new`"
            )
        if len(hash_key) < 32:
            raise SettingsError(
                "vault.hash_key (MIA_VAULT__HASH_KEY): needed in production, at least 32 characters at random"
            )
    kept = "" if token_keys and hash_key else _development_key(settings.vault.key_file)
    return Vault(token_keys or (kept,), hash_key or kept)


def new_key() -> str:
    """A fresh key for `vault.token_keys`, which is long and random enough for `vault.hash_key` too."""
    return Fernet.generate_key().decode()


def _development_key(file: Path) -> str:
    """The key of a demo or a laptop; made at the first start, readable by its owner alone."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(new_key(), encoding="ascii")
        with suppress(FileExistsError):  # another process was first: its key holds
            file.hardlink_to(draft)
        draft.unlink()
    return file.read_text(encoding="ascii").strip()
