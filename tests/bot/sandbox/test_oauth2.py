"""OAuth 2.0 with PKCE: from the page on which one allows to tokens that rotate."""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from mia_bot.sandbox.app import SandboxConfig
from mia_bot.sandbox.config import CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, OAuthClient
from tests.bot.sandbox.desk import Desk, open_desk

REDIRECT = "http://127.0.0.1:4711/callback"
VERIFIER = "v" * 64
SCOPE = "tweet.read users.read offline.access"
assert CONFIDENTIAL_CLIENT.client_secret is not None
BASIC = (CONFIDENTIAL_CLIENT.client_id, CONFIDENTIAL_CLIENT.client_secret.get_secret_value())


def _request(**changes: str) -> dict[str, str]:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    return {
        "response_type": "code",
        "client_id": CONFIDENTIAL_CLIENT.client_id,
        "redirect_uri": REDIRECT,
        "scope": SCOPE,
        "state": "a state & more",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **changes,
    }


async def _allow(desk: Desk, who: str = "amelie_roux", decision: str = "allow", **changes: str) -> dict[str, str]:
    asked = _request(**changes)
    page = await desk.http.get("/i/oauth2/authorize", params=asked)
    assert page.status_code == 200
    assert f'value="{desk.person(who).id}"' in page.text
    form = {**asked, "person_id": str(desk.person(who).id), "decision": decision}
    back = await desk.http.post("/i/oauth2/authorize", data=form)
    assert back.status_code == 302
    address = urlsplit(back.headers["location"])
    assert address._replace(query="").geturl() == REDIRECT
    return {name: values[0] for name, values in parse_qs(address.query).items()}


async def _token(desk: Desk, auth: tuple[str, str] | None = BASIC, /, **form: str) -> httpx.Response:
    if auth is None:
        return await desk.http.post("/2/oauth2/token", data=form)
    return await desk.http.post("/2/oauth2/token", data=form, auth=auth)


async def _redeem(desk: Desk, code: str, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    return await _token(desk, **{**form, **changes})


async def _refresh(desk: Desk, token: str) -> httpx.Response:
    return await _token(desk, grant_type="refresh_token", refresh_token=token)


async def _tokens(desk: Desk, **changes: str) -> dict[str, Any]:
    answer = await _redeem(desk, (await _allow(desk, **changes))["code"])
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


async def _me(desk: Desk, access_token: str) -> httpx.Response:
    return await desk.http.get("/2/users/me", headers={"Authorization": f"Bearer {access_token}"})


async def test_a_person_who_allows_is_signed_in_with_the_state_given_back(desk: Desk) -> None:
    back = await _allow(desk, "yuki_hoshino")
    assert back["state"] == "a state & more"
    answer = await _redeem(desk, back["code"])
    tokens = answer.json()
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 7200
    assert set(tokens["scope"].split()) == set(SCOPE.split())
    assert (await _me(desk, tokens["access_token"])).json()["data"]["username"] == "yuki_hoshino"


async def test_who_cancels_sends_the_app_away_with_access_denied(desk: Desk) -> None:
    assert await _allow(desk, decision="deny") == {"error": "access_denied", "state": "a state & more"}


async def test_a_code_works_once_and_for_thirty_seconds(desk: Desk) -> None:
    back = await _allow(desk)
    assert (await _redeem(desk, back["code"])).status_code == 200
    assert (await _redeem(desk, back["code"])).status_code == 400
    late = await _allow(desk)
    desk.clock.move(timedelta(seconds=30))
    assert (await _redeem(desk, late["code"])).json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [{"code_verifier": "w" * 64}, {"code_verifier": ""}, {"redirect_uri": REDIRECT + "/"}, {"code": "guessed"}],
)
async def test_a_code_is_not_redeemed_by_who_did_not_ask_for_it(desk: Desk, changes: dict[str, str]) -> None:
    code = changes.pop("code", None) or (await _allow(desk))["code"]
    assert (await _redeem(desk, code, **changes)).status_code == 400


async def test_a_confidential_client_must_prove_itself_and_a_public_one_need_not(desk: Desk) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    code = (await _allow(desk))["code"]
    wrong = await _token(desk, (BASIC[0], "wrong"), code=code, **form)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "unauthorized_client")
    assert (await _token(desk, None, code=code, client_id=BASIC[0], **form)).status_code == 401
    public = PUBLIC_CLIENT.client_id
    code = (await _allow(desk, client_id=public))["code"]
    assert (await _token(desk, None, code=code, client_id=public, **form)).status_code == 200


async def test_an_access_token_lasts_two_hours(desk: Desk) -> None:
    tokens = await _tokens(desk)
    desk.clock.move(timedelta(hours=2, seconds=-1))
    assert (await _me(desk, tokens["access_token"])).status_code == 200
    desk.clock.move(timedelta(seconds=1))
    assert (await _me(desk, tokens["access_token"])).status_code == 401
    fresh = (await _refresh(desk, tokens["refresh_token"])).json()
    assert (await _me(desk, fresh["access_token"])).status_code == 200


async def test_an_old_refresh_token_ends_the_whole_family(desk: Desk) -> None:
    first = await _tokens(desk)
    second = (await _refresh(desk, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await _refresh(desk, first["refresh_token"])).status_code == 400
    assert (await _refresh(desk, second["refresh_token"])).status_code == 400
    assert (await _me(desk, second["access_token"])).status_code == 401


async def test_without_offline_access_there_is_no_refresh_token(desk: Desk) -> None:
    assert "refresh_token" not in await _tokens(desk, scope="tweet.read users.read")


async def test_a_token_does_only_what_its_scopes_say(desk: Desk) -> None:
    headers = {"Authorization": f"Bearer {(await _tokens(desk))['access_token']}"}
    assert (await desk.http.post("/2/tweets", headers=headers, json={"text": "hi"})).status_code == 403
    assert (await desk.http.get("/2/dm_events", headers=headers)).status_code == 403
    query = {"query": "hi"}
    assert (await desk.http.get("/2/tweets/search/recent", headers=headers, params=query)).status_code == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_a_revoked_token_is_dead(desk: Desk, kind: str) -> None:
    tokens = await _tokens(desk)
    answer = await desk.http.post("/2/oauth2/revoke", data={"token": tokens[kind]}, auth=BASIC)
    assert answer.json() == {"revoked": True}
    assert (await _me(desk, tokens["access_token"])).status_code == 401


@pytest.mark.parametrize(
    "changes", [{"client_id": "who"}, {"redirect_uri": "https://evil.example/"}, {"redirect_uri": "javascript:x"}]
)
async def test_a_doubtful_app_is_not_sent_back_to(desk: Desk, changes: dict[str, str]) -> None:
    answer = await desk.http.get("/2/oauth2/authorize", params=_request(**changes))
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
    ],
)
async def test_a_wrong_request_goes_back_with_its_error(desk: Desk, changes: dict[str, str], error: str) -> None:
    answer = await desk.http.get("/i/oauth2/authorize", params=_request(**changes))
    assert answer.status_code == 302
    assert f"error={error}" in answer.headers["location"]


async def test_a_registered_redirect_uri_must_match_exactly() -> None:
    client = OAuthClient(client_id="registered", redirect_uris=frozenset({"https://mia.example/callback"}))
    async with open_desk(SandboxConfig(clients=(client,))) as desk:
        for address, status in (("https://mia.example/callback", 200), ("https://mia.example/callback/x", 400)):
            asked = _request(client_id="registered", redirect_uri=address)
            assert (await desk.http.get("/i/oauth2/authorize", params=asked)).status_code == status


async def test_what_an_app_sends_is_text_on_the_page(desk: Desk) -> None:
    page = await desk.http.get("/i/oauth2/authorize", params=_request(state='"><script>alert(1)</script>'))
    assert "<script>" not in page.text
