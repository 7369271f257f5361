"""How X proves itself to a webhook, and a webhook to X: HMAC-SHA256 with the app's consumer secret."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from typing import Literal

import httpx
from pydantic import SecretStr

SIGNATURE = "x-twitter-webhooks-signature"
TIMEOUT_S = 10
CheckResult = Literal["passed", "wrong", "unreachable"]
"""Of a check: `wrong` is an answer that does not know the secret, `unreachable` may get better by itself."""


def signature(secret: SecretStr, message: bytes) -> str:
    """The value of the signature header for a body, and of `response_token` for a CRC token."""
    digest = hmac.new(secret.get_secret_value().encode(), message, hashlib.sha256).digest()
    return "sha256=" + base64.b64encode(digest).decode()


async def check(url: str, secret: SecretStr) -> CheckResult:
    """X's challenge-response check (CRC): ask the address to sign a fresh token.

    By X's documents a 2xx with another answer and any 3xx are wrong; a 4xx, a 5xx, silence for ten seconds and
    a connection that fails are passing troubles.
    """
    token = secrets.token_urlsafe(24)
    address = httpx.URL(url).copy_merge_params({"crc_token": token})
    try:
        async with asyncio.timeout(TIMEOUT_S), httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            answer = await client.get(address)
    except (httpx.HTTPError, TimeoutError):
        return "unreachable"
    if answer.status_code >= 400:
        return "unreachable"
    return "passed" if answer.is_success and _token_of(answer) == signature(secret, token.encode()) else "wrong"


def _token_of(answer: httpx.Response) -> object:
    try:
        document = json.loads(answer.content)
    except ValueError:
        return None
    return document.get("response_token") if isinstance(document, dict) else None
