"""One's own data: seen, corrected, deleted, offered, and never anybody else's."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.events import Author
from mia_core.tables import FeelingRow, InboxRow, Memory, Message, Publication
from mia_site.app import create_app
from tests.bot.sandbox.serving import Served
from tests.core.events import dm
from tests.core.test_turn import prompt, turn
from tests.core.test_turn_memory import learnt
from tests.core.xai.standin import StandinXai, answering
from tests.site.conftest import ORIGIN
from tests.site.signing_in import send, sign_in

PAGES = ("/me", "/me/memories", "/me/conversations", "/me/conversations/delete", "/me/feelings", "/me/sign-ins")
SCRIPT = "<script>alert('{{ 7 * 7 }}')</script>"


@pytest.fixture
def amelie(x_server: Served) -> Author:
    """Who signs in, as the bot knows her."""
    found = x_server.person("amelie_roux")
    return Author(person_id=found.id, username=found.username, name=found.name)


@pytest.fixture
async def talked(app: App, model: StandinXai, amelie: Author, clock: ManualClock) -> None:
    """Two conversations, three memories."""
    model.will(answering(reply="A piano, lovely!", memories=[learnt("Amélie plays the piano.")]))
    await turn(app, dm("I play the piano.", author=amelie))
    clock.move(timedelta(days=2))
    model.will(
        answering(
            reply="Poor thing.",
            memories=[learnt("Amélie's dog is called Luna."), learnt(f"Amélie wrote {SCRIPT}")],
        )
    )
    await turn(app, dm(f"My dog is called Luna. {SCRIPT}", author=amelie, event_id="2", at=clock()))


@pytest.fixture
async def mine(browser: httpx.AsyncClient, x_server: Served, talked: None) -> httpx.AsyncClient:
    """A browser in which Amélie, who has talked, is signed in."""
    await sign_in(browser, x_server)
    return browser


async def shown(browser: httpx.AsyncClient, path: str) -> str:
    """A page's text, as a person reads it."""
    page = await browser.get(path)
    assert page.status_code == 200, page.text
    return unescape(re.sub(r"\s+", " ", page.text))


def ids(page: str, kind: str) -> list[str]:
    """The ids that a list links to, from top to bottom."""
    return re.findall(rf'href="/me/{kind}/(\d+)"', page)


async def test_the_overview_counts_what_there_is(mine: httpx.AsyncClient) -> None:
    page = await shown(mine, "/me")
    assert "3 memories" in page
    assert "4 messages" in page
    assert "1 browser" in page


async def test_memories_are_listed_the_newest_first_and_found_by_their_words(mine: httpx.AsyncClient) -> None:
    page = await shown(mine, "/me/memories")
    assert page.index("Luna") < page.index("piano")
    found = await shown(mine, "/me/memories?q=PIANO plays")
    assert "plays the piano" in found
    assert "Luna" not in found
    assert "No memory holds these words" in await shown(mine, "/me/memories?q=100%")


async def test_many_memories_come_in_pages(
    app: App, mine: httpx.AsyncClient, model: StandinXai, amelie: Author
) -> None:
    for start in range(0, 60, 6):
        things = [learnt(f"Amélie owns thing number {number}.") for number in range(start, start + 6)]
        model.will(answering(reply="Noted.", memories=things))
        await turn(app, dm("More things.", author=amelie, event_id=f"m{start}"))
    first = await shown(mine, "/me/memories?q=number")
    assert len(ids(first, "memories")) == 50
    older = re.search(r'href="(/me/memories\?q=number&before=\d+)"', first)
    assert older
    second = await shown(mine, older[1])
    assert len(ids(second, "memories")) == 10
    assert not set(ids(first, "memories")) & set(ids(second, "memories"))


async def test_people_s_words_are_text_on_every_page(mine: httpx.AsyncClient) -> None:
    (memory_id,) = ids(await shown(mine, "/me/memories?q=wrote"), "memories")
    session_id = ids(await shown(mine, "/me/conversations"), "conversations")[0]
    pages = ["/me/memories", f"/me/memories/{memory_id}", f"/me/memories/{memory_id}/delete"]
    for path in (*pages, f"/me/memories/{memory_id}/offer", f"/me/conversations/{session_id}"):
        page = (await mine.get(path)).text
        assert "<script>" not in page
        assert "&lt;script&gt;alert(&#39;{{ 7 * 7 }}&#39;)" in page, path


async def test_a_corrected_memory_is_what_she_knows_in_the_next_turn(
    app: App, mine: httpx.AsyncClient, model: StandinXai, amelie: Author
) -> None:
    (memory_id,) = ids(await shown(mine, "/me/memories?q=Luna"), "memories")
    changed = await send(mine, f"/me/memories/{memory_id}", statement="  Amélie's dog is called Lunette. ")
    assert changed.status_code == 303
    assert "Corrected." in await shown(mine, changed.headers["location"])
    model.reset()
    await turn(app, dm("What is my dog's name?", author=amelie, event_id="9"))
    assert "Amélie's dog is called Lunette." in prompt(model)
    assert "Amélie's dog is called Luna." not in prompt(model)


@pytest.mark.parametrize(("typed", "error"), [("", "Write what is true"), ("y" * 501, "it was 501")])
async def test_a_correction_that_cannot_be_taken_says_why_and_keeps_what_was_typed(
    mine: httpx.AsyncClient, typed: str, error: str
) -> None:
    (memory_id,) = ids(await shown(mine, "/me/memories?q=Luna"), "memories")
    answer = await send(mine, f"/me/memories/{memory_id}", statement=typed)
    assert answer.status_code == 422
    assert error in answer.text
    assert f">{typed}</textarea>" in answer.text
    assert "Luna" in await shown(mine, "/me/memories")


async def test_a_deleted_memory_is_gone_with_the_messages_that_say_it_and_is_not_learnt_again(
    app: App, mine: httpx.AsyncClient, model: StandinXai, amelie: Author
) -> None:
    (memory_id,) = ids(await shown(mine, "/me/memories?q=piano"), "memories")
    asked = await shown(mine, f"/me/memories/{memory_id}/delete")
    assert "will not learn it again" in asked
    answer = await send(mine, f"/me/memories/{memory_id}/delete")
    assert "no longer knows it" in await shown(mine, answer.headers["location"])
    model.will(answering(reply="Nice!", memories=[learnt("Amélie plays the piano.")]))
    await turn(app, dm("By the way: I do play the piano.", author=amelie, event_id="8"))
    async with app.database.reading() as connection:
        statements = (await connection.execute(select(col(Memory.statement)))).scalars().all()
        said = (await connection.execute(select(col(Message.text)))).scalars().all()
        events = (
            (await connection.execute(select(col(InboxRow.event)).where(col(InboxRow.event_id) == "1")))
            .scalars()
            .all()
        )
    assert not any("piano" in statement for statement in statements)
    assert "I play the piano." not in said
    assert not any("piano" in str(event) for event in events)


async def test_a_memory_is_offered_under_the_very_words_that_the_page_shows_and_taken_back(
    app: App, mine: httpx.AsyncClient
) -> None:
    (memory_id,) = ids(await shown(mine, "/me/memories?q=Luna"), "memories")
    page = await shown(mine, f"/me/memories/{memory_id}/offer")
    answer = await send(mine, f"/me/memories/{memory_id}/offer", named="yes")
    assert "until the team has decided" in await shown(mine, answer.headers["location"])
    async with app.database.reading() as connection:
        (offered,) = (await connection.execute(select(Publication))).mappings().all()
    assert offered["consent_wording"] in page
    assert (offered["state"], offered["attributed"], offered["consent_version"]) == ("offered", True, "1")
    assert offered["consent_answer"] == "Let others know this, with my name @amelie_roux"
    await send(mine, f"/me/memories/{memory_id}/take-back", f"/me/memories/{memory_id}")
    async with app.database.reading() as connection:
        assert (await connection.execute(select(col(Publication.state)))).scalar_one() == "revoked"
        states = (await connection.execute(select(col(Memory.visibility)))).scalars().all()
    assert set(states) == {"private"}


async def test_what_is_sensitive_cannot_be_offered(
    app: App, mine: httpx.AsyncClient, model: StandinXai, amelie: Author
) -> None:
    model.will(answering(reply="I will.", memories=[learnt("Amélie has diabetes.", category="health")]))
    await turn(app, dm("Please remember that I have diabetes.", author=amelie, event_id="7"))
    (memory_id,) = ids(await shown(mine, "/me/memories?q=diabetes"), "memories")
    assert "cannot be made public" in await shown(mine, f"/me/memories/{memory_id}")
    assert (await mine.get(f"/me/memories/{memory_id}/offer")).status_code == 404


async def test_a_conversation_is_read_and_deleted_message_by_message_or_whole(
    app: App, mine: httpx.AsyncClient
) -> None:
    newest, oldest = ids(await shown(mine, "/me/conversations"), "conversations")
    page = await shown(mine, f"/me/conversations/{oldest}")
    assert page.index("I play the piano.") < page.index("A piano, lovely!")
    message = re.findall(r"/messages/(\d+)/delete", page)[1]
    await send(mine, f"/me/conversations/{oldest}/messages/{message}/delete", f"/me/conversations/{oldest}")
    page = await shown(mine, f"/me/conversations/{oldest}")
    assert "A piano, lovely!" not in page
    assert "I play the piano." in page
    assert "4 messages" not in await shown(mine, "/me")
    assert "what MIA learnt" in (await shown(mine, f"/me/conversations/{newest}/delete")).replace("What", "what")
    await send(mine, f"/me/conversations/{newest}/delete")
    assert ids(await shown(mine, "/me/conversations"), "conversations") == [oldest]
    assert "Luna" in await shown(mine, "/me/memories"), "memories are a list of their own"


async def test_conversations_are_deleted_from_one_day_to_another_or_all(app: App, mine: httpx.AsyncClient) -> None:
    path = "/me/conversations/delete"
    wrong = await send(mine, path, **{"from": "2026-11-26", "to": "2026-11-25"})
    assert wrong.status_code == 422
    assert "lies before the first" in wrong.text
    odd = await send(mine, path, **{"from": "tomorrow", "to": ""})
    assert "as in 2026-11-25" in odd.text
    await send(mine, path, **{"from": "2026-11-25", "to": "2026-11-25"})
    async with app.database.reading() as connection:
        left = (await connection.execute(select(col(Message.text)))).scalars().all()
    assert left == ["I play the piano.", "A piano, lovely!"]
    await send(mine, path, **{"from": "", "to": ""})
    assert "There are no conversations" in await shown(mine, "/me/conversations")


async def test_feelings_are_shown_with_their_reasons_and_begin_anew_on_demand(
    app: App, mine: httpx.AsyncClient
) -> None:
    page = await shown(mine, "/me/feelings")
    assert "trust" in page
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page
    assert "<style" not in page
    assert "It cannot be brought back" in await shown(mine, "/me/feelings/reset")
    await send(mine, "/me/feelings/reset")
    assert "begins with your first conversation" in await shown(mine, "/me/feelings")
    async with app.database.reading() as connection:
        assert (await connection.execute(select(FeelingRow))).all() == []


async def test_memory_is_paused_and_resumed(
    app: App, mine: httpx.AsyncClient, model: StandinXai, amelie: Author
) -> None:
    await send(mine, "/me/memory", "/me", memory="off")
    assert "Paused since" in await shown(mine, "/me")
    model.reset()
    await turn(app, dm("What is my dog's name?", author=amelie, event_id="9"))
    assert "Amélie's dog is called Luna." not in prompt(model)
    await send(mine, "/me/memory", "/me", memory="on")
    assert "Pause memory" in await shown(mine, "/me")


async def test_feelings_are_paused_and_resumed_and_nothing_is_lost(
    app: App, mine: httpx.AsyncClient, model: StandinXai, amelie: Author
) -> None:
    async def felt() -> list[object]:
        async with app.database.reading() as connection:
            return [tuple(row) for row in await connection.execute(select(FeelingRow))]

    before, changes = await felt(), (await shown(mine, "/me/feelings")).count("<tr>")
    await send(mine, "/me/feel", "/me", feelings="off")
    await turn(app, dm("You are wonderful!", author=amelie, event_id="9"))
    assert await felt() == before
    assert (await shown(mine, "/me/feelings")).count("<tr>") == changes
    await send(mine, "/me/feel", "/me", feelings="on")
    await turn(app, dm("You are wonderful!", author=amelie, event_id="10"))
    assert await felt() != before


async def test_a_language_is_chosen_and_left_to_her_again(
    app: App, mine: httpx.AsyncClient, model: StandinXai, amelie: Author
) -> None:
    await send(mine, "/me/language", "/me", language="tr")
    assert '<option value="tr" lang="tr" selected>' in await shown(mine, "/me")
    await send(mine, "/me/language", "/me", language="xx")
    assert "selected" not in await shown(mine, "/me")


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_of_one_s_own_is_for_who_is_signed_in(browser: httpx.AsyncClient, path: str) -> None:
    led = await browser.get(path)
    assert led.status_code == 303
    assert led.headers["location"].startswith("/login?next=%2Fme")


@pytest.mark.parametrize("number", ["0", "9223372036854775807", "9223372036854775808", "9" * 60])
async def test_an_id_that_nothing_has_is_not_there_however_large(mine: httpx.AsyncClient, number: str) -> None:
    for path in ("memories/{}", "memories/{}/delete", "memories/{}/offer", "conversations/{}"):
        assert (await mine.get(f"/me/{path.format(number)}")).status_code == 404
    assert (await mine.get(f"/me/memories?before={number}")).status_code == 200


async def test_what_is_somebody_else_s_looks_like_what_is_not_there(
    app: App, mine: httpx.AsyncClient, x_server: Served
) -> None:
    memory = ids(await shown(mine, "/me/memories"), "memories")[0]
    session = ids(await shown(mine, "/me/conversations"), "conversations")[0]
    async with app.database.reading() as connection:
        before = (await connection.execute(select(col(Message.id), col(Message.text)))).all()
    sign_in_id = mine.cookies["mia"].split(".")[1]
    transport = httpx.ASGITransport(create_app(app))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as other:
        await sign_in(other, x_server, "yuki_hoshino")
        one, of_none = f"/me/memories/{memory}", "/me/memories/1"
        for path in ("", "/delete", "/offer"):
            theirs, nobodys = await other.get(one + path), await other.get(of_none + path)
            assert theirs.status_code == nobodys.status_code == 404, path
            assert (await send(other, one + path, "/me", statement="x", named="no")).status_code == 404
        assert (await send(other, f"{one}/take-back", "/me")).status_code == 404
        for path in ("", "/delete"):
            assert (await other.get(f"/me/conversations/{session}{path}")).status_code == 404
        await send(other, f"/me/conversations/{session}/delete", "/me")
        await send(other, f"/me/conversations/{session}/messages/{before[0].id}/delete", "/me")
        await send(other, f"/me/sign-ins/{sign_in_id}/end", "/me")
        await send(other, "/me/sign-ins/end-others", "/me")
        await send(other, "/me/conversations/delete", "/me", **{"from": "", "to": ""})
        for path in PAGES:
            page = (await other.get(path)).text
            assert "Luna" not in page
            assert "amelie" not in page.lower()
    assert (await mine.get("/me")).status_code == 200
    assert "Luna" in await shown(mine, "/me/memories")
    async with app.database.reading() as connection:
        assert (await connection.execute(select(col(Message.id), col(Message.text)))).all() == before
