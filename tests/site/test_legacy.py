"""An account from before sign-in with X: proven, joined with an express consent, taken back; and who cannot."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import bcrypt
import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.events import Author
from mia_core.legacy.importing import import_accounts
from mia_core.legacy.reading import Account, OldMemory, OldMessage, Read
from mia_core.settings import Settings
from mia_core.tables import LegacyAccount, Message, Person
from mia_site.app import create_app
from tests.bot.sandbox.serving import Served
from tests.core.events import NOON, dm
from tests.core.test_turn import prompt, turn
from tests.core.xai.standin import StandinXai
from tests.site.conftest import ORIGIN
from tests.site.signing_in import send, sign_in
from tests.site.test_me import ids, shown

LONG_AGO = datetime(2023, 5, 1, 9, tzinfo=UTC)
PASSWORD = "correct horse"
LONG = "pässwörd " * 20


def account(username: str = "old_amelie", password: str = PASSWORD) -> Account:
    """An account with a memory and a conversation."""
    return Account(
        username=username,
        password_hash=bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode(),
        created=LONG_AGO,
        memories=(OldMemory(statement="Amélie's first cat was called Minou.", at=LONG_AGO),),
        conversations=(
            (
                OldMessage(by="person", text="Do you like lighthouses?", at=LONG_AGO),
                OldMessage(by="mia", text="I love them!", at=LONG_AGO + timedelta(minutes=1)),
            ),
        ),
    )


@pytest.fixture
def amelie(x_server: Served) -> Author:
    """Who signs in."""
    found = x_server.person("amelie_roux")
    return Author(person_id=found.id, username=found.username, name=found.name)


@pytest.fixture
async def mine(
    app: App, browser: httpx.AsyncClient, x_server: Served, amelie: Author, model: StandinXai
) -> httpx.AsyncClient:
    """A browser of Amélie's, who has talked with MIA on X; her old account is imported."""
    lines = [Read(1, account()), Read(2, account("long", LONG))]
    await import_accounts(app.database, app.ids, app.clock, lines)
    await turn(app, dm("Hello from X", author=amelie))
    await sign_in(browser, x_server)
    return browser


async def prove(
    browser: httpx.AsyncClient, username: str = "old_amelie", password: str = PASSWORD
) -> httpx.Response:
    """Send the first form."""
    return await send(browser, "/legacy", username=username, password=password)


async def join(browser: httpx.AsyncClient) -> None:
    """Both forms."""
    assert (await prove(browser)).headers["location"] == "/legacy/join"
    await send(browser, "/legacy/join", consent="yes")


async def texts(app: App, person_id: int) -> list[str]:
    """What was said, in the order of the numbers, which have no gap."""
    statement = select(col(Message.seq), col(Message.text)).where(col(Message.person_id) == person_id)
    async with app.database.reading() as connection:
        rows = (await connection.execute(statement.order_by(col(Message.seq)))).all()
        count = select(col(Person.message_count)).where(col(Person.id) == person_id)
        assert (await connection.execute(count)).scalar_one() == len(rows)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    return [row.text for row in rows]


async def test_an_old_account_is_joined_after_the_password_and_an_express_tick(
    app: App, mine: httpx.AsyncClient, amelie: Author, model: StandinXai
) -> None:
    led = await prove(mine, " OLD_Amelie ")
    page = await shown(mine, led.headers["location"])
    assert "Memories</dt><dd>1" in page
    assert "Messages</dt><dd>2" in page
    without = await send(mine, "/legacy/join")
    assert without.status_code == 422
    assert "Tick the box" in without.text
    assert "Minou" not in await shown(mine, "/me/memories")
    done = await send(mine, "/legacy/join", consent="yes")
    assert "What the old account held is with you now" in await shown(mine, done.headers["location"])
    assert "Minou" in await shown(mine, "/me/memories")
    said = await texts(app, amelie.person_id)
    assert said[:3] == ["Do you like lighthouses?", "I love them!", "Hello from X"]
    model.reset()
    await turn(app, dm("What was my first cat called?", author=amelie, event_id="2", at=NOON))
    assert "Amélie's first cat was called Minou." in prompt(model)
    async with app.database.reading() as connection:
        rows = (await connection.execute(select(LegacyAccount))).mappings().all()
    (joined,) = [row for row in rows if row["joined_to"] == amelie.person_id]
    assert joined["consent"] in page


async def test_a_wrong_password_and_an_account_that_is_not_there_look_the_same(
    mine: httpx.AsyncClient,
) -> None:
    for username in ("old_amelie", "nobody"):
        answer = await prove(mine, username, "wr0ng")
        assert answer.status_code == 422
        assert "There is no such account with this password" in answer.text
        assert f'value="{username}"' in answer.text, "what was typed is kept"
        assert "wr0ng" not in answer.text, "but not the password"
    assert (await mine.get("/legacy/join")).headers["location"] == "/legacy"


async def test_a_password_longer_than_bcrypt_reads_is_proven_as_it_was_hashed(mine: httpx.AsyncClient) -> None:
    assert (await prove(mine, "long", LONG)).status_code == 303
    assert (await prove(mine, "long", LONG[:20])).status_code == 422


async def test_too_many_tries_are_stopped_for_a_quarter_of_an_hour_even_with_the_right_password(
    mine: httpx.AsyncClient, clock: ManualClock
) -> None:
    for _ in range(5):
        assert "no such account" in (await prove(mine, password="wr0ng")).text
    assert "Too many tries" in (await prove(mine)).text
    clock.move(timedelta(minutes=15, seconds=1))
    assert (await prove(mine)).status_code == 303


async def test_many_names_from_one_network_are_stopped_too(mine: httpx.AsyncClient) -> None:
    answers = [await prove(mine, f"guess-{number}", "wr0ng") for number in range(21)]
    assert ["Too many tries" in answer.text for answer in answers] == [False] * 20 + [True]


async def test_no_address_and_no_name_is_stored_of_who_tries(app: App, mine: httpx.AsyncClient) -> None:
    await prove(mine, "somebody-else", "wr0ng")
    async with app.database.reading() as connection:
        rows = str((await connection.exec_driver_sql("SELECT * FROM throttle")).all())
    assert "somebody-else" not in rows
    assert "127.0.0.1" not in rows


async def test_an_account_is_brought_along_once(app: App, mine: httpx.AsyncClient, x_server: Served) -> None:
    await join(mine)
    transport = httpx.ASGITransport(create_app(app))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as other:
        await sign_in(other, x_server, "yuki_hoshino")
        assert "was brought along already" in (await prove(other)).text
        assert (await other.get("/legacy/undo/old_amelie")).status_code == 404
        assert "Minou" not in (await other.get("/me/memories")).text


async def test_a_proof_is_of_one_browser_and_ends_after_ten_minutes(
    app: App, mine: httpx.AsyncClient, x_server: Served, clock: ManualClock
) -> None:
    await prove(mine)
    transport = httpx.ASGITransport(create_app(app))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as other:
        await sign_in(other, x_server, "yuki_hoshino")
        other.cookies.set("mia_proof", mine.cookies["mia_proof"])
        assert (await other.get("/legacy/join")).headers["location"] == "/legacy"
        other.cookies.set("mia_proof", "made up")
        assert (await other.get("/legacy/join")).headers["location"] == "/legacy"
    clock.move(timedelta(minutes=10, seconds=1))
    assert (await mine.get("/legacy/join")).headers["location"] == "/legacy"


async def test_a_join_is_taken_back_for_two_weeks(
    app: App, mine: httpx.AsyncClient, amelie: Author, clock: ManualClock
) -> None:
    await join(mine)
    assert "no longer uses it with you" in await shown(mine, "/legacy/undo/old_amelie")
    await send(mine, "/legacy/undo/old_amelie")
    assert "Minou" not in await shown(mine, "/me/memories")
    said = await texts(app, amelie.person_id)
    assert "I love them!" not in said
    assert said[0] == "Hello from X"
    await join(mine)
    assert "Minou" in await shown(mine, "/me/memories"), "it can be brought along once more"
    clock.move(timedelta(days=14, seconds=1))
    assert (await mine.get("/legacy/undo/old_amelie")).status_code == 404


async def test_of_two_old_accounts_one_is_taken_back_and_the_other_stays(
    app: App, mine: httpx.AsyncClient, amelie: Author
) -> None:
    await join(mine)
    assert (await prove(mine, "long", LONG)).status_code == 303
    await send(mine, "/legacy/join", consent="yes")
    assert len(ids(await shown(mine, "/me/memories?q=Minou"), "memories")) == 2
    await send(mine, "/legacy/undo/old_amelie")
    assert len(ids(await shown(mine, "/me/memories?q=Minou"), "memories")) == 1
    assert "from your old account long" in await shown(mine, "/me/conversations")
    assert (await texts(app, amelie.person_id)).count("I love them!") == 1


async def test_what_was_corrected_after_the_join_stays_with_the_person(mine: httpx.AsyncClient, app: App) -> None:
    await join(mine)
    (memory_id,) = ids(await shown(mine, "/me/memories?q=Minou"), "memories")
    await send(mine, f"/me/memories/{memory_id}", statement="My first cat was called Minette.")
    await send(mine, "/legacy/undo/old_amelie")
    assert "Minette" in await shown(mine, "/me/memories")


@pytest.mark.parametrize(
    ("days", "says", "form"),
    [
        (-1, "You can do it until 2026-11-24", True),
        (0, "You can do it until 2026-11-23", True),
        (1, "On 2026-12-22 what nobody has brought along is deleted", True),
        (29, "On 2026-11-24 what nobody", True),
        (30, "were deleted on 2026-11-23", False),
    ],
)
async def test_the_deadline_and_what_comes_after_it_are_told(
    settings: Settings, app: App, x_server: Served, days: int, says: str, form: bool
) -> None:
    deadline = date(2026, 11, 23) - timedelta(days=days)
    site = settings.site.model_copy(update={"legacy_deadline": deadline})
    dated = replace(app, settings=app.settings.model_copy(update={"site": site}))
    transport = httpx.ASGITransport(create_app(dated))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        await sign_in(client, x_server)
        page = await shown(client, "/legacy")
    assert says in page
    assert ('id="password"' in page) == form


async def test_an_account_that_is_not_there_costs_the_same_work(
    mine: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bytes] = []

    def compare(_: bytes, kept: bytes) -> bool:
        compared.append(kept)
        return False

    monkeypatch.setattr(bcrypt, "checkpw", compare)
    await prove(mine, "old_amelie", "wr0ng")
    await prove(mine, "nobody", "wr0ng")
    assert len(compared) == 2
    assert compared[1].startswith(b"$2b$12$")
