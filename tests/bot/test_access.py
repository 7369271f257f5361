"""Her account: both ways of signing in, tokens that rotate, and faults of X's that are told apart."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from mia_bot.errors import (
    XError,
    XOutOfCredits,
    XRateLimited,
    XRefused,
    XUnauthorized,
    XUnavailable,
    XUncertain,
)
from mia_bot.login import authorize_address, code_in, log_in
from mia_bot.sandbox.config import CONFIDENTIAL_CLIENT
from mia_bot.tokens import CREDENTIAL, OAuth2, Token, load_token, open_auth
from mia_bot.x.client import open_x
from mia_bot.x.faults import fault
from mia_core.app import App, open_app
from mia_core.clock import ManualClock
from mia_core.errors import SettingsError
from mia_core.memory.embed import UseEmbedder
from mia_core.settings import Settings, XSettings
from mia_core.tables import Credential
from tests.bot.faults import Fault, Faults
from tests.bot.sandbox.serving import BOT, Served
from tests.bot.standin import Silent, answer, standin

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def x_settings(server: Served, **changes: object) -> XSettings:
    """Settings of an app that is registered with the sandbox."""
    values = {
        "api_origin": server.origin,
        "authorize_url": f"{server.origin}/i/oauth2/authorize",
        "client_id": CONFIDENTIAL_CLIENT.client_id,
        "client_secret": CONFIDENTIAL_CLIENT.client_secret,
    }
    return XSettings.model_validate(values | changes)


@pytest.fixture
def settings(settings: Settings, x_server: Served) -> Settings:
    """Without a token to begin with."""
    return settings.model_copy(update={"x": x_settings(x_server)})


def allow(server: Served, text: str) -> str:
    """Open the address as @miaaibot would, allow, and give back where X leads to."""
    address = urlsplit(text)
    form = {name: values[0] for name, values in parse_qs(address.query).items()}
    person = {"person_id": str(server.person(BOT).id), "decision": "allow"}
    with httpx.Client() as http:
        return http.post(address._replace(query="").geturl(), data=form | person).headers["location"]


@pytest.fixture
async def signed_in(app: App, x_server: Served, capsys: pytest.CaptureFixture[str]) -> App:
    """The app after `mia bot login`."""

    def answer(_question: str) -> str:
        shown = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("http"))
        return allow(x_server, shown)

    await log_in(app, answer)
    return app


@pytest.fixture
async def another(settings: Settings, clock: ManualClock, embedder: UseEmbedder) -> AsyncIterator[App]:
    """A second process over the same database."""
    async with open_app(settings, clock=clock, embedder=embedder) as opened:
        yield opened


async def test_login_stores_a_token_that_works_and_nothing_of_it_in_plain_text(signed_in: App) -> None:
    async with open_x(signed_in.settings.x, await open_auth(signed_in)) as x:
        assert (await x.me()).username == BOT
    token = await load_token(signed_in)
    assert token is not None
    async with signed_in.database.reading() as connection:
        sealed = (await connection.execute(select(Credential.sealed))).scalar_one()  # type: ignore[call-overload]  # a column
    assert token.access_token.get_secret_value().encode() not in sealed
    assert token.access_token.get_secret_value() not in repr(token)


async def test_a_token_near_its_end_is_refreshed_before_it_is_used(signed_in: App, clock: ManualClock) -> None:
    before = await load_token(signed_in)
    auth = await open_auth(signed_in)
    clock.move(timedelta(hours=1, minutes=57))
    async with open_x(signed_in.settings.x, auth, clock) as x:
        assert (await x.me()).username == BOT
    after = await load_token(signed_in)
    assert before is not None
    assert after is not None
    assert after.access_token != before.access_token


async def test_two_processes_that_refresh_at_once_both_keep_a_working_token(signed_in: App, another: App) -> None:
    one, other = await open_auth(signed_in), await open_auth(another)
    refused = await one.headers("GET", "")
    assert all(await asyncio.gather(one.renew(refused), other.renew(refused), one.renew(refused)))
    async with open_x(signed_in.settings.x, one) as x, open_x(another.settings.x, other) as y:
        assert (await x.me()) == (await y.me())
    assert (await one.headers("GET", "")) == (await other.headers("GET", ""))


async def test_a_refused_token_is_refreshed_once_and_the_request_goes_through(
    signed_in: App, faults: Faults
) -> None:
    async with open_x(signed_in.settings.x, await open_auth(signed_in)) as x:
        faults.spoil("GET", Fault(401, b'{"title": "Unauthorized"}'))
        assert (await x.me()).username == BOT


async def test_a_token_that_x_killed_asks_for_a_new_login(app: App, x_server: Served) -> None:
    dead = Token(access_token=SecretStr("gone"), refresh_token=SecretStr("gone too"))
    async with open_x(app.settings.x, OAuth2(app, dead)) as x:
        with pytest.raises(XUnauthorized, match="mia bot login"):
            await x.me()


def tokens(access: str, **more: object) -> bytes:
    """An answer of the token endpoint."""
    return answer(200, {"access_token": access, "token_type": "bearer", "expires_in": 7200} | more)


def with_origin(app: App, origin: str) -> App:
    """The same app, asking another X."""
    x = app.settings.x.model_copy(update={"api_origin": origin})
    return replace(app, settings=app.settings.model_copy(update={"x": x}))


async def ending(app: App, within: timedelta) -> OAuth2:
    """A token that ends soon."""
    token = Token(access_token=SecretStr("old"), refresh_token=SecretStr("once"), expires_at=app.clock() + within)
    await app.credentials.store(CREDENTIAL, token.stored())
    return OAuth2(app, token)


async def test_a_refresh_that_has_begun_is_stored_even_if_the_process_stops_meanwhile(app: App) -> None:
    late = Silent(answer=tokens("new", refresh_token="next"))
    async with standin(late) as server:
        auth = await ending(with_origin(app, server.origin), timedelta())
        asking = asyncio.create_task(auth.headers("GET", ""))
        await server.asked.wait()
        asking.cancel()
        late.speak.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
    stored = await load_token(app)
    assert stored is not None
    assert stored.access_token == SecretStr("new")
    assert stored.refresh_token == SecretStr("next")


async def test_a_token_that_still_holds_serves_on_while_x_gives_no_other(app: App, clock: ManualClock) -> None:
    away = answer(503, b"<html>")
    async with standin(away, answer(429, {}), answer(403, b"<html>a wall before X</html>")) as server:
        auth = await ending(with_origin(app, server.origin), timedelta(minutes=2))
        assert await auth.headers("GET", "") == {"Authorization": "Bearer old"}
        clock.move(timedelta(minutes=2))
        for _ in range(2):
            with pytest.raises(XUnavailable):
                await auth.headers("GET", "")


async def test_an_answer_without_a_new_refresh_token_leaves_the_old_one_in_force(app: App) -> None:
    async with standin(tokens("new")) as server:
        auth = await ending(with_origin(app, server.origin), timedelta())
        assert await auth.headers("GET", "") == {"Authorization": "Bearer new"}
    stored = await load_token(app)
    assert stored is not None
    assert stored.refresh_token == SecretStr("once")


async def test_a_token_that_was_renewed_meanwhile_is_not_renewed_again(app: App) -> None:
    async with standin(tokens("new", refresh_token="next")) as server:
        auth = await ending(with_origin(app, server.origin), timedelta(hours=1))
        refused = await auth.headers("GET", "")
        assert await auth.renew(refused)
        assert await auth.renew(refused)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "found", [{"access_token": 5}, {"error": "invalid_grant"}, {"access_token": "s", "expires_in": "x"}]
)
async def test_no_token_in_the_answer_asks_for_a_new_login_and_shows_nothing(app: App, found: object) -> None:
    async with standin(answer(400, found)) as server:
        auth = await ending(with_origin(app, server.origin), timedelta())
        with pytest.raises(XUnauthorized, match="mia bot login") as error:
            await auth.headers("GET", "")
        assert error.value.__suppress_context__


async def test_without_any_way_in_the_settings_are_named(app: App) -> None:
    with pytest.raises(SettingsError, match=r"mia bot login.*x\.access_token.*x\.oauth1_consumer_key"):
        await open_auth(app)


async def test_oauth1_signs_the_address_that_is_really_asked(app: App, x_server: Served) -> None:
    with x_server.client() as http:
        people = http.get("/sandbox/people").json()
    mia = next(person for person in people["people"] if person["username"] == BOT)
    values = {
        "oauth1_consumer_key": people["app"]["consumer_key"],
        "oauth1_consumer_secret": people["app"]["consumer_secret"],
        "oauth1_access_token": mia["oauth1_token"],
        "oauth1_access_secret": mia["oauth1_token_secret"],
    }
    settings = app.settings.model_copy(update={"x": x_settings(x_server, **values)})
    async with open_app(settings) as with_oauth1, open_x(settings.x, await open_auth(with_oauth1)) as x:
        me = await x.me()
        assert me.username == BOT
        await x.mentions(me.id, since_id="5")


async def test_x_that_cannot_be_reached_is_told_from_x_that_did_not_answer(app: App) -> None:
    away = app.settings.x.model_copy(update={"api_origin": "http://127.0.0.1:9"})
    async with open_x(away, OAuth2(app, Token(access_token=SecretStr("t")))) as x:
        with pytest.raises(XUnavailable):
            await x.send_dm("1", "hello")


def test_the_address_after_login_must_belong_to_it() -> None:
    assert code_in("http://127.0.0.1/cb?state=s&code=c", "s") == "c"
    with pytest.raises(XUnauthorized, match="does not belong"):
        code_in("http://127.0.0.1/cb?state=other&code=c", "s")
    with pytest.raises(XUnauthorized, match="access_denied"):
        code_in("http://127.0.0.1/cb?state=s&error=access_denied", "s")


def test_signing_in_without_a_client_id_names_the_setting() -> None:
    with pytest.raises(SettingsError, match=r"x\.client_id"):
        authorize_address(XSettings(), "s", "v" * 64)


def _problem(detail: str) -> bytes:
    return json.dumps({"title": "Forbidden", "detail": detail, "type": "about:blank", "status": 403}).encode()


@pytest.mark.parametrize(
    ("status", "body", "write", "expected"),
    [
        (401, b"", False, XUnauthorized),
        (402, b"", True, XOutOfCredits),
        (404, b"{}", True, XRefused),
        (429, b"<html>", True, XRateLimited),
        (500, b"{}", False, XUnavailable),
        (503, b"<html>", True, XUncertain),
        (302, b"", False, XUnavailable),
        (408, b"{}", True, XUncertain),
        (409, b"{}", True, XRefused),
        (403, b"<html>a wall before X</html>", True, XUnavailable),
        (403, b"[1, 2]", True, XUnavailable),
        (400, bytes(range(256)), False, XUnavailable),
    ],
)
def test_each_status_has_its_own_error(status: int, body: bytes, write: bool, expected: type[XError]) -> None:
    assert type(fault(status, {}, body, write=write, now=NOW)) is expected


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (_problem("You are not allowed to create a Tweet with duplicate content."), "duplicate"),
        (_problem("Reply to this conversation is not allowed because …"), "not_summoned"),
        (_problem("You have been blocked from the author of this post."), "blocked"),
        (_problem("You attempted to reply to a Tweet that is deleted or not visible to you."), "deleted"),
        (_problem("You cannot send messages to this user."), "dm_closed"),
        (_problem("Your account is temporarily locked."), "locked"),
        (b'{"errors": [{"message": "Your client is missing a scope", "code": 453}]}', "scope"),
        (_problem("You do not have permission to DM one or more participants."), "dm_closed"),
        (_problem("User has been suspended."), "deleted"),
        (_problem("Your client app is not configured with the appropriate oauth1 app permissions."), "scope"),
        (_problem("The admin of this community does not allow that."), "other"),
        (b"{}", "other"),
    ],
)
def test_a_refusal_says_why(body: bytes, kind: str) -> None:
    refusal = fault(403, {}, body, write=True, now=NOW)
    assert isinstance(refusal, XRefused)
    assert refusal.kind == kind
