"""Reasons in the log: what to do where that is known, else kind and place, and never anybody's words."""

import sqlite3

import pytest
from sqlalchemy.exc import SQLAlchemyError

from mia_bot.reasons import reason_of
from mia_core.app import App
from mia_core.errors import SettingsError
from tests.core.events import dm

SECRET = "my secret is the colour teal"


def raised(error: Exception) -> Exception:
    """An error that has come by a place."""
    try:
        raise error
    except type(error) as caught:
        return caught


def test_our_own_errors_say_it_themselves() -> None:
    assert reason_of(SettingsError("x.client_id: needed")) == "x.client_id: needed"


def test_any_other_error_gives_its_kind_and_place_alone() -> None:
    assert reason_of(raised(ValueError(SECRET))).startswith("ValueError in raised, line ")
    assert reason_of(ValueError(SECRET)) == "ValueError"


async def test_an_outage_of_the_database_says_what_to_do(app: App) -> None:
    async with app.database.writing() as connection:
        await connection.exec_driver_sql("ALTER TABLE inbox RENAME TO outbox_of_old")
    with pytest.raises(SQLAlchemyError) as failure:
        await app.inbox.accept([dm(SECRET)])
    assert reason_of(failure.value).endswith("run `mia db upgrade`")


async def test_a_fault_in_the_database_is_named_by_the_drivers_word(app: App) -> None:
    with pytest.raises(SQLAlchemyError) as failure:
        async with app.database.writing() as connection:
            await connection.exec_driver_sql("INSERT INTO cursor (name) VALUES (?)", (SECRET,))
    assert isinstance(failure.value.__cause__, sqlite3.IntegrityError)
    assert reason_of(failure.value).startswith("IntegrityError in ")
