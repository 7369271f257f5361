"""Migrations, leases, cursors and sealed credentials, on SQLite and PostgreSQL."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import UniqueConstraint, insert, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from mia_core.app import App, open_app
from mia_core.clock import ManualClock
from mia_core.database import named, open_database
from mia_core.errors import DatabaseError, LeaseLost, SettingsError, VaultError
from mia_core.ids import IdMaker
from mia_core.schema import current_revision, differences, newest_revision, require_current, upgrade
from mia_core.settings import DatabaseSettings, Settings, VaultSettings
from mia_core.tables import Credential, Cursor, metadata
from mia_core.vault import Vault, new_key, open_vault
from tests.core.events import NOON

MINUTE = timedelta(minutes=1)


async def test_migrations_make_exactly_the_tables_that_the_code_knows(database_url: str) -> None:
    async with open_database(DatabaseSettings(url=database_url)) as database:
        assert await current_revision(database) is None
        with pytest.raises(DatabaseError, match="mia db upgrade"):
            await require_current(database)
        await upgrade(database)
        assert await current_revision(database) == newest_revision()
        assert await differences(database) == []
        await upgrade(database)
        async with database.reading() as connection:
            tables = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        assert tables == {*metadata.tables, "alembic_version"}


def test_every_key_of_a_persons_rows_begins_with_the_person() -> None:
    for table in metadata.tables.values():
        if "person_id" in table.columns:
            assert next(iter(table.primary_key.columns)).name == "person_id", table.name
            unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
            assert all("person_id" in constraint.columns for constraint in unique), table.name


async def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    url = "postgresql://mia:secret@127.0.0.1:9/mia"
    with pytest.raises(DatabaseError, match=r"database\.url.*127\.0\.0\.1:9") as error:
        async with open_database(DatabaseSettings(url=url)):
            pass
    assert "secret" not in str(error.value) + named(url)


async def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(DatabaseError, match=r"should name a file"):
        async with open_database(DatabaseSettings(url="sqlite://")):
            pass


async def test_a_lease_is_one_holders_until_it_lapses(app: App, clock: ManualClock) -> None:
    assert await app.leases.take("stream", "one", MINUTE)
    assert not await app.leases.take("stream", "two", MINUTE)
    assert await app.leases.take("stream", "one", MINUTE)
    clock.move(MINUTE)
    assert await app.leases.take("stream", "two", MINUTE)
    await app.leases.give_back("stream", "one")
    assert not await app.leases.take("stream", "one", MINUTE)
    await app.leases.give_back("stream", "two")
    assert await app.leases.take("stream", "one", MINUTE)


async def test_what_is_done_under_a_lease_is_done_by_one_at_a_time(app: App) -> None:
    inside, most = 0, 0

    async def hold() -> None:
        nonlocal inside, most
        async with app.leases.holding("token", ttl=MINUTE, wait=MINUTE):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(hold() for _ in range(3)))
    assert most == 1


async def test_a_lease_that_stays_taken_is_given_up_on(app: App) -> None:
    await app.leases.take("token", "somebody", MINUTE)
    with pytest.raises(LeaseLost, match="token"):
        async with app.leases.holding("token", ttl=MINUTE, wait=timedelta()):
            pass


async def test_cursors_keep_their_latest_value(app: App) -> None:
    assert await app.cursors.get("mentions") is None
    await app.cursors.move("mentions", "1")
    await app.cursors.move("mentions", "2")
    assert await app.cursors.get("mentions") == "2"


async def test_credentials_are_sealed_and_come_back(app: App) -> None:
    await app.credentials.store("x-token", {"access_token": "very secret"})
    await app.credentials.store("x-token", {"access_token": "more secret"})
    assert await app.credentials.load("x-token") == {"access_token": "more secret"}
    assert await app.credentials.load("another") is None
    async with app.database.reading() as connection:
        sealed = (await connection.execute(select(col(Credential.sealed)))).scalar_one()
    assert b"secret" not in bytes(sealed)


async def test_errors_of_the_database_hold_nobodys_words(app: App) -> None:
    row = {"name": "x", "value": "somebody said this", "moved_at": app.clock()}
    with pytest.raises(IntegrityError) as error:
        async with app.database.writing() as connection:
            await connection.execute(insert(Cursor), [row, row])
    assert "somebody" not in str(error.value)


def test_a_rotated_key_still_opens_what_the_old_one_sealed() -> None:
    old, new = new_key(), new_key()
    sealed = Vault((old,), "h" * 32).seal(b"token")
    assert Vault((new, old), "h" * 32).open(sealed) == b"token"
    with pytest.raises(VaultError, match="older key"):
        Vault((new,), "h" * 32).open(sealed)


def test_production_needs_keys_of_its_own(tmp_path: Path) -> None:
    keyless = Settings(environment="production", vault=VaultSettings(key_file=tmp_path / "k"))
    with pytest.raises(SettingsError, match=r"vault\.token_keys"):
        open_vault(keyless)
    weak = VaultSettings(token_keys=(SecretStr(new_key()),), hash_key=SecretStr("short"))
    with pytest.raises(SettingsError, match=r"vault\.hash_key"):
        open_vault(Settings(environment="production", vault=weak))
    assert not (tmp_path / "k").exists()


def test_a_key_that_is_no_key_is_named() -> None:
    with pytest.raises(SettingsError, match=r"vault\.token_keys.*mia keys new"):
        Vault(("not a key",), "h")


def test_a_laptop_gets_a_key_once_that_only_its_owner_reads(tmp_path: Path) -> None:
    settings = Settings(vault=VaultSettings(key_file=tmp_path / "deep" / "mia.key"))
    sealed = open_vault(settings).seal(b"token")
    assert open_vault(settings).open(sealed) == b"token"
    assert settings.vault.key_file.stat().st_mode & 0o077 == 0
    assert list(settings.vault.key_file.parent.iterdir()) == [settings.vault.key_file]


def test_pseudonyms_depend_on_the_key_and_tell_nothing() -> None:
    one, other = Vault((new_key(),), "a" * 32), Vault((new_key(),), "b" * 32)
    assert one.pseudonym(1) == one.pseudonym(1) != other.pseudonym(1)
    assert one.pseudonym(1) != one.pseudonym(2)
    assert "1580000000000000000" not in one.pseudonym(1580000000000000000)


@given(st.lists(st.integers(-5_000, 5_000), max_size=50))
def test_ids_rise_whatever_the_clock_does(steps: list[int]) -> None:
    clock = ManualClock(NOON)
    make = IdMaker(clock)
    ids = [make()]
    for step in steps:
        clock.move(timedelta(milliseconds=step))
        ids.append(make())
    assert ids == sorted(set(ids))
    assert all(0 < each < 2**63 for each in ids)


async def test_a_process_refuses_a_database_that_was_not_migrated(settings: Settings, tmp_path: Path) -> None:
    empty = DatabaseSettings(url=f"sqlite:///{tmp_path / 'another.sqlite3'}")
    with pytest.raises(DatabaseError, match="mia db upgrade"):
        async with open_app(settings.model_copy(update={"database": empty})):
            pass
