"""Signs in as a person would: to X, allow it, and back; and sends forms as pages do."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.bot.sandbox.serving import Served

SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


async def to_x(browser: httpx.AsyncClient, next_path: str = "/me") -> str:
    """The address on X that the site leads to."""
    led = await browser.get("/login/begin", params={"next": next_path})
    assert led.status_code == 303, led.text
    return str(led.headers["location"])


def allow(x_server: Served, address: str, username: str = "amelie_roux", decision: str = "allow") -> str:
    """Answer on X; the path that X leads back to."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    answer = httpx.post(
        address.partition("?")[0],
        data={**asked, "person_id": str(x_server.person(username).id), "decision": decision},
    )
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


async def sign_in(browser: httpx.AsyncClient, x_server: Served, username: str = "amelie_roux") -> httpx.Response:
    """All of it; the answer to coming back."""
    return await browser.get(allow(x_server, await to_x(browser), username))


async def send(browser: httpx.AsyncClient, path: str, page: str | None = None, **fields: str) -> httpx.Response:
    """Send a form with the token of the page that it stands on (`path` itself, if none is named)."""
    shown = (await browser.get(page or path)).text
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', shown)
    assert found, shown
    return await browser.post(path, data={"form_token": found[1], **fields}, headers=SAME_ORIGIN)
